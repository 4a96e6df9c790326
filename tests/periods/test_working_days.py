"""Working Days, and amounts shared out to the penny."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.calendars import EVERY_DAY, WEEKDAYS, Calendar
from sla_monitor.periods.working_days import add_working_days, is_working_day, working_days_between
from tests.support.terms import terms_of

OFFICE = Calendar.model_validate(
    {
        "hours": {"mon-fri": "08:00-18:00"},
        "closed_on": ["2026-12-25", "2026-12-28"],
        "open_on": {"2027-01-02": "09:00-12:00"},
    }
)
days = st.integers(0, 800).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2026-12-24", 0, "2026-12-24"),
        ("2026-12-24", 1, "2026-12-29"),
        ("2026-12-24", 5, "2027-01-02"),
        ("2026-12-26", 1, "2026-12-29"),
        ("2026-12-29", -1, "2026-12-24"),
        ("2026-12-26", -1, "2026-12-24"),
    ],
)
def test_the_day_itself_and_days_without_hours_do_not_count(day: str, n: int, expected: str) -> None:
    assert add_working_days(date.fromisoformat(day), n, OFFICE) == date.fromisoformat(expected)


def test_without_a_calendar_of_its_own_a_contract_works_from_monday_to_friday() -> None:
    """Christmas Day 2026 is a Friday; nobody said that it is a holiday."""
    assert terms_of({}).working_calendar == WEEKDAYS
    assert add_working_days(date(2026, 12, 24), 2, WEEKDAYS) == date(2026, 12, 28)
    always = terms_of({"working_days": "always"}).working_calendar
    assert always == EVERY_DAY
    assert add_working_days(date(2026, 12, 24), 2, always) == date(2026, 12, 26)


@settings(max_examples=60, deadline=None)
@given(start=days, n=st.integers(-40, 40))
def test_counting_undoes_adding(start: date, n: int) -> None:
    end = add_working_days(start, n, OFFICE)
    assert working_days_between(start, end, OFFICE) == n
    assert n == 0 or is_working_day(end, OFFICE)


@settings(max_examples=60, deadline=None)
@given(start=days, middle=days, end=days)
def test_counts_add_up_over_a_day_between(start: date, middle: date, end: date) -> None:
    one, day, other = sorted((start, middle, end))
    whole = working_days_between(one, other, OFFICE)
    assert whole == working_days_between(one, day, OFFICE) + working_days_between(day, other, OFFICE)


def test_a_calendar_without_working_days_is_said_to_have_none() -> None:
    never = Calendar.model_validate({"hours": {}})
    with pytest.raises(ValueError, match="no Working Day within 3660 days"):
        add_working_days(date(2026, 1, 1), 1, never)
