"""`sla-monitor reconcile`: our outages against the supplier's own list."""
