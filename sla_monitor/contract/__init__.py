"""What was promised: contracts with their terms, calendars and versions, read from YAML."""
