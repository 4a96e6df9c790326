"""Limits on what requests may use: time, bytes, connections, threads."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from sla_monitor.web.serving.workers import Workers
from sla_monitor.wording.numbers import format_bytes

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Limits:
    """Bounds on what a client may hold. Seconds, bytes, counts.

    header_s: from connecting (TLS included) or from the answer before, to the end of the headers; it is also how
    long an idle connection is kept, hence more than the usual scrape interval of 15 s. upload_s: for a file of
    somebody who is known; 5 MiB take as long at 350 kbit/s. uploads: of one person at once, as each is held in
    memory. day_bytes: of the ledger, that one person of a supplier fills in a day: some seven files of 20,000
    tickets.
    """

    header_s: float = 20
    body_s: float = 10
    upload_s: float = 60
    write_s: float = 30
    header_bytes: int = 16_384
    body_bytes: int = 65_536
    connections: int = 512
    waiting: int = 32
    beats_per_minute: int = 120
    failures_per_minute: int = 30
    writes_per_minute: int = 120
    commit_s: float = 5
    uploads: int = 4
    day_bytes: int = 128 * 2**20


class Busy(Exception):  # noqa: N818 - it says how things stand
    """Too many requests wait for the same thing already."""


class EnoughToday(Exception):  # noqa: N818 - it is no fault
    """Somebody of a supplier has filled as much of the disk as one may in a day. `wait_s`: until they may go on."""

    def __init__(self, most: int, wait_s: int) -> None:
        super().__init__(f"one person of a supplier enters and attaches at most {format_bytes(most)} within a day")
        self.wait_s = wait_s


ASKING: ContextVar[str] = ContextVar("ASKING", default="")
"""Who asks, in the course of a request: a person's name, else the address that it comes from."""


class Bounded:
    """A few threads for what would hold up the event loop, with a bounded queue before them.

    People take turns in it: whoever asks for much at once waits for the own tasks, and takes no place from others.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self._workers = Workers(threads)
        self._limit = threads + waiting
        self._busy = 0
        self._turns: OrderedDict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = OrderedDict()
        self._lock = threading.Lock()

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The task's result, without holding up the event loop. Raises Busy instead of queueing without end."""
        return await self.run_for(ASKING.get(), task, *args, **kwargs)

    async def run_for(self, whose: str, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The same on somebody's account."""
        if self._busy >= self._limit:
            self._make_room(whose)
        self._busy += 1
        result: Future[R] = Future()
        with self._lock:
            self._turns.setdefault(whose, deque()).append((result, lambda: task(*args, **kwargs)))
        self._workers.submit(self._next)
        try:
            return await asyncio.wrap_future(result)
        finally:
            self._busy -= 1

    def _next(self) -> None:
        """Do the first task of whose turn it is; from a thread."""
        with self._lock:
            if not self._turns:  # it had to make room
                return
            whose, tasks = self._turns.popitem(last=False)
            result, task = tasks.popleft()
            if tasks:
                self._turns[whose] = tasks
        _fulfil(result, task)

    def _make_room(self, whose: str) -> None:
        """Send away the latest task of whoever has most of them. Raises Busy where the newcomer has as many."""
        with self._lock:
            own = len(self._turns.get(whose, ()))
            most = max(self._turns.values(), key=len, default=deque())
            if len(most) <= own + 1:
                raise Busy
            result, _ = most.pop()
        if result.set_running_or_notify_cancel():  # whoever went away is told nothing
            result.set_exception(Busy())

    def close(self) -> None:
        """Take nothing new, drop what waits; what runs is not waited for."""
        self._workers.stop()


def _fulfil(result: Future[R], task: Callable[[], R]) -> None:
    """Do a task, unless nobody waits for it any more."""
    if not result.set_running_or_notify_cancel():
        return
    try:
        result.set_result(task())
    except Exception as error:  # noqa: BLE001 - handed on to the one who waits
        result.set_exception(error)
