"""Real servers on loopback whose every byte is written in the test."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Conduct = Callable[["Peer"], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket, stopping: threading.Event, number: int) -> None:
        self.sock = sock
        self.number = number
        self._stopping = stopping

    def request(self) -> bytes:
        """One request's head, and no more; empty when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65_536)
            if not piece:
                return b""
            data += piece
        return data

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, piece: bytes, every: float = 0.02) -> None:
        """The same piece again and again, until one side has had enough."""
        while not self._stopping.wait(every):
            self.sock.sendall(piece)

    def flood(self, piece: bytes) -> None:
        """As fast as it goes, until one side has had enough."""
        while not self._stopping.is_set():
            self.sock.sendall(piece)

    def wait(self) -> None:
        """Say nothing and stay, until the client goes or the test ends."""
        self.sock.settimeout(0.02)
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.sock.recv(65_536):
                    return

    def tunnel(self, port: int) -> None:
        """Pass everything on, both ways, until both sides have gone."""
        with socket.create_connection(("127.0.0.1", port)) as there:
            back = threading.Thread(target=_pass_on, args=(there, self.sock), name="tunnel")
            back.start()
            _pass_on(self.sock, there)
            back.join()

    def reset(self) -> None:
        """Break off with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        self.sock.close()


class Server:
    """Serves each connection in a thread of its own; `requests` holds what was asked where the conduct notes it."""

    def __init__(
        self, conduct: Conduct, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._conduct = conduct
        self._tls = tls
        self._stopping = threading.Event()
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.connections = 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=64)
        self._listener.settimeout(0.02)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="server")
        self._acceptor.start()

    def stop(self) -> None:
        self._stopping.set()
        self._acceptor.join()
        self._listener.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(OSError):
                sock, _ = self._listener.accept()
                sock.settimeout(None)
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock, self.connections), name="server-peer")
                self._peers.append(sock)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.closing(sock):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._peers.append(sock)
            with contextlib.closing(sock):
                self._conduct(Peer(sock, self._stopping, number))


@contextmanager
def serving(
    conduct: Conduct, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Server]:
    server = Server(conduct, tls=tls, host=host, port=port)
    try:
        yield server
    finally:
        server.stop()


def answering(answer: bytes, heard: list[bytes] | None = None) -> Conduct:
    """Give the same answer to every request, on one connection or many."""

    def conduct(peer: Peer) -> None:
        while request := peer.request():
            if heard is not None:
                heard.append(request)
            peer.send(answer)
            if b"connection: close" in request.lower():
                return

    return conduct


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def page(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def header(request: bytes, name: bytes) -> bytes | None:
    """What a request says in a header; None: it has none of that name."""
    for line in request.split(b"\r\n"):
        if line.lower().startswith(name.lower() + b":"):
            return line.partition(b":")[2].strip()
    return None


@contextmanager
def silent_port(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port that takes no connection and refuses none: its queue is full, and nobody empties it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.socket(family))
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(3):
            waiting = open_sockets.enter_context(socket.socket(family))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
