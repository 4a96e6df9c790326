"""The alerts by subject: each a rule with the unit tests that show when it fires and when it stays quiet."""
