"""Calls whoever looks when an endpoint is due, and counts what was late, missed, or still under way."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial, wraps

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from sla_monitor.clock import Clock
from sla_monitor.schedule.slots import Slot, SlotTrigger, phase_ms
from sla_monitor.workers import Workers

LATENESS_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STEP_MS = 1_000
"""A wall clock that moves this much against the monotonic one has been set, or the host has slept."""

STRAIN_MS, STRAIN_HOLDS_S = 50, 1.0
"""A hand-over that is so late, although it had nothing to wait for but the processor, says that looks are fighting for
it; the finding holds for so long."""

log = logging.getLogger(__package__)


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
        """Have something of our own done at a whole number of seconds, one at a time: a turn that comes while the one
        before goes on is left out, which the scheduler itself would warn of each time."""
        trigger, busy = SlotTrigger(max(1, period_ms // 1000), 0), threading.Lock()

        @wraps(call)
        def turn() -> None:
            if busy.acquire(blocking=False):
                try:
                    call()
                finally:
                    busy.release()

        self._scheduler.add_job(turn, trigger, id=name, max_instances=2, replace_existing=True)

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
