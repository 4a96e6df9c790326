"""The place of every endpoint in time: its slot, and its place within the slot's second."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from apscheduler.job import Job
from apscheduler.triggers.base import BaseTrigger

GRID_MS = 100
"""Endpoints go in small bursts: the second of a burst finds the processor awake and its caches warm, and costs half
of the first; a burst is still short against the lateness that anybody would notice."""


def phase_ms(key: str, every_ms: int) -> int:
    """An endpoint's fixed place within its interval, on a grid of GRID_MS."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % (every_ms // GRID_MS) * GRID_MS


class SlotTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires at phase + k x period (seconds since 1970), whatever happened before: a gap of any length is one step."""

    __slots__ = ("period_s", "phase_s")

    def __init__(self, period_s: int, phase_s: int) -> None:
        self.period_s, self.phase_s = period_s, phase_s

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first due time not before `now` and after the previous one (unless the clock was set back)."""
        earliest = -(-int(now.timestamp() * 1_000_000) // 1_000_000)
        if previous_fire_time is not None and previous_fire_time >= now:
            earliest = int(previous_fire_time.timestamp()) + 1
        steps = -(-(earliest - self.phase_s) // self.period_s)
        return datetime.fromtimestamp(self.phase_s + steps * self.period_s, UTC)


@dataclass(slots=True)
class ScheduleSlot:
    """The endpoints of one slot by their place in its second. `due_s`: when it last fired."""

    period_s: int
    phase_s: int
    members: list[tuple[int, str]] = field(default_factory=list)
    due_s: int = 0
    job: Job | None = None
