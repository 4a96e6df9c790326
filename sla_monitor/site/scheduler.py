"""APScheduler folded into the event loop: no thread of its own, and no thread for what is due."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler

from sla_monitor.probe import Loop


class LoopScheduler(BaseScheduler):  # type: ignore[misc]
    """Its jobs run in the loop's turns, at once and one at a time."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._timer: Any = None
        # coalesce and no grace limit: a late slot still fires once, and counts what it could not do.
        super().__init__(
            executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
            timezone=UTC,
        )

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
