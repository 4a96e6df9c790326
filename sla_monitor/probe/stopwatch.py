"""One deadline for a whole probe, and what the probe notes on its way.

A timeout of the libraries' kind starts anew with every operation: a server that sends a byte a second holds such
a call for as long as it likes. Here one timer ends whatever the probe is waiting for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sla_monitor.probe.loop import Loop
from sla_monitor.sla.observation import Phases

SEEN_LIMIT = 4096
"""Bytes kept of what was received: twice the evidence, so that a secret echoed at its edge is found and hidden."""


class DeadlinePassed(TimeoutError):  # noqa: N818 - it names what happened
    """The probe's time is up."""


class TooMuch(Exception):  # noqa: N818 - it is the supplier's excess, not an error of ours
    """The server sent more than it may. `limit`: bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Stopwatch:
    """One probe: its deadline, the time each phase took, what was received.

    Phases are seconds on the loop's time, None where there was none.

    `doing` says in words what is being done; when the deadline passes it tells where. `where` stands before every
    detail: which step of a journey it was. `allowance` is how many more bytes the server may send. `was_answered`: the
    other side has sent something, be it in TLS. From the moment it is made the task that made it has until `ends` (on
    the loop's time); then DeadlinePassed is thrown into its wait. `ours_s`: the time in which the other side waited for
    us; `judging_s`: the processor time that judging its answer took so far, of one answer.
    """

    __slots__ = (
        "_ours_before_s", "_task", "_timer", "address", "allowance", "answered_at", "connect", "dns", "doing", "ends",
        "expires_at_s", "first_byte", "granted", "judging_s", "loop", "ours_s", "seen", "sent_at", "tls",
        "was_answered", "where",
    )  # fmt: skip

    def __init__(self, loop: Loop, timeout_ms: int) -> None:
        task = loop.current
        assert task is not None  # noqa: S101 - a stopwatch is made by the task that it is to end
        self.loop = loop
        self._task = task
        self.ends = loop.time() + timeout_ms / 1000
        self._start()
        self.ours_s = self._ours_before_s = self.judging_s = 0.0
        self.doing = "preparing"
        self.where = ""
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None
        self.first_byte: float | None = None
        self.sent_at = 0.0
        self.answered_at = 0.0
        self.address: str | None = None
        self.expires_at_s: int | None = None
        self.seen = b""
        self.was_answered = False
        self.grant(0)

    def _start(self) -> None:
        self._timer = self.loop.call_at(self.ends, lambda: self.loop.resume(self._task, error=DeadlinePassed()))

    def stop(self) -> None:
        """The probe is over: nothing is thrown any more."""
        self._timer.cancel()

    @contextmanager
    def pause(self) -> Iterator[None]:
        """What is waited for in here is ours: the deadline moves by as much."""
        self._timer.cancel()
        began = self.loop.time()
        try:
            yield
        finally:
            waited_s = self.loop.time() - began
            self.ours_s += waited_s
            self.ends += waited_s
            self._start()

    @contextmanager
    def judge(self) -> Iterator[None]:
        """What is done in here, without a wait, is judging."""
        began = self.loop.time()
        try:
            yield
        finally:
            took_s = self.loop.time() - began
            self.ours_s += took_s
            self.judging_s += took_s

    def left(self) -> float:
        """Seconds until the deadline. Raises DeadlinePassed when there are none."""
        seconds = self.ends - self.loop.time()
        if seconds <= 0:
            raise DeadlinePassed
        return seconds

    def grant(self, size: int) -> None:
        """From here on the server may send `size` bytes."""
        self.allowance = self.granted = size

    def sent(self) -> None:
        """A question has gone out: what comes now is its answer."""
        self.sent_at, self.answered_at, self.seen = self.loop.time(), 0.0, b""
        self.judging_s = 0.0
        self.doing = "waiting for the first byte"

    def received(self, data: bytes) -> None:
        """Take note of bytes of the answer. Raises TooMuch."""
        count = len(data)
        if not count:
            return
        if not self.answered_at:
            self.answered_at, self._ours_before_s = self.loop.time(), self.ours_s
            self.first_byte = (self.first_byte or 0.0) + self.answered_at - self.sent_at
            self.doing = "reading the answer"
        room = SEEN_LIMIT - len(self.seen)
        if room > 0:
            self.seen += data[:room]
        self.allowance -= count
        if self.allowance < 0:
            raise TooMuch(self.granted)

    def lap(self) -> Phases:
        """The phases since the start or the last lap. What is noted of a request begins anew."""
        phases = self.phases()
        self.dns = self.connect = self.tls = self.first_byte = None
        self.sent_at = self.answered_at = 0.0
        self.address = self.expires_at_s = None
        self.seen, self.doing = b"", "preparing"
        return phases

    def phases(self) -> Phases:
        """The phases in microseconds. What came after the last answer's first byte was its transfer."""
        ours_s = self.ours_s - self._ours_before_s
        transfer = self.loop.time() - self.answered_at - ours_s if self.answered_at else None
        return Phases(_us(self.dns), _us(self.connect), _us(self.tls), _us(self.first_byte), _us(transfer))


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1_000_000)
