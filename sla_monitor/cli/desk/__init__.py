"""`sla-monitor desk`: passwords and tokens, the access table, the audit."""
