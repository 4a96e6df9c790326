"""Recurrence rules give days, in bounded time; what is none, or gives several a day, is refused with a remedy."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.recurrence import parse_rule, recurring_days

FIRST, LAST = date(2025, 4, 1), date(2035, 3, 31)


def days(rule: str, first: date = FIRST, last: date = LAST) -> list[str]:
    return [day.isoformat() for day in recurring_days(rule, first, last)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", ["2025-04-30", "2025-05-31", "2025-06-30"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=2TU;UNTIL=20251231", ["2025-04-08", "2025-07-08", "2025-10-14"]),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=2", ["2025-04-07", "2025-04-14"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=TH;COUNT=2", ["2026-01-01", "2027-01-07"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2025-04-30", "2025-05-30"]),
        ("FREQ=DAILY;INTERVAL=999", ["2025-04-01", "2027-12-26", "2030-09-20", "2033-06-15"]),
    ],
)
def test_the_days_of_a_rule(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected


def test_a_rule_without_an_end_ends_with_the_term() -> None:
    assert len(days("FREQ=DAILY")) == 3652


@pytest.mark.parametrize("rule", ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"])
def test_a_rule_without_any_day_ends(rule: str) -> None:
    assert days(rule) == []


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 40),
    st.sampled_from(["", ";BYDAY=TU", ";BYMONTH=2,11", ";BYMONTHDAY=29", ";BYYEARDAY=-1,60"]),
    st.dates(date(1999, 12, 1), date(2104, 3, 1)),
)
def test_they_are_those_of_the_library_in_the_years_themselves(freq: str, interval: int, by: str, first: date) -> None:
    rule, last = f"FREQ={freq};INTERVAL={interval}{by}", first.replace(year=first.year + 9, day=1)
    found = rrulestr(rule, dtstart=datetime.combine(first, time.min))
    plain = found.between(datetime.combine(first, time.min), datetime.combine(last, time.min), inc=True)
    assert days(rule, first, last) == [at.date().isoformat() for at in plain]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=HOURLY", "more than one time a day"),
        ("FREQ=DAILY;BYHOUR=9,17", "more than one time a day"),
        ("FREQ=DAILY;INTERVAL=0", "'INTERVAL=0'"),
        ("INTERVAL=2", "has no FREQ"),
        ("FREQ=MONTHLY;FREQ=DAILY", "has FREQ twice"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY beyond 31"),
        ("FREQ=WEEKLY;BYDAY=2MO", "counts weekdays within days or weeks"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "both UNTIL and COUNT"),
        ("FREQ=DAILY;UNTIL=20260231", "UNTIL that is no day"),
        ("FREQ=DAILY;UNTIL=20260201T000000Z", "'UNTIL=20260201T000000Z'"),
        ("RRULE:FREQ=DAILY", "'RRULE:FREQ=DAILY'"),
        ("FREQ=DAILY\nEXDATE:20260101", "none of a recurrence rule"),
        ("FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 100), "at most 200 characters"),
        (5, "must be a recurrence rule"),
    ],
)
def test_what_is_no_rule_of_days_is_refused(rule: object, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_rule(rule)
    assert why in str(refused.value)
    assert str(refused.value).endswith(")")
