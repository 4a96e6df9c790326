"""The agenda: tasks at times of the monotonic clock.

The loop's own clock stands still while the loop is held up, so that no deadline passes unjustly; a probe that is due
then is late, and must not be made later still.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from math import inf

from sla_monitor.clock import Clock
from sla_monitor.probe.loop import Timer

MOST_AT_ONCE = 64
"""After a standstill thousands of probes are due; the loop turns in between. So many begin in less time than a turn
may take."""


class Agenda:
    """In order of time, and of entering where that is the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[tuple[float, int, Timer]] = []
        self._order = count()

    def time(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def call_at(self, at_s: float, call: Callable[[], None]) -> Timer:
        """`at_s` on `time()`."""
        timer = Timer(call)
        heapq.heappush(self._entries, (at_s, next(self._order), timer))
        return timer

    def wait_s(self) -> float:
        """Until the next entry is due; 0: one is."""
        return max(0.0, self._entries[0][0] - self.time()) if self._entries else inf

    def run(self) -> None:
        """Do what is due, or the first part of it."""
        entries, now_s = self._entries, self.time()
        for _ in range(MOST_AT_ONCE):
            if not entries or entries[0][0] > now_s:
                return
            call = heapq.heappop(entries)[2].call
            if call is not None:
                call()
