"""A TCP or TLS listener with a thread for each connection, which can refuse for a while and accept again."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sla_monitor.demo.behaviours import perform
from sla_monitor.demo.scenario import Behaviour
from sla_monitor.errors import ListenError

BACKLOG = 512
HANDSHAKE_SECONDS = 10.0
STOP_SECONDS = 2.0
_NO_SUCH_FAMILY = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

Serve = Callable[[socket.socket], None]


def taken(address: str, port: int, error: OSError) -> ListenError:
    """The line for a port that we cannot have, with the way out."""
    return ListenError(
        f"{address}:{port}: {error.strerror} (the demo estate needs this port: stop the other demo, "
        f"or see who has it with: ss -lntup 'sport = :{port}')"
    )


def bind(address: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A bound socket. Port 0 takes any free one. Raises ListenError when it is taken."""
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    try:
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
    except OSError as error:
        bound.close()
        if error.errno in _NO_SUCH_FAMILY:
            raise
        raise taken(address, port, error) from None
    return bound


class Listener:
    """One server of the estate. `mood` is asked at every connection how the server as a whole behaves."""

    def __init__(self, name: str, serve: Serve, mood: Callable[[], Behaviour], tls: ssl.SSLContext | None = None):
        self.name = name
        self.stopping = threading.Event()
        self._serve, self._mood, self._tls = serve, mood, tls
        self._bound: list[tuple[socket.socket, tuple[str, int]]] = []
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._refusing = False

    def open(self, addresses: tuple[str, ...], port: int) -> int:
        """Listen on every address that this host has; the port. Raises ListenError."""
        for address in addresses:
            try:
                bound = bind(address, port)
            except OSError:
                continue  # a host without IPv6
            port = bound.getsockname()[1]
            self._bound.append((bound, (address, port)))
            self._listen(bound)
        return port

    def _listen(self, bound: socket.socket) -> None:
        bound.listen(BACKLOG)
        self._start(self._accept, bound)

    def _start(self, work: Callable[[socket.socket], None], on: socket.socket) -> None:
        thread = threading.Thread(target=work, args=(on,), name=f"demo {self.name}", daemon=True)
        with self._lock:  # a thread that `close` can see is one that it can join
            self._threads = {old for old in self._threads if old.is_alive()} | {thread}
            thread.start()

    def _accept(self, bound: socket.socket) -> None:
        while True:
            try:
                connection, _ = bound.accept()
            except OSError:
                return  # shut down by refuse() or close()
            self._start(self._converse, connection)

    def _converse(self, connection: socket.socket) -> None:
        # A client that goes away, speaks nonsense or fails its handshake ends its own conversation only.
        with suppress(OSError, ValueError), self._tracked(connection) as tracked:
            if perform(self._mood(), tracked, self.stopping):
                if isinstance(tracked, ssl.SSLSocket):
                    tracked.settimeout(HANDSHAKE_SECONDS)
                    tracked.do_handshake()
                self._serve(tracked)

    @contextmanager
    def _tracked(self, plain: socket.socket) -> Iterator[socket.socket]:
        """The connection, TLS laid over it (no handshake yet), closed at the end and by `close`."""
        wrap = self._tls.wrap_socket if self._tls else None
        connection = wrap(plain, server_side=True, do_handshake_on_connect=False) if wrap else plain
        with connection:
            with self._lock:
                self._connections.add(connection)
            try:
                if self.stopping.is_set():
                    raise ConnectionAbortedError
                yield connection
            finally:
                with self._lock:
                    self._connections.discard(connection)

    def refuse(self, is_refusing: bool) -> None:
        """Close the door (the port stays ours, and connecting to it is refused), or open it again."""
        with self._lock:
            if self._refusing == is_refusing:
                return
            self._refusing = is_refusing
        for index, (bound, address) in enumerate(self._bound):
            if is_refusing:
                shut(bound)
                bound.close()
                self._bound[index] = (bind(*address), address)
            else:
                self._listen(bound)

    def close(self) -> None:
        """Stop listening, end every conversation, and wait for their threads."""
        self.stopping.set()
        for bound, _ in self._bound:
            shut(bound)
            bound.close()
        with self._lock:
            connections, threads = set(self._connections), set(self._threads)
        for connection in connections:
            shut(connection)
        for thread in threads:
            thread.join(STOP_SECONDS)


def shut(end: socket.socket) -> None:
    """Wake whoever waits on it. The plain socket's method: TLS has its own, which would drop the session unasked."""
    with suppress(OSError):
        socket.socket.shutdown(end, socket.SHUT_RDWR)
