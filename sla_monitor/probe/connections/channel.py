"""Connections in the loop: TCP, and TLS on top of it by memory buffers.

TLS is stepped by hand. A call into OpenSSL on a socket goes on for as long as the peer keeps sending records, and no
deadline is looked at inside it; here OpenSSL sees at most STEP bytes at a time, and before the handshake is done at
most HANDSHAKE_LIMIT in all.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
from contextlib import suppress
from time import monotonic
from typing import Any

from sla_monitor.probe.connections.tls_opening import Opening, judge_chain
from sla_monitor.probe.connections.trust import earliest_expiry_s
from sla_monitor.probe.loop import Loop, Task, park
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

STEP = 16_384
"""Bytes that OpenSSL is given at a time: a step takes 0.4 ms where they are all empty records, 5 at the worst."""

HANDSHAKE_LIMIT = 49_152
"""Bytes of a handshake. Long chains and long lists of authorities take some thirty thousand."""

TLS_LIMIT = 1_048_576
"""Bytes that TLS may take beside what it carries, once the handshake is done: messages of its own, tiny records."""

PIECE = 65_536

_EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
_END = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_IN = select.EPOLLIN | _END
_OUT = select.EPOLLOUT | select.EPOLLHUP | select.EPOLLERR

Address = tuple[int, tuple[Any, ...]]
"""An address family, and what a socket of that family connects to."""


class Channel:
    """One TCP connection, registered once with the loop, edge-triggered: epoll tells only of what is new.

    `opened_at`: monotonic seconds; `taken`: bytes that have come in; `expires_at_s`: of its certificates, None without
    TLS.
    """

    expires_at_s: int | None = None

    def __init__(self, loop: Loop, address: Address) -> None:
        """Raises OSError where the system gives no socket."""
        family, self._target = address
        self.sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.address = str(self._target[0])
        self.opened_at = 0.0
        self.taken = 0
        self._loop = loop
        self._fd = self.sock.fileno()
        self._is_readable = False
        self._is_writable = False
        self._is_ended = False
        self._waiting: Task | None = None

    def ready(self, events: int) -> None:
        """Called by the loop."""
        if events & _IN:
            self._is_readable = True
            self._is_ended = self._is_ended or bool(events & _END)
        if events & _OUT:
            self._is_writable = True
        if self._waiting is not None:
            self._loop.resume(self._waiting)

    async def connect(self) -> None:
        """Raises LocalRefusal for what our own host refuses before anything has left it, and OSError."""
        self._loop.register(self._fd, self, _EVENTS)
        code = self.sock.connect_ex(self._target)
        if code == errno.EINPROGRESS:
            while not self._is_writable:
                await self._park()
            code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        elif code in AMBIGUOUS and not has_route(self.sock.family, self._target):
            raise LocalRefusal(code, os.strerror(code))
        if code:
            raise OSError(code, os.strerror(code))
        self._is_writable = True
        self.opened_at = monotonic()

    async def send(self, data: bytes, watch: Stopwatch) -> None:
        """All of it. A server may answer, and close, before it has read everything: that is no error of the answer."""
        view = memoryview(data)
        try:
            while True:
                try:
                    view = view[self.sock.send(view) :]
                except BlockingIOError:
                    self._is_writable = False
                    while not self._is_writable:
                        await self._park()
                if not view:
                    return
        except (BrokenPipeError, ConnectionResetError):
            return

    async def receive(self, watch: Stopwatch) -> bytes:
        """Some bytes of the answer; none at its end. Raises OSError and TooMuch."""
        data = await self.read(PIECE)
        if data:
            watch.was_answered = True
        watch.received(data)
        return data

    async def read(self, most: int) -> bytes:
        """What has come in, at most so much; others have a turn between two reads of a peer that never stops."""
        if self._is_readable:
            await self._loop.yield_control(self.taken)
        while True:
            while not self._is_readable:
                await self._park()
            try:
                data = self.sock.recv(most)
            except BlockingIOError:
                self._is_readable = False
                continue
            # The end of the stream may have come together with these bytes, and is told by no further event.
            self._is_readable = len(data) == most or self._is_ended
            self.taken += len(data)
            return data

    def is_quiet(self) -> bool:
        """Whether nothing came in since the last answer: only then may the connection carry another question."""
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._loop.forget(self._fd)
        self.sock.close()

    async def _park(self) -> None:
        self._waiting = self._loop.current
        try:
            await park()
        finally:
            self._waiting = None


class LocalRefusal(OSError):  # noqa: N818 - it says what happened
    """What our own host refused at once, before anything had left it."""


AMBIGUOUS = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EACCES})
"""Told by our own routing table, or by an ICMP message from somewhere on the way, which may be there at once."""


def has_route(family: int, target: tuple[Any, ...]) -> bool:
    """Whether our own host would send anything there: connecting a datagram socket asks the routing table alone."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        return sock.connect_ex(target) == 0


