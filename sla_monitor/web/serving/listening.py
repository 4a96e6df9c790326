"""Listening sockets, and tornado's server with bounds on what its clients may hold."""

from __future__ import annotations

import errno
import socket
import ssl

from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from sla_monitor.errors import ListenError
from sla_monitor.web.serving.parts import Limits

REMEDIES = {
    errno.EADDRINUSE: "it is taken (stop the other program, or change `listen`)",
    errno.EACCES: "it is not allowed (take a port above 1023, or change `listen`)",
    errno.EADDRNOTAVAIL: "it is no address of this machine (change `listen`)",
}

BACKLOG = 512


class BoundedServer(HTTPServer):
    """tornado's server with a cap on open connections: the oldest makes room for the newest.

    So a client that opens connections and says nothing can use up neither the file descriptors nor the patience
    of the others, whatever the time limits are.
    """

    def limit(self, connections: int) -> None:
        self._limit = connections
        self._open: dict[IOStream, None] = {}

    def handle_stream(self, stream: IOStream, address: tuple) -> None:  # type: ignore[type-arg] # tornado's own
        if len(self._open) >= self._limit:
            next(iter(self._open)).close()
        self._open[stream] = None
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        super().on_close(server_conn)
        if isinstance(server_conn, HTTP1ServerConnection):
            self._open.pop(server_conn.stream, None)


def bounded_server(app: Application, limits: Limits, context: ssl.SSLContext | None) -> BoundedServer:
    server = BoundedServer(
        app,
        ssl_options=context,
        idle_connection_timeout=limits.header_s,
        body_timeout=limits.body_s,
        max_header_size=limits.header_bytes,
        max_body_size=limits.body_bytes,
    )
    server.limit(limits.connections)
    return server


def bind(host: str, port: int, listen: str) -> list[socket.socket]:
    """Listening sockets on every address of the host, all on one port."""
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address[0]) for family, *_, address in found):
            chosen = sockets[0].getsockname()[1] if sockets else port
            sockets.append(socket.create_server((str(address), chosen), family=family, backlog=BACKLOG))
            sockets[-1].setblocking(False)
    except OSError as error:
        for bound in sockets:
            bound.close()
        is_name = isinstance(error, socket.gaierror)
        why = "no such host (change `listen`)" if is_name else REMEDIES.get(error.errno or 0) or error.strerror
        raise ListenError(f"cannot listen on {listen}: {why}") from None
    return sockets
