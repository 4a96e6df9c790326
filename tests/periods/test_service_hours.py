"""Months and service hours, clock changes and leap days included."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.calendars import DAYS, Calendar
from sla_monitor.periods.edges import month_of
from sla_monitor.periods.intervals import length
from sla_monitor.periods.service_hours import agreed_hours

LONDON = ZoneInfo("Europe/London")
MINUTE = 60_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("instant", "zone", "minutes"),
    [
        ("2025-03-15T12:00:00Z", "Europe/London", 44_580),
        ("2025-10-15T12:00:00Z", "Europe/London", 44_700),
        ("2025-03-15T12:00:00Z", "UTC", 44_640),
        ("2028-02-15T12:00:00Z", "Europe/London", 29 * 1440),
        ("2027-02-15T12:00:00Z", "Europe/London", 28 * 1440),
        ("2025-04-15T12:00:00Z", "Australia/Lord_Howe", 30 * 1440 + 30),
    ],
)
def test_a_month_has_the_minutes_that_the_zone_gives_it(instant: str, zone: str, minutes: int) -> None:
    period = month_of(ms(instant), ZoneInfo(zone))
    assert period.end_ms - period.start_ms == minutes * MINUTE


def test_the_month_is_the_one_on_the_wall_in_the_zone() -> None:
    """Half an hour before midnight UTC on 30 June it is July in London."""
    assert month_of(ms("2025-06-30T23:30:00Z"), LONDON).name == "2025-07"
    assert month_of(ms("2025-06-30T22:59:59Z"), LONDON).name == "2025-06"


def test_working_hours_move_with_the_clocks() -> None:
    calendar = Calendar.model_validate({"hours": {"mon-fri": "08:00-18:00"}})
    before = agreed_hours(calendar, LONDON, ms("2025-03-28T00:00:00Z"), ms("2025-03-29T00:00:00Z"))
    after = agreed_hours(calendar, LONDON, ms("2025-03-31T00:00:00+01:00"), ms("2025-04-01T00:00:00+01:00"))
    assert before == [(ms("2025-03-28T08:00:00Z"), ms("2025-03-28T18:00:00Z"))]
    assert after == [(ms("2025-03-31T07:00:00Z"), ms("2025-03-31T17:00:00Z"))]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("00:00-01:30", 60), ("01:00-02:00", 0), ("01:15-01:45", 0), ("01:30-03:00", 60), ("00:00-24:00", 23 * 60)],
)
def test_hours_that_spring_leaves_out_are_no_hours(hours: str, expected: int) -> None:
    """On 30 March 2025 the clocks in London go from 01:00 to 02:00."""
    calendar = Calendar.model_validate({"hours": {"sun": hours}})
    day = agreed_hours(calendar, LONDON, ms("2025-03-30T00:00:00Z"), ms("2025-03-31T00:00:00+01:00"))
    assert length(day) == expected * MINUTE


@pytest.mark.parametrize(
    ("hours", "expected"),
    [("00:30-01:40", 70), ("01:40-03:00", 140), ("00:30-03:00", 210), ("01:10-01:40", 30), ("00:00-24:00", 25 * 60)],
)
def test_hours_open_and_close_at_the_first_of_two_times(hours: str, expected: int) -> None:
    """On 26 October 2025 the clocks in London go from 02:00 to 01:00."""
    calendar = Calendar.model_validate({"hours": {"sun": hours}})
    day = agreed_hours(calendar, LONDON, ms("2025-10-26T00:00:00+01:00"), ms("2025-10-27T00:00:00Z"))
    assert length(day) == expected * MINUTE


def test_a_closed_day_has_no_service_hours() -> None:
    calendar = Calendar.model_validate({"hours": {"mon-fri": "08:00-18:00"}, "closed_on": ["2025-12-25", "2025-12-26"]})
    week = agreed_hours(calendar, LONDON, ms("2025-12-22T00:00:00Z"), ms("2025-12-29T00:00:00Z"))
    assert length(week) == 3 * 10 * 60 * MINUTE


spans_of_day = st.tuples(st.integers(0, 47), st.integers(1, 48)).filter(lambda pair: pair[0] < pair[1])


def half_hour(index: int) -> str:
    return f"{index // 2:02}:{index % 2 * 30:02}"


@settings(max_examples=60, deadline=None)
@given(
    week=st.dictionaries(st.sampled_from(DAYS), st.lists(spans_of_day, min_size=1, max_size=2)),
    zone=st.sampled_from(["Europe/London", "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
    first=st.sampled_from(["2025-03-28", "2025-10-24", "2028-02-27", "2026-03-06", "2026-10-30"]),
)
def test_service_hours_agree_with_a_walk_over_every_minute(
    week: dict[str, list[tuple[int, int]]], zone: str, first: str
) -> None:
    """The oracle asks the wall clock of every minute; only starts and ends that exist once are on the half hour."""
    calendar = Calendar.model_validate(
        {"hours": {day: [f"{half_hour(a)}-{half_hour(b)}" for a, b in spans] for day, spans in week.items()}}
    )
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    start_ms, end_ms = int(start.timestamp() * 1000), int((start + timedelta(days=4)).timestamp() * 1000)
    told = agreed_hours(calendar, ZoneInfo(zone), start_ms, end_ms)
    inside = {minute for a, b in told for minute in range(a, b, MINUTE)}
    expected = set()
    ambiguous = set()
    for minute in range(start_ms, end_ms, MINUTE):
        wall = datetime.fromtimestamp(minute / 1000, ZoneInfo(zone))
        index = wall.hour * 2 + wall.minute // 30
        if any(a <= index < b for a, b in week.get(DAYS[wall.weekday()], [])):
            expected.add(minute)
        if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
            ambiguous.add(minute)
    assert inside - ambiguous == expected - ambiguous


def test_midnight_may_be_written_as_24() -> None:
    calendar = Calendar.model_validate({"hours": {"sat": "00:00-24:00"}})
    assert calendar.hours["sat"] == ((time.min, time.max),)
    day = agreed_hours(calendar, LONDON, ms("2025-10-25T00:00:00+01:00"), ms("2025-10-27T00:00:00Z"))
    assert length(day) == 24 * 60 * MINUTE
