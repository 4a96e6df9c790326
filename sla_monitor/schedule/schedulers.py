"""APScheduler, in a thread of its own or folded into an event loop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any, Protocol

from apscheduler.executors.debug import DebugExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

THREADS = 16

_DEFAULTS = {"coalesce": True, "max_instances": 2, "misfire_grace_time": None}
"""A late slot still fires once, and counts what it could not do."""


class Timers(Protocol):
    """What is asked of an event loop; see `probe.Loop`."""

    def time(self) -> float: ...

    def call_at(self, at_s: float, call: Callable[[], None]) -> Any: ...


def threaded() -> BackgroundScheduler:
    """Its jobs run in threads of their own, so that a long one holds up no other."""
    return BackgroundScheduler(executors={"default": ThreadPoolExecutor(THREADS)}, job_defaults=_DEFAULTS, timezone=UTC)


class LoopScheduler(BaseScheduler):  # type: ignore[misc]
    """Its jobs run in the loop's turns, at once and one at a time; it has no thread."""

    def __init__(self, loop: Timers) -> None:
        self._loop = loop
        self._timer: Any = None
        super().__init__(executors={"default": DebugExecutor()}, job_defaults=_DEFAULTS, timezone=UTC)

    def wakeup(self) -> None:
        """Do what is due, and come back when the next job is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wait_s = self._process_jobs()
        if wait_s is not None:
            self._timer = self._loop.call_at(self._loop.time() + max(0.0, wait_s), self.wakeup)

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)
        if self._timer is not None:
            self._timer.cancel()
