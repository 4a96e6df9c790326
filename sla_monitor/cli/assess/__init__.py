"""`sla-monitor assess`: one month of a contract at the terminal, and what a draft of it would have said."""
