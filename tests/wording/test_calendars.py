"""Calendars in words: their hours, and the days on which these are others."""

from __future__ import annotations

from sla_monitor.contract.calendars import Calendar
from sla_monitor.wording.calendars import describe_calendar


def test_the_hours_of_a_week_are_told_and_that_some_days_differ() -> None:
    calendar = Calendar.model_validate(
        {
            "hours": {"mon-wed": ["08:00-12:00", "13:00-18:00"], "fri": "08:00-12:00", "sun": "00:00-24:00"},
            "closed_on": ["2026-12-28", "2026-12-29"],
            "open_on": {"2026-12-26": "10:00-12:00"},
        }
    )
    assert describe_calendar("change_window", calendar) == (
        "inside change window (Mon to Wed 08:00 to 12:00 and 13:00 to 18:00, Fri 08:00 to 12:00 and Sun 00:00 to 24:00;"
        " not on 2 dates; other hours on 1 date)"
    )


def test_a_calendar_that_is_none_permits_every_hour() -> None:
    assert describe_calendar("always", None) == "at any hour"
    assert describe_calendar("holes", Calendar.model_validate({"hours": {}})) == (
        "inside holes (no hours of a usual week)"
    )
