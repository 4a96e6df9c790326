"""The one writer: what is handed over, grouped, committed and chained."""
