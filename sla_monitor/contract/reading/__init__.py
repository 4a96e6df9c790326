"""A YAML file with line and column: values with their places, messages with remedies, secrets that never show."""
