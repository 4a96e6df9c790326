"""A small mail server on loopback: it takes one message a connection and keeps what it was told."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    """What clients said: their commands, who is to get the message, and the message."""

    commands: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    user: str = ""
    is_encrypted: bool = False
    message: bytes = b""


class Handler(socketserver.StreamRequestHandler):
    """One client, command by command."""

    server: Server

    def handle(self) -> None:
        self.say("220 test ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            self.server.received.commands.append(verb)
            if verb == "QUIT":
                self.say("221 bye")
                return
            getattr(self, f"do_{verb.lower()}", self.do_anything)(line)

    def do_anything(self, _: str) -> None:
        self.say("250 yes")

    def do_ehlo(self, _: str) -> None:
        self.say("250-test\r\n250-AUTH PLAIN" + ("\r\n250 STARTTLS" if self.server.trust else "\r\n250 HELP"))

    def do_starttls(self, _: str) -> None:
        assert self.server.trust is not None
        self.say("220 go on")
        self.connection = self.server.trust.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.server.received.is_encrypted = True

    def do_auth(self, line: str) -> None:
        self.server.received.user = base64.b64decode(line.split()[2]).decode().replace("\0", " ").strip()
        self.say("235 welcome")

    def do_rcpt(self, line: str) -> None:
        self.server.received.recipients.append(line.partition("<")[2].partition(">")[0])
        self.say(self.server.refusal or "250 yes")

    def do_data(self, _: str) -> None:
        self.say("354 go on")
        self.server.received.message = b"".join(iter(self.rfile.readline, b".\r\n"))
        self.say("250 taken")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def finish(self) -> None:
        super().finish()
        self.connection.close()


class Server(socketserver.ThreadingTCPServer):
    """With `trust` it offers STARTTLS; `refusal` is its answer to every recipient."""

    def __init__(self, trust: ssl.SSLContext | None, refusal: str) -> None:
        self.trust, self.refusal, self.received = trust, refusal, Received()
        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def mail_server(trust: ssl.SSLContext | None = None, refusal: str = "") -> Iterator[tuple[int, Received]]:
    """Its port, and what it receives."""
    with Server(trust, refusal) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1], server.received
        finally:
            server.shutdown()
            thread.join()
