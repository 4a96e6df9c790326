"""Connections in the loop: TCP, TLS by memory buffers, whom we trust."""
