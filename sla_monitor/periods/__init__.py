"""Time as contracts cut it: months, measurement periods, service hours, Working Days, terms slices. One arithmetic."""
