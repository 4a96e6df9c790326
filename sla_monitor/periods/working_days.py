"""Working Days: the days on which a calendar has hours. Deadlines of a contract are counted in them.

The day on which something happens does not count: one Working Day after a Friday is the Monday.
"""

from __future__ import annotations

from datetime import date, timedelta

from sla_monitor.contract.calendars import Calendar

DAY = timedelta(days=1)
LONGEST_REST = 3660
"""Days without a Working Day after which a calendar is taken to have none."""


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether the calendar has any hours on the day."""
    return bool(calendar.hours_on(day))


def add_working_days(day: date, n: int, calendar: Calendar) -> date:
    """The n-th Working Day after a day, or, where n is negative, before it; the day itself where n is nothing.

    Raises ValueError where the calendar has no Working Days left.
    """
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day = _next(day, step, calendar)
    return day


def working_days_between(start: date, end: date, calendar: Calendar) -> int:
    """How many Working Days lie after `start` and up to `end`, `end` included; negative where `end` is before `start`,
    and then those from `end` on and before `start`. So it undoes `add_working_days`."""
    if end < start:
        return -sum(is_working_day(end + DAY * n, calendar) for n in range((start - end).days))
    return sum(is_working_day(start + DAY * n, calendar) for n in range(1, (end - start).days + 1))


def _next(day: date, step: timedelta, calendar: Calendar) -> date:
    for _ in range(LONGEST_REST):
        day += step
        if is_working_day(day, calendar):
            return day
    raise ValueError(f"the calendar has no Working Day within {LONGEST_REST} days (give it hours)")
