"""Working hours for tickets, in the contract's zone: its Working Days, less its holidays."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sla_monitor.contract.calendars import DAYS, Span
from sla_monitor.contract.terms import Terms

OFFICE: Span = (time(9), time(17))
"""The hours of a Working Day where the contract only names the day."""
WHOLE: Span = (time.min, time.max)
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hours_name(terms: Terms) -> str:
    return f"{terms.id}-working-hours"


def holidays_name(terms: Terms) -> str:
    return f"{terms.id}-holidays"


def time_intervals(terms: Terms) -> list[dict[str, Any]]:
    """The contract's intervals as Alertmanager knows them."""
    found = [{"name": hours_name(terms), "time_intervals": _week(terms)}]
    days = holidays(terms)
    if days:
        found.append({"name": holidays_name(terms), "time_intervals": _dates(terms, days)})
    return found


def holidays(terms: Terms) -> list[date]:
    """The days that are closed, and that nothing opens."""
    calendar = terms.working_calendar
    return sorted((set(calendar.closed_on) | calendar.holidays) - set(calendar.open_on))


def _week(terms: Terms) -> list[dict[str, Any]]:
    """Days with the same hours together."""
    by_hours: dict[tuple[Span, ...], list[str]] = {}
    for day, name in zip(DAYS, NAMES, strict=True):
        spans = terms.working_calendar.hours.get(day, ())
        if spans:
            by_hours.setdefault(tuple(OFFICE if span == WHOLE else span for span in spans), []).append(name)
    return [
        {
            "weekdays": days,
            "times": [{"start_time": f"{start:%H:%M}", "end_time": _end(end)} for start, end in spans],
            "location": terms.time_zone.key,
        }
        for spans, days in by_hours.items()
    ]


def _end(at: time) -> str:
    return "24:00" if at == time.max else f"{at:%H:%M}"


def _dates(terms: Terms, days: list[date]) -> list[dict[str, Any]]:
    by_month: dict[tuple[int, int], list[int]] = {}
    for day in days:
        by_month.setdefault((day.year, day.month), []).append(day.day)
    return [
        {
            "years": [str(year)],
            "months": [str(month)],
            "days_of_month": [str(number) for number in numbers],
            "location": terms.time_zone.key,
        }
        for (year, month), numbers in by_month.items()
    ]
