"""What became of credits, as a table, JSON or CSV, and an invoice against them."""
