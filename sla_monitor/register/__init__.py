"""What people said, beside what was seen: entries that are never edited, and what stands of them."""
