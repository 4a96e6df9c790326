"""The HTTP server: sockets, TLS, who may ask, routes, and what each of them hands out."""
