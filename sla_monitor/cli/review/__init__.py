"""`sla-monitor review`: the pack for the monthly review."""
