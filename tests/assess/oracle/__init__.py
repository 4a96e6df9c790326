"""A second reckoning of random contracts, written from docs/sla-rules.md and docs/contract-terms.md alone."""
