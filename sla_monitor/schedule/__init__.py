"""When we look. One APScheduler job for each slot, a slot being an interval and a whole second within it.

Every endpoint has a fixed phase within its interval, from a hash of its key: the same after every restart and on
every site, without jitter and so without drift. Its whole seconds choose the slot, and so the wake-up of
APScheduler that serves it; its milliseconds, on a grid, are its place within that second, so that a hundred endpoints
of one slot do not queue for the interpreter at one instant. Lateness is measured against the phase, to the millisecond.

What a slot should have done and did not (the scheduler was late, the host slept, a look overran its interval) is
counted for each of its endpoints by comparing due times, not by listening to events: a gap emits none.
"""

from __future__ import annotations

from sla_monitor.schedule.schedule import LATENESS_BUCKETS_S, Schedule
from sla_monitor.schedule.slots import Slot, SlotTrigger, phase_ms, workers_needed

__all__ = ["LATENESS_BUCKETS_S", "Schedule", "Slot", "SlotTrigger", "phase_ms", "workers_needed"]
