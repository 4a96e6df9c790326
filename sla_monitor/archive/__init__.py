"""Days that are over: sealed, signed, and checkable without us. It is handed what it seals, and knows no ledger."""
