"""Random contracts, worked out a second time: written from docs/sla-rules.md and docs/contract-terms.md alone."""
