"""Parts that every request handler is given, and the bounds of what requests may use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from sla_monitor.board import Board
from sla_monitor.clock import Clock
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.settings.web_config import WebFiles
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.web.serving.access import Access
from sla_monitor.web.serving.health import Health
from sla_monitor.web.serving.heartbeat_route import Limit, Tokens
from sla_monitor.web.serving.workers import Workers

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Limits:
    """Bounds on what a client may hold. Seconds, bytes, counts.

    header_s: from connecting (TLS included) or from the answer before, to the end of the headers; it is also how
    long an idle connection is kept, hence more than the usual scrape interval of 15 s.
    """

    header_s: float = 20
    body_s: float = 10
    write_s: float = 30
    header_bytes: int = 16_384
    body_bytes: int = 65_536
    connections: int = 512
    waiting: int = 32
    beats_per_minute: int = 120
    failures_per_minute: int = 30
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


@dataclass
class WebParts:
    """The parts that answer requests. Everything but `board` and `clock` is made or handed over by `Web`."""

    board: Board
    metrics: Callable[[], tuple[str, bytes]]
    health: Callable[[], Health]
    reload: Callable[[], list[str]]
    report: Reporting
    tokens: Tokens
    packs: Callable[[], Iterable[ReviewPack]]
    clock: Clock
    files: WebFiles
    limits: Limits
    only_loopback: bool
    page: StatusPage = field(default_factory=StatusPage)
    access: Access = field(default_factory=Access)
    active: int = 0

    def __post_init__(self) -> None:
        self.beats = Limit(self.limits.beats_per_minute)
        self.failures = Limit(self.limits.failures_per_minute)
        # Apart from each other: a long reload or a run of wrong passwords stops no scrape and no heartbeat.
        self.rendering = Bounded(2, self.limits.waiting)
        self.checking = Bounded(1, self.limits.waiting)
        self.beating = Bounded(1, self.limits.waiting)
        self.reloading = Bounded(1, 1)
        self.fetching = Bounded(1, self.limits.waiting)

    def close(self) -> None:
        for bounded in (self.rendering, self.checking, self.beating, self.reloading, self.fetching):
            bounded.close()


Reporting = Callable[[str, ReportKind, str], "Future[bool]"]
"""Takes in a report: the endpoint's key, what its job reports, and a text."""

Tokenised = Callable[[], Mapping[str, SecretReference]]
"""Gives the heartbeat endpoints' tokens as they stand after the latest reload."""
