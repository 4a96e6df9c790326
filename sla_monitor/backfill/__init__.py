"""What other monitors recorded, as spans and single looks of ours: CSV files, and the database of Uptime Kuma."""
