"""The hours of a calendar, in words: whoever reads a contract's rules does not look its file up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from itertools import groupby

from sla_monitor.contract.calendars import DAYS, Calendar, Span
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id


def describe_calendar(name: str, calendar: Calendar | None) -> str:
    """`inside maintenance window (Wed 00:00 to 04:00 and Sun 00:00 to 06:00; not on 4 dates)`. None: at all hours."""
    if calendar is None:
        return "at any hour"
    week = format_list(list(_runs(calendar))) or "no hours of a usual week"
    less = [
        "bank holidays" if calendar.bank_holidays is not None else "",
        format_count(len(calendar.closed_on), "date") if calendar.closed_on else "",
    ]
    others = [
        f"not on {format_list([one for one in less if one])}" if any(less) else "",
        f"other hours on {format_count(len(calendar.open_on), 'date')}" if calendar.open_on else "",
    ]
    return f"inside {describe_id(name)} ({'; '.join([week, *filter(None, others)])})"


def _runs(calendar: Calendar) -> Iterator[str]:
    """`Mon to Fri 08:00 to 18:00`: days that follow one another and have the same hours stand together."""
    for spans, days in groupby(DAYS, key=lambda day: calendar.hours.get(day, ())):
        if spans:
            several = [day.capitalize() for day in days]
            run = several[0] if len(several) == 1 else f"{several[0]} to {several[-1]}"
            yield f"{run} {format_list([_span(one) for one in spans])}"


def _span(span: Span) -> str:
    start, end = span
    return f"{start:%H:%M} to {'24:00' if end == time.max else f'{end:%H:%M}'}"
