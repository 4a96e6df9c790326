"""`sla-monitor ledger` and `archive`: the record, its copies, its sealed days."""
