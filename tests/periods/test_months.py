"""Months by name, contract years and measurement periods, against counting one month after another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.months import (
    Quarters,
    TermMonths,
    first_day,
    last_day,
    month_name,
    name_of,
    number_of,
    shifted,
    span,
)

numbers = st.integers(2000 * 12, 2100 * 12)


@given(st.integers(1, 3000 * 12), st.integers(-500, 500))
def test_months_are_counted_without_a_calendar(number: int, by: int) -> None:
    month = month_name(number)
    assert number_of(month) == number
    if number + by > 11:
        assert number_of(shifted(month, by)) == number + by


@given(st.dates(date(1970, 1, 1), date(2199, 12, 30)))
def test_the_next_day_is_in_the_same_month_or_the_first_of_the_next(day: date) -> None:
    month, following = name_of(day), day + timedelta(days=1)
    assert first_day(month) <= day <= last_day(month)
    if day == last_day(month):
        assert (name_of(following), following) == (shifted(month, 1), first_day(shifted(month, 1)))
    else:
        assert name_of(following) == month


def test_contract_years_and_quarters_count_from_the_first_month() -> None:
    run = TermMonths("2025-04", "2026-08")
    assert [run.year_of(month) for month in ("2025-04", "2026-03", "2026-04")] == [1, 1, 2]
    assert run.year_months("2026-05") == tuple(shifted("2026-04", n) for n in range(5))
    assert len(run.year_months("2025-05")) == len(TermMonths("2025-04").year_months("2031-01")) == 12
    assert [month for month in span("2025-04", "2026-08") if run.ends_period(month, 3)] == [
        "2025-06", "2025-09", "2025-12", "2026-03", "2026-06", "2026-08",
    ]  # fmt: skip
    assert last_day("2028-02").day == 29


@given(numbers, st.integers(0, 60), st.sampled_from([1, 2, 3, 6, 12]), st.sampled_from(get_args(Quarters)))
def test_measurement_periods_tile_the_term_and_end_where_they_are_said_to(
    first: int, more: int, months: int, quarters: Quarters
) -> None:
    run = TermMonths(month_name(first), month_name(first + more), quarters)
    whole = span(run.first, month_name(first + more))
    found: list[str] = []
    while len(found) < len(whole):
        period = run.period_months(whole[len(found)], months)
        assert all(run.period_months(month, months) == period for month in period)
        assert [run.ends_period(month, months) for month in period] == [False] * (len(period) - 1) + [True]
        found += period
    assert tuple(found) == whole


@pytest.mark.parametrize(("month", "expected"), [("2025-03", False), ("2025-04", True), ("2026-08", True)])
def test_the_term_has_its_first_and_its_last_month(month: str, expected: bool) -> None:
    assert (month in TermMonths("2025-04", "2026-08")) is expected


def test_a_term_may_be_open_at_its_end() -> None:
    assert "2199-12" in TermMonths("2025-04")
    assert "2026-09" not in TermMonths("2025-04", "2026-08")


def test_quarters_of_the_calendar_are_cut_at_the_edges_of_the_term() -> None:
    run = TermMonths("2026-02", "2026-11", "calendar")
    assert [month for month in span("2026-02", "2026-11") if run.ends_period(month, 3)] == [
        "2026-03",
        "2026-06",
        "2026-09",
        "2026-11",
    ]
    assert [run.period_months(month, 3) for month in ("2026-02", "2026-05", "2026-10")] == [
        ("2026-02", "2026-03"),
        ("2026-04", "2026-05", "2026-06"),
        ("2026-10", "2026-11"),
    ]
    assert run.period_months("2026-01", 3) == ("2026-01",), "before the term"
    assert run.period_months("2026-03", 12) == run.window("calendar_year", "2026-03") == span("2026-02", "2026-11")


def test_windows_are_months_of_the_term() -> None:
    run = TermMonths("2026-02", "2027-03")
    assert run.window("period", "2026-05") == ("2026-05",)
    assert run.window("quarter", "2026-05") == ("2026-05", "2026-06", "2026-07")
    assert run.window("contract_year", "2027-01") == span("2026-02", "2027-01")
    assert run.window("contract_year", "2027-02") == run.window("quarter", "2027-02") == ("2027-02", "2027-03")
    assert run.window("calendar_year", "2027-02") == ("2027-01", "2027-02", "2027-03")
