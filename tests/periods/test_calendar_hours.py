"""Calendars with holidays and days that differ, against a walk over every half hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.calendars import DAYS, Calendar
from sla_monitor.periods.service_hours import agreed_hours

FIRST = date(2026, 3, 23)
HALF_HOUR = 1_800_000
FROZEN = Path(__file__).parents[2] / "config/calendars/GB-ENG.yaml"

days = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))
spans = st.tuples(st.integers(0, 47), st.integers(1, 48)).filter(lambda pair: pair[0] < pair[1])
"""Half hours of a day: from, and up to."""


def told(span: tuple[int, int]) -> str:
    return "-".join(f"{index // 2:02}:{index % 2 * 30:02}" for index in span)


@settings(max_examples=60, deadline=None)
@given(
    week=st.dictionaries(st.sampled_from(DAYS), spans, min_size=1),
    closed=st.frozensets(days, max_size=3),
    opened=st.dictionaries(days, spans, max_size=3),
    has_holidays=st.booleans(),
    zone=st.sampled_from(["Europe/London", "UTC", "America/New_York"]),
)
def test_hours_agree_with_a_walk_over_every_half_hour(
    week: dict[str, tuple[int, int]],
    closed: frozenset[date],
    opened: dict[date, tuple[int, int]],
    has_holidays: bool,
    zone: str,
) -> None:
    """Good Friday is 3 April and Easter Monday 6 April 2026; the clocks in London go forward on 29 March."""
    shut = closed - opened.keys()
    terms: dict[str, Any] = {"hours": {day: told(span) for day, span in week.items()}, "closed_on": sorted(shut)}
    terms["open_on"] = {str(day): told(span) for day, span in opened.items()}
    calendar = Calendar.model_validate(terms | ({"bank_holidays": str(FROZEN)} if has_holidays else {}))
    shut |= {date(2026, 4, 3), date(2026, 4, 6)} if has_holidays else set()

    def is_open(wall: datetime) -> bool:
        day, index = wall.date(), wall.hour * 2 + wall.minute // 30
        span = opened.get(day) or (None if day in shut else week.get(DAYS[day.weekday()]))
        return span is not None and span[0] <= index < span[1]

    start_ms = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()) * 1000
    end_ms = start_ms + 20 * 86_400_000
    expected = {
        at_ms
        for at_ms in range(start_ms, end_ms, HALF_HOUR)
        if is_open(datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)))
    }
    found = agreed_hours(calendar, ZoneInfo(zone), start_ms, end_ms)
    assert {at_ms for start, end in found for at_ms in range(start, end, HALF_HOUR)} == expected
