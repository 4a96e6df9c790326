"""The supplier of the benchmark: a small HTTP(S) server in a process of its own, cheap enough not to be measured.

python -m bench.server FOLDER      writes FOLDER/port-http, FOLDER/port-https and FOLDER/ca.pem, serves until killed
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from pathlib import Path

import trustme

BODY = b"x" * 2048
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2048\r\n"


class Answer(asyncio.Protocol):
    """Answers every request with the same page; keeps the connection unless asked to close it."""

    transport: asyncio.Transport
    received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            request, _, self.received = self.received.partition(b"\r\n\r\n")
            closes = b"connection: close" in request.lower()
            self.transport.write(HEAD + (b"Connection: close\r\n\r\n" if closes else b"\r\n") + BODY)
            if closes:
                self.transport.close()


async def serve(folder: Path) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    loop = asyncio.get_running_loop()
    for name, tls in (("http", None), ("https", context)):
        server = await loop.create_server(Answer, "127.0.0.1", 0, ssl=tls, backlog=2000)
        (folder / f"port-{name}").write_text(str(server.sockets[0].getsockname()[1]))
    (folder / "ready").touch()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(sys.argv[1])))
