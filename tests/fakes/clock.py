"""A clock that does what it is told."""

from __future__ import annotations

import threading


class FakeClock:
    """Wall and monotonic time that move together until one of them is stepped."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self.wall_ms = now_ms
        self.monotonic_ms = 5_000_000
        self.asleep_ms = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.monotonic_ms / 1000

    def asleep(self) -> float:
        return self.asleep_ms / 1000

    def worked(self) -> float:
        return self.monotonic()

    def sleep(self, seconds: float) -> None:
        self.advance(round(seconds * 1000))

    def advance(self, ms: int) -> None:
        with self._lock:
            self.wall_ms += ms
            self.monotonic_ms += ms

    def step(self, ms: int) -> None:
        """The wall clock is set."""
        self.wall_ms += ms

    def suspend(self, ms: int) -> None:
        """The host sleeps: only the monotonic clock stands still."""
        self.wall_ms += ms
        self.asleep_ms += ms
