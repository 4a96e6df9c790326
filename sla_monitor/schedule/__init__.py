"""When something is done: one APScheduler job for each slot, a slot being an interval and a whole second within it.

Every endpoint has a fixed phase within its interval, from a hash of its key: the same after every restart and on
every site, without jitter and so without drift. Its whole seconds choose the slot, and so the wake-up of
APScheduler that serves it; its milliseconds, on a grid, are its place within that second.

What a slot should have done and did not (the scheduler was late, the host slept) is counted for each of its endpoints
by comparing due times, not by listening to events: a gap emits none.
"""

from sla_monitor.schedule.schedule import ClockJump, Schedule
from sla_monitor.schedule.schedulers import LoopScheduler, threaded
from sla_monitor.schedule.slots import ScheduleSlot, SlotTrigger, phase_ms

__all__ = ["ClockJump", "LoopScheduler", "Schedule", "ScheduleSlot", "SlotTrigger", "phase_ms", "threaded"]
