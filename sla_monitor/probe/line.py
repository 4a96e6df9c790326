"""A line to one origin: opens connections, asks, and keeps the one that can be used again."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from time import monotonic

from urllib3.util.wait import wait_for_read

from sla_monitor.probe.answer import Answer, Incoming
from sla_monitor.probe.connect import connect, secure
from sla_monitor.probe.deadline import Connection, Stopwatch, TimedSocket
from sla_monitor.probe.trouble import verdict_on
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

HEAD_LIMIT = 65_536
"""Bytes of an answer's head, announcements (1xx) included."""

WIRE_FACTOR = 8
"""How many bytes on the wire a byte of a chunked body may take: the smallest chunks take six."""

OLDEST_SECONDS = 900
"""A kept connection is used for this long: then names, addresses and certificates are looked at afresh."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes."""

    secure: bool
    host: str
    port: int

    @property
    def bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """As the Host header has it: without the scheme's own port."""
        usual = self.port == (443 if self.secure else 80)
        return self.bracketed if usual else f"{self.bracketed}:{self.port}"


class Line:
    """To one origin, through a proxy or not. `context`: for TLS. At most one connection is kept, if at all.

    Looks may overlap: whoever takes the kept connection has it alone.
    """

    __slots__ = ("_context", "_family", "_idle", "_keep", "_proxy", "origin")

    def __init__(
        self, origin: Origin, family: str, context: ssl.SSLContext | None, proxy: Proxy | None, *, keep: bool
    ) -> None:
        self.origin = origin
        self._family = family
        self._context = context
        self._proxy = proxy
        self._keep = keep
        self._idle: Connection | None = None

    def ask(self, watch: Stopwatch, method: str, wire: bytes, body_limit: int) -> Incoming:
        """Send a request, and read its answer's head.

        A kept connection that the server had already closed is no failure of the server's: before a byte of the
        answer has come, the question is asked once more on a new one.
        """
        connection = self._take()
        if connection is None:
            return self._ask(self._open(watch), watch, method, wire, body_limit)
        connection.watch = watch
        watch.answered_at = 0.0
        try:
            watch.address = connection.address
            watch.expires_at_s = getattr(connection, "expires_at_s", None)
            return self._ask(connection, watch, method, wire, body_limit)
        except (OSError, Failure):
            if watch.answered_at:
                raise
            watch.left()
        return self._ask(self._open(watch), watch, method, wire, body_limit)

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose answer was read to the end."""
        if not self._keep:
            connection.close()
            return
        previous, self._idle = self._idle, connection
        if previous is not None:
            previous.close()

    def close(self) -> None:
        """A look that is still on its way closes its own connection when it is done."""
        self._keep = False
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.close()

    def _take(self) -> Connection | None:
        """The kept connection, if it is still of use. One on which something has come in unasked is dead."""
        connection, self._idle = self._idle, None
        if connection is None:
            return None
        if monotonic() - connection.opened_at < OLDEST_SECONDS and not wait_for_read(connection, timeout=0.0):
            return connection
        connection.close()
        return None

    def _ask(self, connection: Connection, watch: Stopwatch, method: str, wire: bytes, body_limit: int) -> Incoming:
        try:
            watch.doing = "sending the request"
            # A server may answer, and close, before it has read everything.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(wire)
            answer = self._head(connection, watch, method)
        except BaseException:
            connection.close()
            raise
        watch.grant(body_limit * (WIRE_FACTOR if answer.chunked else 1) + HEAD_LIMIT)
        return Incoming(self, connection, answer, method)

    def _head(self, connection: Connection, watch: Stopwatch, method: str) -> Answer:
        watch.sent()
        watch.grant(HEAD_LIMIT)
        answer = Answer(connection, method=method)
        try:
            answer.begin()
        except BaseException:
            answer.close()
            raise
        return answer

    def _open(self, watch: Stopwatch) -> Connection:
        if self._proxy is None:
            sock = connect(watch, self.origin.host, self.origin.port, self._family)
        else:
            sock = self._open_through(self._proxy, watch)
        return sock if self._context is None else secure(sock, self._context, self.origin.host)

    def _open_through(self, proxy: Proxy, watch: Stopwatch) -> TimedSocket:
        """A connection to the proxy, with a tunnel if TLS is to go through it."""
        try:
            sock = connect(watch, proxy.host, proxy.port, "any")
        except OSError as error:
            # The proxy is ours: the supplier is not charged for it.
            why = verdict_on(error, watch).detail
            raise Failure(Reason.MONITOR_OFFLINE, f"the proxy cannot be reached: {why}") from None
        sock.peer = None
        if self._context is not None:
            self._tunnel(sock, watch)
        return sock

    def _tunnel(self, sock: TimedSocket, watch: Stopwatch) -> None:
        target = f"{self.origin.bracketed}:{self.origin.port}"
        try:
            sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
            answer = self._head(sock, watch, "HEAD")  # without a body: what follows a 200 belongs to the tunnel
            answer.close()
        except BaseException:
            sock.close()
            raise
        if answer.status != 200:
            sock.close()
            # 403 and 407 are between us and the proxy; the others are about the way to the supplier.
            reason = Reason.INTERNAL_ERROR if answer.status in {403, 407} else Reason.CONNECTION_FAILED
            raise Failure(reason, f"the proxy refused: {answer.status} {answer.reason}")
