"""The supplier's web applications: a few paths over HTTP/1.1, each of which can misbehave by itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from sla_monitor.demo.behaviours import perform
from sla_monitor.demo.custody import PATHS, Custody, DemoQuestion
from sla_monitor.demo.scenario import Behaviour

IDLE_SECONDS = 30.0
"""A kept connection without a request is closed after this."""

Page = tuple[str, bytes]
_JSON_OK: Page = ("application/json", b'{"status":"ok"}\n')

PAGES: dict[str, Page] = {
    "/cad/login": _JSON_OK,
    "/cad/incidents": ("application/json", b'{"status":"ok","open":17,"unassigned":2}\n'),
    "/custody/health": _JSON_OK,
    "/custody/records": ("application/json", b'{"status":"ok","records":4211}\n'),
    "/mobile/gateway": _JSON_OK,
    "/email/webmail": ("text/html; charset=utf-8", b"<!doctype html><title>Webmail</title><h1>Sign in</h1>\n"),
    "/portal/": (
        "text/html; charset=utf-8",
        b"<!doctype html><title>Portal</title><h1>Service desk</h1><p>How can we help?</p>\n",
    ),
    "/records/export": ("text/csv", b"id,created_on,status\n1,2026-01-05,closed\n2,2026-01-06,open\n"),
}
"""What each path answers when it is well."""


class DemoSite:
    """Serves PAGES and the custody application on any connection, plain or TLS. `mood` says how a path behaves now."""

    def __init__(self, mood: Callable[[str], Behaviour], stopping: threading.Event, custody: Custody) -> None:
        self.mood, self.stopping, self.custody = mood, stopping, custody

    def serve(self, connection: socket.socket) -> None:
        """Answer requests until the client or a misbehaviour ends the connection."""
        _Visit(self, connection)


class _Visit(BaseHTTPRequestHandler):
    """One connection; the base class runs the whole conversation from its constructor."""

    protocol_version = "HTTP/1.1"
    server_version = "demo"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Headers and body are written apart; without this the second write would wait for the first one's ACK.
    disable_nagle_algorithm = True

    def __init__(self, site: DemoSite, connection: socket.socket) -> None:
        self._site = site
        super().__init__(connection, ("", 0), None)  # type: ignore[arg-type] # nothing here asks for the server

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        behaviour = self._site.mood(path)
        body = self.rfile.read(self._body_bytes())
        if not perform(behaviour, self.connection, self._site.stopping):
            self.close_connection = True
        elif behaviour.kind == "status":
            self._send(behaviour.status, ("text/plain", b"the demo estate fails here on request\n"))
        elif path in PAGES:
            self._send(HTTPStatus.OK, PAGES[path])
        elif path in PATHS:
            said = self._site.custody.answer(DemoQuestion(self.command, path, query, self.headers, body))
            self._send(said.status, ("application/json", said.text), said.cookie)
        else:
            self._send(HTTPStatus.NOT_FOUND, ("text/plain", b"no such page in the demo estate\n"))

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = _answer  # noqa: N815 - the base class looks for these

    def _body_bytes(self) -> int:
        length = self.headers.get("Content-Length", "0")
        return min(int(length), 65_536) if length.isascii() and length.isdigit() else 0

    def _send(self, code: int, page: Page, cookie: str = "") -> None:
        content_type, body = page
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: the demo prints its script, not its visitors."""
