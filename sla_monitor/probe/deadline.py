"""One deadline for a whole look, and the sockets that keep to it.

A timeout of the libraries' kind starts anew with every operation: a server that sends a byte a second holds such
a call for as long as it likes. Here each operation gets what is left of the look's one deadline.
"""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING, Any

from sla_monitor.sla.observation import Phases

if TYPE_CHECKING:
    from typing_extensions import Buffer

SEEN_LIMIT = 4096
"""Bytes kept of what was received: twice the evidence, so that a secret echoed at its edge is found and hidden."""


class DeadlinePassed(TimeoutError):  # noqa: N818 - it names what happened
    """The look's time is up."""


class TooMuch(Exception):  # noqa: N818 - it is the supplier's excess, not an error of ours
    """The server sent more than it may. `limit`: bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Stopwatch:
    """One look: its deadline, the time each phase took (seconds, None where there was none), what was received.

    `doing` names the present step in words; when the deadline passes it tells where. `allowance` is how many more
    bytes the server may send.
    """

    __slots__ = (
        "address", "allowance", "answered_at", "connect", "dns", "doing", "ends", "expires_at_s",
        "first_byte", "granted", "seen", "sent_at", "tls",
    )  # fmt: skip

    def __init__(self, timeout_ms: int) -> None:
        self.ends = monotonic() + timeout_ms / 1000
        self.doing = "preparing"
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None
        self.first_byte: float | None = None
        self.sent_at = 0.0
        self.answered_at = 0.0
        self.address: str | None = None
        self.expires_at_s: int | None = None
        self.seen = b""
        self.grant(0)

    def left(self) -> float:
        """Seconds until the deadline. Raises DeadlinePassed when there are none."""
        seconds = self.ends - monotonic()
        if seconds <= 0:
            raise DeadlinePassed
        return seconds

    def grant(self, size: int) -> None:
        """From here on the server may send `size` bytes."""
        self.allowance = self.granted = size

    def sent(self) -> None:
        """A question has gone out: what comes now is its answer."""
        self.sent_at, self.answered_at, self.seen = monotonic(), 0.0, b""
        self.doing = "waiting for the first byte"

    def received(self, view: memoryview, count: int) -> None:
        """Take note of `count` bytes at the beginning of `view`. Raises TooMuch."""
        if not count:
            return
        if not self.answered_at:
            self.answered_at = monotonic()
            self.first_byte = (self.first_byte or 0.0) + self.answered_at - self.sent_at
            self.doing = "reading the answer"
        room = SEEN_LIMIT - len(self.seen)
        if room > 0:
            self.seen += view[: min(count, room)]
        self.allowance -= count
        if self.allowance < 0:
            raise TooMuch(self.granted)

    def phases(self) -> Phases:
        """The phases in microseconds. What came after the last answer's first byte was its transfer."""
        transfer = monotonic() - self.answered_at if self.answered_at else None
        return Phases(_us(self.dns), _us(self.connect), _us(self.tls), _us(self.first_byte), _us(transfer))


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1_000_000)


class TimedSocket(socket.socket):
    """A TCP socket on a look's deadline. `peer`: how to connect to the same again, unless through a proxy."""

    __slots__ = ("address", "opened_at", "peer", "watch")

    watch: Stopwatch
    address: str
    opened_at: float
    peer: tuple[int, tuple[Any, ...]] | None

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.watch.left())
        count = super().recv_into(buffer, nbytes, flags)
        self.watch.received(memoryview(buffer), count)
        return count

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        # One call has one deadline inside the interpreter, however many pieces the data goes out in.
        self.settimeout(self.watch.left())
        super().sendall(data, flags)


class TimedTlsSocket(ssl.SSLSocket):
    """A TLS connection on a look's deadline. `expires_at_s`: the earliest expiry of its certificate chain."""

    watch: Stopwatch
    address: str
    opened_at: float
    expires_at_s: int | None

    def recv_into(self, buffer: Buffer, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.watch.left())
        view = memoryview(buffer)
        # SSLSocket.read and not its recv_into, which is four more steps to the same place.
        count = self.read(nbytes or len(view), view)
        self.watch.received(view, count)  # type: ignore[arg-type]  # with a buffer, read gives the count
        return count  # type: ignore[return-value]

    def send(self, data: Buffer, flags: int = 0) -> int:
        self.settimeout(self.watch.left())
        return super().send(data, flags)

    def chain(self) -> list[Any]:
        """The certificates: the verified chain, or what was sent where nothing was verified. Each tells its
        `public_bytes` and `get_info`; the public method (from Python 3.13 on) would leave their parsing to us."""
        inner = self._sslobj  # type: ignore[attr-defined]  # the standard library's own handle on OpenSSL
        return list((inner.get_verified_chain() if self.context.verify_mode else inner.get_unverified_chain()) or ())


Connection = TimedSocket | TimedTlsSocket
