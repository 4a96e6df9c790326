"""Tells Prometheus: series made from the board and the Assessment."""
