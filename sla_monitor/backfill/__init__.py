"""Records of other monitors as spans and observations of ours: CSV files, and the database of Uptime Kuma."""
