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


MOST_RECORDS = 200
"""Of a handshake. A chain of 16 kB in the smallest records that anybody sends takes 32."""

MOST_CERTIFICATES = 16
"""Of one chain. Public ones have up to five."""

_CHANGE, _HANDSHAKE = 20, 22
_KINDS = range(20, 24)
_SERVER_HELLO, _CERTIFICATE = 2, 11
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another key share (RFC 8446, 4.1.3)."""

_KEY_SHARE = 51
_FINITE = range(0x0100, 0x0200)
"""Groups over finite fields: ffdhe2048 and its larger siblings."""


class Opening:
    """Fed with what the server sends until the handshake is done; `feed` raises Failure for what costs too much.

    What cannot be read is no matter here: OpenSSL will say so.
    """

    __slots__ = ("_is_plain", "_is_retried", "_messages", "_records", "_unread")

    def __init__(self) -> None:
        self._unread = bytearray()
        self._messages = bytearray()
        self._records = 0
        self._is_plain = True
        self._is_retried = False

    def feed(self, data: bytes) -> None:
        unread, at = self._unread, 0
        unread += data
        while len(unread) - at >= 5 and unread[at] in _KINDS:
            end = at + 5 + int.from_bytes(unread[at + 3 : at + 5])
            if len(unread) < end:
                break
            self._records += 1
            if self._records > MOST_RECORDS:
                raise _too_much(f"more than {MOST_RECORDS} records in its handshake")
            if self._is_plain:
                self._read(unread[at], unread[at + 5 : end])
            at = end
        del unread[:at]

    def _read(self, kind: int, payload: bytearray) -> None:
        if kind == _CHANGE and self._is_retried:
            return  # TLS 1.3 says nothing by it, and its second ServerHello is still to come
        if kind != _HANDSHAKE:
            self._is_plain = False
            return
        messages = self._messages
        messages += payload
        while len(messages) >= 4:
            end = 4 + int.from_bytes(messages[1:4])
            if len(messages) < end:
                return
            self._judge(messages[0], messages[4:end])
            del messages[:end]

    def _judge(self, kind: int, body: bytearray) -> None:
        if kind == _CERTIFICATE:
            judge_chain(_certificates(body))
        elif kind == _SERVER_HELLO and body[2:34] == _RETRY:
            self._is_retried = True
            if _wanted_group(body) in _FINITE:
                what = "the server insists on a key exchange over finite fields (ffdhe), which we refuse"
                raise Failure(Reason.TLS_FAILED, what)


def judge_chain(count: int) -> None:
    """Raises Failure where a server sends too many certificates."""
    if count > MOST_CERTIFICATES:
        raise _too_much(f"{count} certificates, more than {MOST_CERTIFICATES}")


def _certificates(body: bytearray) -> int:
    """How many there are in a Certificate of TLS 1.2: a length for all of them, then one for each."""
    count, at = 0, 3
    while at + 3 <= len(body):
        at += 3 + int.from_bytes(body[at : at + 3])
        count += 1
    return count


def _wanted_group(body: bytearray) -> int | None:
    """The group of the key share that a ServerHello asks for."""
    at = 35 + (body[34] if len(body) > 34 else 0) + 3  # version, random, session, cipher, compression
    at += 2  # the length of the extensions
    while at + 4 <= len(body):
        kind, size = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
        if kind == _KEY_SHARE:
            return int.from_bytes(body[at + 4 : at + 6])
        at += 4 + size
    return None


def _too_much(what: str) -> Failure:
    return Failure(Reason.TOO_LARGE, f"the server sent {what}")