class Secured:
    """TLS over a channel, which it takes over."""

    def __init__(self, channel: Channel, context: ssl.SSLContext, server_name: str) -> None:
        self._channel = channel
        self.address, self.opened_at = channel.address, channel.opened_at
        self.expires_at_s: int | None = None
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._left, self._limit = HANDSHAKE_LIMIT, "bytes in its handshake"
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name.rstrip("."))
        self._inner: Any = self._tls._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - public from 3.13 on

    async def agree(self, watch: Stopwatch) -> None:
        """The handshake. Raises ssl.SSLError, OSError, and Failure for one that never ends or costs too much."""
        opening = Opening()
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush(watch)
                opening.feed(await self._feed(watch))
                # The next step may be the dearest of all. Long chains wait for the short ones of others.
                await watch.loop.yield_control(self._channel.taken)
            except ssl.SSLError as error:
                if isinstance(error, ssl.SSLCertVerificationError):
                    watch.expires_at_s = earliest_expiry_s(self._sent_chain()[:1])
                self._say_why()
                raise
            else:
                await self._flush(watch)
                judge_chain(len(self._sent_chain()))
                self.expires_at_s = watch.expires_at_s = earliest_expiry_s(self._trusted_chain())
                self._left, self._limit = TLS_LIMIT, "bytes of TLS that carry nothing"
                return

    async def send(self, data: bytes, watch: Stopwatch) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._tls.write(view[:STEP]) :]
            except ssl.SSLWantReadError:  # a server of TLS 1.2 wants to agree anew
                await self._flush(watch)
                await self._feed(watch)
            await self._flush(watch)

    async def receive(self, watch: Stopwatch) -> bytes:
        """Some bytes of the answer; none at its end, or where the peer ended without saying so."""
        while True:
            try:
                data = self._tls.read(PIECE)
            except ssl.SSLWantReadError:
                await self._flush(watch)  # an answer of TLS's own, to a change of keys
                await self._feed(watch)
                continue
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                data = b""
            self._left += len(data)
            watch.received(data)
            return data

    @property
    def taken(self) -> int:
        return self._channel.taken

    def is_quiet(self) -> bool:
        """Whether nothing came in but TLS's own messages: session tickets come after the handshake."""
        try:
            pending = self._channel.sock.recv(STEP)
        except BlockingIOError:
            pending = None
        except OSError:
            return False
        if pending == b"":
            return False
        self._incoming.write(pending or b"")
        try:
            return self._tls.read(1) is None
        except ssl.SSLWantReadError:
            return True
        except ssl.SSLError:
            return False

    def close(self) -> None:
        self._channel.close()

    def _sent_chain(self) -> list[Any]:
        """As it came, the server's own certificate first."""
        return list(self._inner.get_unverified_chain() or ())

    def _trusted_chain(self) -> list[Any]:
        """As it was verified: what the server sends beside it may have expired long ago."""
        return list(self._inner.get_verified_chain() or ())

    async def _flush(self, watch: Stopwatch) -> None:
        if self._outgoing.pending:
            await self._channel.send(self._outgoing.read(), watch)

    def _say_why(self) -> None:
        """Let the server know by an alert, if it still listens."""
        with suppress(OSError):
            self._channel.sock.send(self._outgoing.read())

    async def _feed(self, watch: Stopwatch) -> bytes:
        """Give OpenSSL a step's worth of bytes, or the end; which they were. Raises Failure."""
        data = await self._channel.read(STEP)
        if data:
            watch.was_answered = True
            self._left -= len(data)
            if self._left < 0:
                raise Failure(Reason.TOO_LARGE, f"the server sent too many {self._limit}")
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return data


Connection = Channel | Secured
