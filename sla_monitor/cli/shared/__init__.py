"""What commands have in common: options, contracts and their evidence, tables, files."""
