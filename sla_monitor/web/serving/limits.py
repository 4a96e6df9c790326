"""Limits on what requests may use: time, bytes, connections, threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from sla_monitor.web.serving.workers import Workers

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Limits:
    """Bounds on what a client may hold. Seconds, bytes, counts.

    header_s: from connecting (TLS included) or from the answer before, to the end of the headers; it is also how
    long an idle connection is kept, hence more than the usual scrape interval of 15 s. upload_s: for a file of somebody
    who is known; 5 MiB take as long at 350 kbit/s.
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


class Busy(Exception):  # noqa: N818 - it says how things stand
    """Too many requests wait for the same thing already."""


class Bounded:
    """A few threads for what would hold up the event loop, with a bounded queue before them."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._workers = Workers(threads)
        self._limit = threads + waiting
        self._busy = 0

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The task's result, without holding up the event loop. Raises Busy instead of queueing without end."""
        if self._busy >= self._limit:
            raise Busy
        self._busy += 1
        result: Future[R] = Future()
        self._workers.submit(lambda: _fulfil(result, lambda: task(*args, **kwargs)))
        try:
            return await asyncio.wrap_future(result)
        finally:
            self._busy -= 1

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
