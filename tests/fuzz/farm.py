"""Many probes at once and the servers they ask, all in one loop.

A slot has its own path; the server answers a request for it with the slot's present case.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.probe import Finding, Loop, Prober
from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Outcome
from tests.fuzz.log import LOG, errors_logged
from tests.probe.looking import surroundings, terms
from tests.probe.servers import OK, RESET_AT_ONCE
from tests.support.waiting import until

FOR_ALL_S = 86_400.0
"""`make fuzz` makes as many as one asks for."""

SLOTS = 60
TIMEOUT_MS = 400
LATE_S = 0.05
CLOCK = SystemClock()
_EVENTS = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP


@dataclass(frozen=True)
class Case:
    """What is sent, and what happens then: `end`, `reset` or `stay`. `change` is done to what TLS makes of it."""

    answer: bytes
    then: str = "end"
    change: Callable[[bytes], bytes] | None = None


class Talk(Protocol):
    """The server's side of one connection: bytes in, bytes out, or None where it hangs up."""

    def heard(self, data: bytes) -> bytes | None: ...

    @property
    def then(self) -> str: ...


class _Connection:
    """One that the server took."""

    def __init__(self, loop: Loop, sock: socket.socket, talk: Talk) -> None:
        self._loop, self._sock, self._talk, self._unsent = loop, sock, talk, b""
        self._is_over = False
        sock.setblocking(False)
        loop.register(sock.fileno(), self, _EVENTS)

    def ready(self, _: int) -> None:
        try:
            self._step()
        except OSError:
            self.close()

    def _step(self) -> None:
        while not self._is_over:
            try:
                data = self._sock.recv(65_536)
            except BlockingIOError:
                break
            if not data:
                self.close()
                return
            said = self._talk.heard(data)
            if said is None:
                self._is_over = True
            else:
                self._unsent += said
        with suppress(BlockingIOError):
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        # A socket that may take more tells it all the time: only while there is more is that asked.
        self._loop.modify(self._sock.fileno(), _EVENTS if self._unsent else _EVENTS & ~select.EPOLLOUT)
        if not self._unsent and (self._is_over or self._talk.then in {"end", "reset"}):
            self.close()

    @property
    def is_closed(self) -> bool:
        return self._sock.fileno() < 0

    def close(self) -> None:
        if self.is_closed:
            return
        if self._talk.then == "reset":
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        self._loop.unregister(self._sock.fileno())
        self._sock.close()


class Server:
    """Listens; each connection is a talk of its own."""

    def __init__(self, loop: Loop, talk: Callable[[], Talk]) -> None:
        self._loop, self._talk = loop, talk
        self._taken: list[_Connection] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1_024)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        loop.register(self._listener.fileno(), self, select.EPOLLIN)

    def ready(self, _: int) -> None:
        try:
            sock, _address = self._listener.accept()
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.ECONNABORTED}:
                raise
            return
        self._taken = [one for one in self._taken if not one.is_closed]
        self._taken.append(_Connection(self._loop, sock, self._talk()))

    def close(self) -> None:
        for one in self._taken:
            one.close()
        self._loop.unregister(self._listener.fileno())
        self._listener.close()


class HttpTalk:
    """Answers one request by its path. Redirects may lead anywhere on the server: there it is well."""

    def __init__(self, cases: dict[bytes, Case]) -> None:
        self._cases, self._unread = cases, b""
        self.case: Case | None = None

    @property
    def then(self) -> str:
        return self.case.then if self.case else "stay"

    def heard(self, data: bytes) -> bytes:
        self._unread += data
        if b"\r\n\r\n" not in self._unread or self.case:
            return b""
        path = self._unread.split(b" ", 2)[1]
        self.case = self._cases.get(path, Case(OK))
        return self.case.answer


def run_all(
    kind: str,
    numbers: range,
    make: Callable[[int], Case],
    talk: Callable[[dict[bytes, Case]], Talk],
    options: Callable[[int, int], dict[str, Any]],
) -> list[str]:
    """Probe each case. `options`: a slot's terms, of its number and the port. Returns what failed."""
    loop = Loop()
    cases: dict[bytes, Case] = {}
    failed: list[str] = []
    server = Server(loop, lambda: talk(cases))
    waiting, running = iter(numbers), [0]

    async def works(slot: int, prober: Prober) -> None:
        for number in waiting:
            case = cases[f"/{slot}".encode()] = make(number)
            began = loop.time()
            found = await probe.observe(prober, loop, CLOCK)
            wrong = _wrong(found, turns[-2] - began)
            LOG.note(kind, found.outcome, found.reason)
            if wrong or heard:
                failed.append(
                    f"{kind} case {number}: {wrong} {heard} {found.detail!r} {case.answer[:300]!r} {case.then}"
                )
                heard.clear()

    def done(_: None, error: BaseException | None) -> None:
        running[0] -= 1
        if error is not None:
            failed.append(f"{kind}: {error!r}")

    turns = deque([0.0, 0.0], maxlen=2)
    """When the last turns began, on the loop's time: a deadline that passed in the one before was seen in the last."""
    with errors_logged() as heard, contextlib.ExitStack() as kept:
        probers = [
            probe.build(terms("http", timeout=f"{TIMEOUT_MS}ms", **options(slot, server.port)), surroundings())
            for slot in range(min(SLOTS, len(numbers)))
        ]
        for slot, prober in enumerate(probers):
            kept.callback(prober.close)
            running[0] += 1
            loop.spawn(works(slot, prober), done)
        for _ in until(lambda: not running[0], FOR_ALL_S):
            turns.append(loop.time())
            loop.turn(0.02)
    server.close()
    loop.close()
    return failed


def _wrong(found: Finding, seconds: float) -> str:
    if found.outcome is Outcome.UNKNOWN:
        return "UNKNOWN"
    if seconds > TIMEOUT_MS / 1000 + LATE_S:
        return f"late: {seconds * 1000:.0f} ms"
    if not found.detail.isprintable() or len(found.detail) > DETAIL_LIMIT or len(found.evidence) > EVIDENCE_LIMIT:
        return "words that are none"
    return ""
