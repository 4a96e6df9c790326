"""The only reader of the wall clock.

Everything that means something takes `now` as an argument; the rooms that act (schedule, probe, daemon)
are handed a `Clock`, so that a test can be any time it likes.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the daemon asks of time."""

    def now_ms(self) -> int:
        """The wall clock: milliseconds since 1970-01-01T00:00:00Z."""

    def monotonic(self) -> float:
        """Seconds on a clock that nobody can set; it stands still while the host is suspended."""

    def asleep(self) -> float:
        """For how many seconds the host has been suspended since it was started."""

    def worked(self) -> float:
        """Seconds of processor time that the thread has used which asks."""

    def sleep(self, seconds: float) -> None:
        """Wait, on the monotonic clock."""


class SystemClock:
    """The real one."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def asleep(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)

    def worked(self) -> float:
        return time.thread_time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


REST_S, LONGEST_REST_S = 0.002, 0.02


class Rests:
    """The rests of one long piece of work, called as often as one likes: half of the time belongs to others.

    A thread that computes keeps the interpreter from every probe that is due: each of a probe's many steps waits for it
    again. After REST_S of work, calling this waits for as long as the work has taken: in processor time, for a thread
    that itself waited for others has given them their time. Belongs to the thread that makes it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_s = clock.worked()

    def __call__(self) -> None:
        worked_s = self._clock.worked() - self._since_s
        if worked_s >= REST_S:
            self._clock.sleep(min(worked_s, LONGEST_REST_S))
            self._since_s = self._clock.worked()
