"""What is asked of the record: spans, single observations, entries, whole days."""
