"""A receiver of webhooks: a real HTTP server that verifies what it is sent as Standard Webhooks has it."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@dataclass
class Inbox:
    """What came in. `statuses`: what the next requests are answered with, then 204; `headers`: the names of all that
    came."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)
    forged: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.taken]


@contextmanager
def receiving(port: int = 0) -> Iterator[Inbox]:
    inbox = Inbox()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = inbox.statuses.pop(0) if inbox.statuses else 204
            name = self.headers["webhook-id"]
            inbox.asked.append((self.path, name))
            inbox.headers |= {header.lower() for header in self.headers}
            signed = f"{name}.{self.headers['webhook-timestamp']}.".encode() + body
            right = f"v1,{base64.b64encode(hmac.digest(KEY, signed, 'sha256')).decode()}"
            if not hmac.compare_digest(self.headers["webhook-signature"], right):
                inbox.forged += 1
            elif status < 300:
                inbox.taken.append({"id": name, **json.loads(body)})
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Answering)
    inbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
