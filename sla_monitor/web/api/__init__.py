"""The facts of the pages as JSON, as a feed and as a badge, for other programs."""
