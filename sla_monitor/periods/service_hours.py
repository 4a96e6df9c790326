"""Service hours as intervals: a calendar's weekly hours in the contract's zone, worked out when asked.

Nothing is logged at run time, so a calendar that is corrected corrects the past as well.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.local_time import instant_ms, local_date, midnight_ms
from sla_monitor.periods.intervals import Intervals, intersect, normal


def agreed_hours(calendar: Calendar | None, zone: ZoneInfo, start_ms: int, end_ms: int) -> Intervals:
    """The agreed service time within `[start_ms, end_ms)`; None is the 24x7 calendar."""
    whole = normal([(start_ms, end_ms)])
    if calendar is None or not whole:
        return whole
    first, last = local_date(start_ms, zone), local_date(end_ms - 1, zone)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return intersect(whole, normal(pair for day in days for pair in _day(calendar, zone, day)))


def _day(calendar: Calendar, zone: ZoneInfo, day: date) -> list[tuple[int, int]]:
    return [(instant_ms(day, opens, zone), _closing_ms(day, closes, zone)) for opens, closes in calendar.hours_on(day)]


def _closing_ms(day: date, closes: time, zone: ZoneInfo) -> int:
    """time.max stands for 24:00, the midnight that ends the day."""
    if closes == time.max:
        return midnight_ms(day + timedelta(days=1), zone)
    return instant_ms(day, closes, zone)
