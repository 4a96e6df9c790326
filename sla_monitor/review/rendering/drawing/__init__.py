"""The charts of a pack, as SVG. Each says the same in grey as in colour."""
