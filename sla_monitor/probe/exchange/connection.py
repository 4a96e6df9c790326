"""A line to one origin: opens connections, asks, and keeps the one that can be used again."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from time import monotonic

from sla_monitor.probe.connections.channel import Channel, Connection
from sla_monitor.probe.connections.connecting import connect, secure
from sla_monitor.probe.exchange.answer import HttpAnswer
from sla_monitor.probe.failures import verdict_on
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch, TooMuch
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


class Exchange:
    """An answer on its way: its head is read, its body waits to be read or given up."""

    __slots__ = ("_connection", "_limit", "_line", "_watch", "answer")

    def __init__(self, line: Line, connection: Connection, answer: HttpAnswer, watch: Stopwatch, limit: int) -> None:
        self._line, self._connection, self._watch, self._limit = line, connection, watch, limit
        self.answer = answer

    async def read(self) -> bytearray:
        """The body as it is framed, undecoded. Raises TooMuch, Failure and OSError."""
        answer, limit = self.answer, self._limit
        if answer.length is not None and answer.length > limit and not answer.is_chunked:
            raise TooMuch(limit)
        while not answer.is_complete:
            await self._line.advance(self._connection, answer, self._watch)
            if len(answer.body) > limit:
                raise TooMuch(limit)
        if len(answer.body) > limit:
            raise TooMuch(limit)
        return answer.body

    async def yield_control(self, work: int = 0) -> None:
        """Let other probes have a turn before long work, or in the middle of it. `work`: bytes that it came to."""
        await self._watch.loop.yield_control(self._connection.taken + work)

    def finish(self, *, keep: bool = True) -> None:
        """Done with it. The connection goes back to its line if the whole answer was read, else it is closed."""
        if keep and self.answer.is_complete and self.answer.is_kept:
            self._line.keep(self._connection)
        else:
            self._connection.close()


class Line:
    """To one origin, through a proxy or not. `context`: for TLS. At most one connection is kept, if at all.

    Probes may overlap: whoever takes the kept connection has it alone.
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

    async def ask(self, watch: Stopwatch, method: str, wire: bytes, body_limit: int) -> Exchange:
        """Send a request, and read its answer's head.

        A kept connection that the server had already closed is no failure of the server's: before a byte of the
        answer has come, the question is asked once more on a new one.
        """
        connection = self._take()
        if connection is None:
            return await self._ask(await self._open(watch), watch, method, wire, body_limit)
        watch.answered_at = 0.0
        try:
            watch.address, watch.expires_at_s = connection.address, connection.expires_at_s
            return await self._ask(connection, watch, method, wire, body_limit)
        except DeadlinePassed:
            raise
        except (OSError, Failure):
            if watch.answered_at:
                raise
        return await self._ask(await self._open(watch), watch, method, wire, body_limit)

    async def advance(self, connection: Connection, answer: HttpAnswer, watch: Stopwatch) -> None:
        """Read on by some bytes. Raises Failure, TooMuch and OSError."""
        data = await connection.receive(watch)
        if data:
            answer.feed(data)
        else:
            answer.end()

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose answer was read to the end."""
        if not self._keep:
            connection.close()
            return
        previous, self._idle = self._idle, connection
        if previous is not None:
            previous.close()

    def close(self) -> None:
        """A probe that is still on its way closes its own connection when it is done."""
        self._keep = False
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.close()

    def _take(self) -> Connection | None:
        """The kept connection, if it is still of use. One on which something has come in unasked is dead."""
        connection, self._idle = self._idle, None
        if connection is None:
            return None
        if monotonic() - connection.opened_at < OLDEST_SECONDS and connection.is_quiet():
            return connection
        connection.close()
        return None

    async def _ask(
        self, connection: Connection, watch: Stopwatch, method: str, wire: bytes, body_limit: int
    ) -> Exchange:
        try:
            watch.doing = "sending the request"
            await connection.send(wire, watch)
            answer = await self._head(connection, watch, method)
        except BaseException:
            connection.close()
            raise
        watch.grant(body_limit * (WIRE_FACTOR if answer.is_chunked else 1) + HEAD_LIMIT)
        return Exchange(self, connection, answer, watch, body_limit)

    async def _head(self, connection: Connection, watch: Stopwatch, method: str) -> HttpAnswer:
        watch.sent()
        watch.grant(HEAD_LIMIT)
        answer = HttpAnswer(method)
        while not answer.is_head_read:
            await self.advance(connection, answer, watch)
        return answer

    async def _open(self, watch: Stopwatch) -> Connection:
        if self._proxy is None:
            channel = await connect(watch, self.origin.host, self.origin.port, self._family)
        else:
            channel = await self._open_through(self._proxy, watch)
        return channel if self._context is None else await secure(watch, channel, self._context, self.origin.host)

    async def _open_through(self, proxy: Proxy, watch: Stopwatch) -> Channel:
        """A connection to the proxy, with a tunnel if TLS is to go through it."""
        try:
            channel = await connect(watch, proxy.host, proxy.port, "any")
        except OSError as error:
            # The proxy is ours: the supplier is not charged for it.
            why = verdict_on(error, watch).detail
            raise Failure(Reason.MONITOR_OFFLINE, f"the proxy cannot be reached: {why}") from None
        if self._context is not None:
            await self._tunnel(channel, watch)
        return channel

    async def _tunnel(self, channel: Channel, watch: Stopwatch) -> None:
        target = f"{self.origin.bracketed}:{self.origin.port}"
        try:
            await channel.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"), watch)
            # Without a body: what follows a 200 belongs to the tunnel.
            answer = await self._head(channel, watch, "HEAD")
            if answer.status != 200:
                # 403 and 407 are between us and the proxy; the others are about the way to the supplier.
                reason = Reason.INTERNAL_ERROR if answer.status in {403, 407} else Reason.CONNECTION_FAILED
                raise Failure(reason, f"the proxy refused: {answer.status} {answer.reason}")
        except BaseException:
            channel.close()
            raise
