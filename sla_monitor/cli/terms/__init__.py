"""`sla-monitor terms`: new terms by two people, and which were in force when."""
