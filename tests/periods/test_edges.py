"""Days and months as instants, and the part of a month that a contract runs."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.local_time import instant_ms, local_date, midnight_ms
from sla_monitor.periods.edges import month_at, month_of, period_of, run_of, whole_months
from sla_monitor.periods.months import shifted, span
from tests.support.terms import terms_of

LONDON = ZoneInfo("Europe/London")
ZONES = [LONDON, ZoneInfo("UTC"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Beirut"), ZoneInfo("Pacific/Apia")]
"""In Beirut and once in Sao Paulo, the clock goes forward at midnight; Apia has had no 30 December 2011."""
EXTENDED_MS = midnight_ms(date(2026, 6, 1), LONDON)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def running(first: str, last: str, *, until: str | None = None) -> Contract:
    """From one day to another; `until`: the last day by a version of June 2026."""
    versions = [
        TermsVersion(from_ms, terms_of({"term": {"start": first, "end": end}, "time_zone": LONDON.key}))
        for from_ms, end in ((0, last), (EXTENDED_MS, until))
        if end is not None
    ]
    return Contract(tuple(versions))


@given(st.dates(date(1970, 1, 2), date(2035, 12, 30)), st.sampled_from(ZONES))
def test_a_day_begins_at_the_first_instant_of_its_date(day: date, zone: ZoneInfo) -> None:
    begins_ms = midnight_ms(day, zone)
    assert local_date(begins_ms - 1, zone) < day <= local_date(begins_ms, zone)
    assert midnight_ms(day + timedelta(days=1), zone) >= begins_ms


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-31T00:00:00+14:00"),
        (date(1919, 3, 31), "America/Toronto", "1919-03-31T00:30:00-04:00"),
    ],
)
def test_a_midnight_that_is_left_out_is_when_the_clock_goes_forward(day: date, zone: str, expected: str) -> None:
    assert midnight_ms(day, ZoneInfo(zone)) == ms(expected)


@given(st.integers(ms("1975-01-01T00:00Z"), ms("2035-01-01T00:00Z")), st.sampled_from(ZONES))
def test_months_tile_time_and_hold_their_instants(at_ms: int, zone: ZoneInfo) -> None:
    month = month_of(at_ms, zone)
    assert month.name == month_at(at_ms, zone)
    assert month.start_ms <= at_ms < month.end_ms
    assert whole_months(shifted(month.name, 1), zone).start_ms == month.end_ms


def test_several_months_are_as_long_as_each_of_them_together() -> None:
    each = [whole_months(month, LONDON) for month in span("2025-01", "2025-12")]
    year = whole_months("2025-01", LONDON, "2025-12")
    assert year.edges_ms == (each[0].start_ms, each[-1].end_ms)
    assert sum(one.end_ms - one.start_ms for one in each) == 365 * 86_400_000


def test_a_month_of_a_contract_is_the_part_that_it_runs() -> None:
    contract = running("2026-03-10", "2026-05-20")
    assert period_of(contract, "2026-03").edges_ms == (ms("2026-03-10T00:00Z"), ms("2026-03-31T23:00Z"))
    assert period_of(contract, "2026-03", "2026-05").edges_ms == contract.term_ms
    assert contract.term_ms == (ms("2026-03-10T00:00Z"), ms("2026-05-20T23:00Z"))
    for month in ("2026-02", "2026-06"):
        empty = period_of(contract, month)
        assert empty.start_ms == empty.end_ms


@pytest.mark.parametrize(("until", "last"), [("2026-07-31", "2026-07"), ("2027-03-31", "2027-03")])
def test_the_term_is_the_whole_one_whichever_version_is_in_force(until: str, last: str) -> None:
    contract = running("2026-03-10", "2026-12-31", until=until)
    assert (run_of(contract).first, run_of(contract).last) == ("2026-03", last)
    assert contract.term_ms[1] == midnight_ms(date.fromisoformat(until) + timedelta(days=1), LONDON)
    assert not contract.has_ended(contract.term_ms[1] - 1)
    assert contract.has_ended(contract.term_ms[1])


def test_an_hour_told_twice_is_the_first_of_both() -> None:
    assert instant_ms(date(2025, 10, 26), time(1, 30), LONDON) == ms("2025-10-26T00:30Z")
