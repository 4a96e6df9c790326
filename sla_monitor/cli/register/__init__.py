"""`sla-monitor register`: what people say about a contract's months."""
