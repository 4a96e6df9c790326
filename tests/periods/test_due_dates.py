"""Due dates: Working Days, shifts, grace, versions, and days in the contract's zone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.due_dates import due_dates
from sla_monitor.register.instant import format_utc, parse_instant
from tests.support.terms import terms_of

OFFICE = {"hours": {"mon-fri": "09:00-17:00"}, "closed_on": ["2026-12-25", "2026-12-28"]}


def contract(*obligations: dict[str, Any], **more: Any) -> Contract:
    return Contract((TermsVersion(0, terms(*obligations, **more)),))


def terms(*obligations: dict[str, Any], **more: Any) -> Any:
    several = [{"id": "duty", "title": "A duty", **one} for one in obligations]
    head = {"term": {"start": "2026-01-01", "end": "2027-12-31"}, "time_zone": "Europe/London"}
    return terms_of({**head, "calendars": {"office": OFFICE}, "obligations": several, **more})


def due(found: Contract, until: str = "2027-12-31") -> list[str]:
    return [one.due_on.isoformat() for one in due_dates(found, date.fromisoformat(until))]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"due": "2026-12-26"}, "2026-12-26"),
        ({"due": "2026-12-26", "shift": "next"}, "2026-12-28"),
        ({"due": "2026-12-26", "shift": "next", "calendar": "office"}, "2026-12-29"),
        ({"due": "2026-12-26", "shift": "previous", "calendar": "office"}, "2026-12-24"),
        ({"due": "2026-12-24", "shift": "next", "calendar": "office"}, "2026-12-24"),
        ({"due": "2026-12-24", "working_days": 1, "calendar": "office"}, "2026-12-29"),
    ],
)
def test_a_day_is_moved_by_working_days(words: dict[str, Any], expected: str) -> None:
    assert due(contract(words)) == [expected]


def test_the_last_months_report_is_due_after_the_term() -> None:
    monthly = contract({"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "working_days": 5})
    assert due(monthly, "2028-12-31")[-1] == "2028-01-07"
    assert len(due(monthly, "2028-12-31")) == 24


def test_days_that_working_days_bring_together_are_one() -> None:
    daily = contract({"rrule": "FREQ=DAILY;COUNT=7", "starting": "2026-01-01", "shift": "next"})
    assert due(daily) == ["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06", "2026-01-07"]


def test_its_edges_are_midnights_of_the_zone() -> None:
    """The clocks go forward on 29 March 2026; a grace of one Working Day after a Friday is the Monday."""
    words = {"due": "2026-03-27", "remind_days": 7, "grace_working_days": 1}
    (one,) = due_dates(contract(words), date(2026, 12, 31))
    edges = [format_utc(at_ms) for at_ms in (one.remind_ms, one.due_ms, one.end_ms, one.late_ms)]
    assert edges == ["2026-03-20T00:00:00Z", "2026-03-27T00:00:00Z", "2026-03-28T00:00:00Z", "2026-03-30T23:00:00Z"]


def test_a_calendar_without_working_days_leaves_the_day_as_it_is() -> None:
    closed = {"office": {"hours": {}, "open_on": {"2026-01-01": "09:00-10:00"}}}
    (one,) = due_dates(contract({"due": "2026-12-26", "working_days": 3, "calendar": "office"}, calendars=closed),
                       date(2026, 12, 31))  # fmt: skip
    assert (one.due_on, one.is_counted, one.late_ms == one.end_ms) == (date(2026, 12, 26), False, True)


def test_each_day_is_due_under_the_terms_that_hold_on_it() -> None:
    before, after = (
        terms({"rrule": "FREQ=MONTHLY;BYMONTHDAY=15"}),
        terms({"rrule": "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=15"}),
    )
    versions = (TermsVersion(0, before), TermsVersion(parse_instant("2026-03-01T00:00:00Z"), after))
    assert due(Contract(versions)) == ["2026-01-15", "2026-02-15", "2027-01-15"]
    gone = (TermsVersion(0, before), TermsVersion(parse_instant("2026-03-01T00:00:00Z"), terms()))
    assert due(Contract(gone)) == ["2026-01-15", "2026-02-15"]
