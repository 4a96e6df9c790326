"""Looking after the file: made, migrated, placed, backed up, restored, pruned, rebuilt."""
