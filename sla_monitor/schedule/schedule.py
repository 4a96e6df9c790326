"""Says when an endpoint is due, and counts what was missed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import NamedTuple

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler

from sla_monitor.clock import Clock
from sla_monitor.schedule.slots import ScheduleSlot, SlotTrigger, phase_ms

STEP_MS = 1_000
"""A wall clock that moves this much against the monotonic one has been set, or the host has slept."""

log = logging.getLogger(__package__)


class ClockJump(NamedTuple):
    """By how much the wall clock was set, ahead or back, and for how long the host was suspended before that."""

    step_ms: int = 0
    slept_ms: int = 0


class Schedule:
    """Calls `due(key, at_ms)` at the beginning of the second in which an endpoint is due, for its place within that
    second, and `missed(key, count)` when that did not happen.

    `scheduler`: an APScheduler, whose executor runs what is due at once and one at a time.
    """

    def __init__(
        self,
        clock: Clock,
        scheduler: BaseScheduler,
        due: Callable[[str, int], None],
        missed: Callable[[str, int], None],
    ) -> None:
        self.clock_steps = 0
        self._clock, self._scheduler, self._due, self._missed = clock, scheduler, due, missed
        self._slots: dict[tuple[int, int], ScheduleSlot] = {}
        self._offset_ms, self._asleep_ms = self._wall_less_monotonic_ms(), int(clock.asleep() * 1000)

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

    def mind_the_clock(self) -> ClockJump:
        """How the wall clock has moved against the monotonic one since that was last told. Call it about once a second.

        Small steps add up until they are one of STEP_MS: to slew a clock moves both. APScheduler waits for wall-clock
        instants: set back by an hour, it would sleep for that hour.
        """
        told_ms, offset_ms = self._offset_ms, self._wall_less_monotonic_ms()
        asleep_ms = int(self._clock.asleep() * 1000)
        moved_ms, slept_ms = offset_ms - told_ms, asleep_ms - self._asleep_ms
        if max(abs(moved_ms), abs(moved_ms - slept_ms), slept_ms) < STEP_MS:
            return ClockJump()
        self._offset_ms, self._asleep_ms = offset_ms, asleep_ms
        slept_ms = slept_ms if slept_ms >= STEP_MS else 0
        self.clock_steps += 1
        extra = {"step_ms": moved_ms - slept_ms, "slept_ms": slept_ms}
        log.warning("the wall clock moved against the monotonic one", extra=extra)
        if moved_ms < 0:
            for slot in list(self._slots.values()):
                slot.due_s = 0
            for job in self._scheduler.get_jobs():
                with suppress(JobLookupError):  # a reload has just removed it
                    job.reschedule(job.trigger)
        return ClockJump(moved_ms - slept_ms, slept_ms)

    def _wall_less_monotonic_ms(self) -> int:
        return self._clock.now_ms() - int(self._clock.monotonic() * 1000)

    def _new_slot(self, period_s: int, phase_s: int) -> ScheduleSlot:
        slot = self._slots[period_s, phase_s] = ScheduleSlot(period_s, phase_s)
        slot.job = self._scheduler.add_job(
            self._fire, SlotTrigger(period_s, phase_s), args=[slot], id=f"slot-{period_s}-{phase_s}"
        )
        return slot

    def _fire(self, slot: ScheduleSlot) -> None:
        """One wake-up for all the members of a slot."""
        now_s = self._clock.now_ms() // 1000
        due_s = now_s - (now_s - slot.phase_s) % slot.period_s
        if due_s <= slot.due_s:
            return
        lost = (due_s - slot.due_s) // slot.period_s - 1 if slot.due_s else 0
        slot.due_s = due_s
        for place_ms, key in slot.members:
            if lost:
                self._missed(key, lost)
            self._due(key, due_s * 1000 + place_ms)
