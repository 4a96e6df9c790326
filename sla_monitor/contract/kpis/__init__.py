"""What is measured and what was promised: one class for each indicator."""
