"""`sla-monitor init`: a first configuration, and how it is put in place."""
