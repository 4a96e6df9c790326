"""Names to addresses in the loop, and questions to one name server."""
