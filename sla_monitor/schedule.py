"""When we look. One APScheduler job for each slot, a slot being an interval and a whole second within it.

Every endpoint has a fixed phase within its interval, from a hash of its key: the same after every restart and on
every site, without jitter and so without drift. Its whole seconds choose the slot, and so the wake-up of
APScheduler that serves it; its milliseconds, on a grid, are its place within that second, so that a hundred endpoints
of one slot do not queue for the interpreter at one instant. Lateness is measured against the phase, to the millisecond.

What a slot should have done and did not (the scheduler was late, the host slept, a look overran its interval) is
counted for each of its endpoints by comparing due times, not by listening to events: a gap emits none.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from sla_monitor.clock import Clock
from sla_monitor.workers import Workers

LATENESS_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
GRID_MS = 50
"""Endpoints go in small bursts: the second of a burst finds the processor awake and its caches warm, and costs half
of the first; a burst is still short against the lateness that anybody would notice."""

STEP_MS = 1_000
"""A wall clock that moves this much against the monotonic one has been set, or the host has slept."""

STRAIN_MS, STRAIN_HOLDS_S = 50, 1.0
"""A hand-over that is so late, although it had nothing to wait for but the processor, says that looks are fighting for
it; the finding holds for so long."""

log = logging.getLogger(__name__)


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
class Slot:
    """The endpoints of one slot by their place in its second. `due_s`: when it last fired."""

    period_s: int
    phase_s: int
    members: list[tuple[int, str]] = field(default_factory=list)
    due_s: int = 0
    job: Job | None = None


@dataclass(slots=True)
class ScheduleStats:
    """Counters since start. `lateness_counts`: looks by bucket of LATENESS_BUCKETS_S and one above them all."""

    lateness_counts: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BUCKETS_S) + 1))
    lateness_sum_s: float = 0.0
    missed: int = 0
    overrun: int = 0
    clock_steps: int = 0
    pulse_monotonic: float = 0.0


class Schedule:
    """Calls `look(key)` in a worker thread whenever an endpoint is due, and `skip(key, count)` when one was missed.

    `pulse` is called every second by the scheduling loop itself: it proves that the loop lives.
    """

    def __init__(
        self,
        clock: Clock,
        look: Callable[[str], None],
        skip: Callable[[str, int], None],
        pulse: Callable[[], None],
        workers: Workers,
    ) -> None:
        self.stats = ScheduleStats()
        self.workers = workers
        self._clock, self._look, self._skip, self._pulse = clock, look, skip, pulse
        self._slots: dict[tuple[int, int], Slot] = {}
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._strained_until_s = 0.0
        self._offset_ms = self._wall_less_monotonic_ms()
        # coalesce and no grace limit: a late slot still fires once, and counts what it could not do.
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(64)},
            job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Begin: every endpoint is looked at within one interval."""
        self.every(1_000, "pulse", self._beat)
        self._scheduler.start()

    def every(self, period_ms: int, name: str, call: Callable[[], None]) -> None:
        """Have something of our own done at a whole number of seconds, one at a time."""
        trigger = SlotTrigger(max(1, period_ms // 1000), 0)
        self._scheduler.add_job(call, trigger, id=name, max_instances=1, replace_existing=True)

    def stop(self) -> None:
        """Begin no further look; those under way are left to end by themselves."""
        self._stopping.set()
        self.workers.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def watch(self, every_ms: Mapping[str, int]) -> None:
        """Watch exactly these endpoints (key: interval), touching only the slots that change."""
        wanted: dict[tuple[int, int], list[tuple[int, str]]] = {}
        for key, period_ms in every_ms.items():
            phase_s, place_ms = divmod(phase_ms(key, period_ms), 1000)
            wanted.setdefault((period_ms // 1000, phase_s), []).append((place_ms, key))
        for name in set(self._slots) - set(wanted):
            slot = self._slots.pop(name)
            slot.members = []
            if slot.job is not None:
                slot.job.remove()
        for name, members in wanted.items():
            slot = self._slots.get(name) or self._new_slot(*name)
            slot.members = sorted(members)

    def mind_the_clock(self) -> bool:
        """Whether the wall clock was set, or the host slept, since the last call. Call it about once a second.

        APScheduler waits for wall-clock instants: set back by an hour, it would sleep for that hour.
        """
        offset_ms = self._wall_less_monotonic_ms()
        step_ms, self._offset_ms = offset_ms - self._offset_ms, offset_ms
        if abs(step_ms) < STEP_MS:
            return False
        self.stats.clock_steps += 1
        log.warning("the wall clock moved against the monotonic one", extra={"step_ms": step_ms})
        if step_ms < 0:
            for slot in list(self._slots.values()):
                slot.due_s = 0
            for job in self._scheduler.get_jobs():
                with suppress(JobLookupError):  # a reload has just removed it
                    job.reschedule(job.trigger)
        return True

    def _wall_less_monotonic_ms(self) -> int:
        return self._clock.now_ms() - int(self._clock.monotonic() * 1000)

    def _beat(self) -> None:
        self.stats.pulse_monotonic = self._clock.monotonic()
        self._pulse()

    def _new_slot(self, period_s: int, phase_s: int) -> Slot:
        slot = self._slots[period_s, phase_s] = Slot(period_s, phase_s)
        slot.job = self._scheduler.add_job(
            self._fire, SlotTrigger(period_s, phase_s), args=[slot], id=f"slot-{period_s}-{phase_s}"
        )
        return slot

    def _fire(self, slot: Slot) -> None:
        """One wake-up: let each member go at its place within the second."""
        members = slot.members
        now_s = self._clock.now_ms() // 1000
        due_s = now_s - (now_s - slot.phase_s) % slot.period_s
        if due_s <= slot.due_s:
            return
        lost = (due_s - slot.due_s) // slot.period_s - 1 if slot.due_s else 0
        slot.due_s = due_s
        for _, key in members if lost else ():
            self._miss(key, lost)
        for place_ms, key in members:
            if not self._release(key, due_s * 1000 + place_ms):
                return

    def _release(self, key: str, due_ms: int) -> bool:
        """Wait for the place, then hand over to a worker; False when the schedule is stopping."""
        wait_ms = due_ms - self._clock.now_ms()
        if wait_ms > 0:
            self._clock.sleep(min(wait_ms, 1000) / 1000)
        if self._stopping.is_set():
            return False
        self._mind_the_strain(self._clock.now_ms() - due_ms)
        with self._lock:
            overruns = key in self._under_way
            self._under_way.add(key)
        if overruns:
            self.stats.overrun += 1
            self._skip(key, 1)
        else:
            self.workers.submit(partial(self._run, key, due_ms))
        return True

    def _mind_the_strain(self, late_ms: int) -> None:
        now_s = self._clock.monotonic()
        if late_ms > STRAIN_MS:
            self._strained_until_s = now_s + STRAIN_HOLDS_S
        self.workers.is_strained = now_s < self._strained_until_s

    def _run(self, key: str, due_ms: int) -> None:
        late_s = max(self._clock.now_ms() - due_ms, 0) / 1000
        try:
            self._look(key)
        finally:
            with self._lock:
                self._under_way.discard(key)
                self.stats.lateness_counts[bisect_left(LATENESS_BUCKETS_S, late_s)] += 1
                self.stats.lateness_sum_s += late_s

    def _miss(self, key: str, count: int) -> None:
        self.stats.missed += count
        self._skip(key, count)


def workers_needed(timeouts_and_intervals_ms: list[tuple[int, int]]) -> int:
    """Threads for the worst day: if everything times out together, each endpoint holds one for timeout/interval of
    the time (Little's law); a quarter more, and never fewer than eight."""
    busy = sum(timeout_ms / every_ms for timeout_ms, every_ms in timeouts_and_intervals_ms)
    return max(8, int(busy * 1.25) + 2)
