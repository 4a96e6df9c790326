"""What two collectors do so that their records are the same: entries in one order, days compared."""
