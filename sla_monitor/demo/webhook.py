"""Somebody who is called: takes Alertmanager's webhooks on loopback and tells them, one line for each alert."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sla_monitor.errors import ListenError
from sla_monitor.wording.text import plain

BODY_LIMIT = 1_048_576
NOT_KNOWN = "not known"
"""What an annotation says that has nothing to say."""
TITLES = {"reason": "Reason:", "since": "Since", "allowance_left": "Allowance:"}


@dataclass(frozen=True, slots=True)
class Call:
    """One alert of one message: who was told (`desk`), whether it fires or is resolved, and what it says."""

    desk: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]

    def __str__(self) -> str:
        """As the messages put it: what is wrong, why and since when, or what has become of it."""
        said, is_over = self.annotations, self.status == "resolved"
        name = self.labels.get("alertname", "?")
        told = said.get("resolved", f"{name} is over.") if is_over else said.get("summary", name)
        more = [] if is_over else [(what, said.get(what, NOT_KNOWN)) for what in ("reason", "since", "allowance_left")]
        listed = [f"{TITLES[what]} {value}." for what, value in more if value != NOT_KNOWN]
        severity = self.labels.get("severity", "none")
        level = "RESOLVED: " if is_over else "" if severity == "none" else f"{severity.upper()}: "
        return plain(" ".join([f"{self.desk} receives: {level}{told}", *listed]))


class Desk:
    """Listens on a port of 127.0.0.1 and keeps every call. The path of a webhook is the name of its receiver."""

    def __init__(self, tell: Callable[[str], None] = lambda line: None) -> None:
        self.calls: list[Call] = []
        self._tell = tell
        self._server: ThreadingHTTPServer | None = None

    def start(self, port: int = 0) -> int:
        """Listen; the port. Raises ListenError."""
        desk = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                body = self.rfile.read(min(int(length), BODY_LIMIT)) if length.isdecimal() else b""
                self.send_response(desk.take(self.path.strip("/"), body))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Nothing: what is told is told by the desk."""

        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise ListenError(f"127.0.0.1:{port}: {error.strerror} (is another demo running?)") from None
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="desk", daemon=True).start()
        return int(self._server.server_port)

    def take(self, desk: str, body: bytes) -> int:
        """One message; the status of our answer."""
        with suppress(ValueError, KeyError, TypeError):
            calls = [Call(desk, a["status"], a["labels"], a["annotations"]) for a in json.loads(body)["alerts"]]
            self.calls += calls
            for call in calls:
                self._tell(str(call))
            return 200
        return 400

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
