"""Booked maintenance that runs or is to come: nobody is called only in time that the month's figures leave out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.assess import assess_contract, assess_month
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.assess.booked_maintenance import booked_by
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.intervals import Intervals, intersect, length, normal, subtract
from sla_monitor.register.effective import effective_entries

from .records import DOWN, HOUR, Record, endpoint, entries, ms, one_version, service, span, terms, with_outages

SUNDAY = ms("2026-10-04T00:00+01:00")
NIGHTS = {"night": {"hours": {"sun": "00:00-06:00", "wed": "00:00-04:00"}}}
WINDOW = {"calendars": NIGHTS, "maintenance": {"hours": "night"}}
CAD, CRM = service(), service("crm", endpoint("crm-login"))


def booking(start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"kind": "maintenance", "start": f"{start}+01:00", "end": f"{end}+01:00", **more}


def decision(about: int, **more: Any) -> dict[str, Any]:
    return {"kind": "decision", "about": about, "granted": True, "note": "Yes.", "actor": "bea", **more}


def booked(
    contract: Contract, *said: dict[str, Any], now_ms: int = SUNDAY, login: Any = ()
) -> tuple[BookedStretch, ...]:
    return assess_contract(contract, Record({"login": login}, said=entries(*said)), now_ms).booked


def told(stretches: Iterable[BookedStretch]) -> list[tuple[float, float, bool, str]]:
    """In hours from that Sunday's midnight."""
    hours = (((one.start_ms - SUNDAY) / HOUR, (one.end_ms - SUNDAY) / HOUR, one) for one in stretches)
    return [(start, end, one.is_silenced, one.why) for start, end, one in hours]


OUTSIDE = "outside the hours for it, or what was granted"


def test_a_booking_that_was_granted_outside_the_window_silences_nobody() -> None:
    said = booking("2026-10-04 06:59", "2026-10-04 07:30")
    found = told(booked(one_version(**WINDOW), said, decision(1)))
    assert found == [(pytest.approx(7 - 1 / 60), 7.5, False, OUTSIDE)]


def test_a_booking_over_several_windows_is_silent_in_each_of_them() -> None:
    said = booking("2026-10-04 05:00", "2026-10-07 02:00")
    found = told(booked(one_version(**WINDOW), said, decision(1)))
    assert found == [
        (5, 6, True, "decision 2"),
        (6, 72, False, OUTSIDE),
        (72, 74, True, "decision 2"),
    ]


def test_nothing_is_silent_before_it_is_granted_and_after_it_is_taken_back() -> None:
    said = booking("2026-10-04 01:00", "2026-10-04 03:00")
    granted = decision(1, at=SUNDAY + 2 * HOUR)
    contract = one_version(**WINDOW)
    assert told(booked(contract, said, granted)) == [(1, 3, False, "awaits a decision")]
    half = booked(contract, said, granted, now_ms=SUNDAY + 2 * HOUR)
    assert told(half)[-1] == (2, 3, True, "decision 2")
    undone = {"kind": "undo", "about": 2, "note": "No.", "actor": "bea"}
    assert told(booked(contract, said, decision(1), undone)) == [(1, 3, False, "awaits a decision")]
    refused = decision(1, granted=False)
    assert told(booked(contract, said, decision(1), refused)) == [(1, 3, False, "refused by decision 3")]
    assert booked(contract, said, {"kind": "undo", "about": 1, "note": "No."}) == ()


def test_where_nobody_has_to_grant_it_it_is_silent_from_its_entry_on() -> None:
    contract = one_version(calendars=NIGHTS, maintenance={"hours": "night", "approval": "none"})
    late = {**booking("2026-10-04 01:00", "2026-10-04 03:00"), "at": SUNDAY + 2 * HOUR}
    assert booked(contract, late) == ()
    assert told(booked(contract, late, now_ms=SUNDAY + 2 * HOUR))[-1] == (2, 3, True, "needs no decision")


@pytest.mark.parametrize(
    ("rules", "more", "why"),
    [
        ({"notice": "5d"}, {"notified": "2026-10-03T12:00Z"}, "booked less than 5d before"),
        ({}, {"emergency": True}, "emergency maintenance counts"),
        ({"allowance": "30m"}, {}, "beyond the allowance of 30m"),
    ],
)
def test_what_the_contract_does_not_permit_is_not_silent(rules: dict[str, Any], more: dict[str, Any], why: str) -> None:
    said = booking("2026-10-04 01:00", "2026-10-04 03:00", **more)
    last = told(booked(one_version(maintenance=rules), said, decision(1)))[-1]
    assert last[1:] == (3, False, why)


def test_only_the_services_that_are_booked_are_silent_and_all_of_them_by_name() -> None:
    contract = one_version(services=[CAD, CRM])
    several = booked(
        contract,
        booking("2026-10-04 01:00", "2026-10-04 02:00", services=["crm"]),
        booking("2026-10-04 03:00", "2026-10-04 04:00"),
        *(decision(about) for about in (1, 2)),
    )
    assert [one.services for one in several] == [("crm",), ("cad", "crm")]


def test_a_service_is_silent_while_the_contract_has_it() -> None:
    versions = ((0, terms(services=[CAD, CRM])), (SUNDAY + 2 * HOUR, terms()))
    contract = Contract(tuple(TermsVersion(from_ms, one) for from_ms, one in versions))
    found = booked(contract, booking("2026-10-04 01:00", "2026-10-04 03:00", services=["crm"]), decision(1))
    assert told(found) == [(1, 2, True, "decision 2"), (2, 3, False, "the contract does not have the service then")]


def test_the_end_of_a_month_cuts_nothing() -> None:
    said = booking("2026-10-31 22:00", "2026-11-01 03:00")
    (one,) = booked(one_version(), said, decision(1))
    assert (one.end_ms - one.start_ms) / HOUR == 5
    (later,) = booked(one_version(), said, decision(1), now_ms=one.end_ms - HOUR)
    assert later == one


def test_maintenance_of_which_only_downtime_is_left_out_is_silent_while_some_of_that_is_left() -> None:
    rules = {"allowance": "1h", "allowance_used_by": "downtime"}
    said = (booking("2026-10-04 01:00", "2026-10-04 05:00"), decision(1))
    why = "decision 2; only downtime, 1h at most"
    contract, at = one_version(maintenance=rules), SUNDAY + 2 * HOUR
    assert told(booked(contract, *said, now_ms=at)) == [(2, 3, True, why), (3, 5, False, why)]
    half = with_outages(SUNDAY, at, (at - HOUR // 2, at))
    found = told(booked(contract, *said, now_ms=at, login=half))
    assert found == [(1.5, 2.5, True, why), (2.5, 5, False, why)]
    used_up = with_outages(SUNDAY, at, (at - HOUR, at))
    assert told(booked(contract, *said, now_ms=at, login=used_up)) == [(2, 5, False, why)]


def test_where_every_figure_counts_maintenance_nobody_is_spared_and_else_those_figures_still_tell() -> None:
    counted = {"id": "KPI1", "service": "cad", "target": "99.0", "counting": {"maintenance": "counted"}}
    plain = {"id": "KPI2", "service": "cad", "target": "98.0"}
    said = (booking("2026-10-04 01:00", "2026-10-04 03:00"), decision(1))
    (all_of_them,) = booked(one_version(kpis=[counted]), *said)
    assert (all_of_them.is_silenced, all_of_them.why) == (False, "maintenance counts like any other time")
    (one_of_them,) = booked(one_version(kpis=[counted, plain]), *said)
    assert (one_of_them.is_silenced, one_of_them.loud_kpis) == (True, ("KPI1",))


def test_a_month_that_is_over_has_no_booking_to_come() -> None:
    said = entries(booking("2026-10-04 01:00", "2026-10-04 03:00"), decision(1))
    assert assess_month(one_version(), Record(said=said), "2026-09", SUNDAY).booked == ()


def test_one_booking_is_asked_about_through_all_its_months() -> None:
    said = effective_entries(entries(booking("2026-10-04 01:00", "2027-01-04 03:00"), decision(1)))
    (one,) = booked_by(RequestContext(one_version(), said), 1, SUNDAY)
    assert one.is_silenced
    assert one.end_ms == ms("2027-01-04T02:00:00+00:00")
    assert booked_by(RequestContext(one_version(), said), 1, one.end_ms) == ()
    assert booked_by(RequestContext(one_version(), said), 2, SUNDAY) == ()


FRIDAY = ms("2026-03-27T00:00+00:00")
"""The clocks go forward that Sunday, and the month ends on the Tuesday after it."""
APRIL = ms("2026-04-01T00:00+01:00")
END = APRIL + 40 * 24 * HOUR
spans = st.tuples(st.integers(0, 190), st.integers(1, 60))


def at(hour: float) -> str:
    return datetime.fromtimestamp((FRIDAY + hour * HOUR) / 1000, UTC).isoformat()


@st.composite
def registers(draw: st.DrawFn) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    for start, hours in draw(st.lists(spans, min_size=1, max_size=4)):
        one = {"kind": "maintenance", "start": at(start), "end": at(start + hours), "at": FRIDAY - 48 * HOUR}
        one |= {"services": draw(st.sampled_from([[], ["cad"], ["crm"]])), "emergency": draw(st.booleans())}
        said.append({**one, "notified": at(draw(st.integers(-200, 0)))})
    for about in draw(st.lists(st.integers(1, len(said)), max_size=5)):
        when = FRIDAY + draw(st.integers(-40, 150)) * HOUR
        said.append(decision(about, granted=draw(st.sampled_from([True, True, False])), at=when))
    undone = draw(st.lists(st.integers(1, len(said)), max_size=1))
    undo = {"kind": "undo", "note": "No.", "actor": "bea", "at": FRIDAY}
    return [*said, *({**undo, "about": about} for about in undone)]


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    some: dict[str, Any] = {"approval": draw(st.sampled_from(["decision", "decision", "none"]))}
    some |= draw(st.sampled_from([{}, {"notice": "48h"}, {"notice_working_days": 3}]))
    some |= draw(st.sampled_from([{}, {"hours": "night"}])) | {
        "emergency": draw(st.sampled_from(["counted", "excluded"]))
    }
    if draw(st.booleans()):
        some |= {"allowance": f"{draw(st.sampled_from([2, 10, 40]))}h"}
        some |= {"allowance_over": draw(st.sampled_from(["month", "booking"]))}
        by_downtime = {"allowance_used_by": "downtime"}
        excess = {"excess": draw(st.sampled_from(["counted", "excluded"]))}
        some |= draw(st.sampled_from([by_downtime, excess, {"allowance_per": "contract"}]))
    return some


def left_out(contract: Contract, record: Record, name: str) -> tuple[Intervals, int]:
    """What March and April leave out of a service that is down all the time: where at most, and how much."""
    months = [assess_month(contract, record, month, END) for month in ("2026-03", "2026-04")]
    found = [one for month in months for one in month.services if one.service == name]
    pieces = [(p.start_ms, p.end_ms) for one in found for p in one.excluded if p.granted and p.kind == "maintenance"]
    return normal(pieces), sum(one.excluded_ms for one in found)


@given(rules(), registers(), st.integers(0, 130), st.booleans(), st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_what_is_silent_is_left_out_of_the_figures(
    maintenance: dict[str, Any], said: list[dict[str, Any]], hour: int, is_replaced: bool, ago: int
) -> None:
    """The service goes down `ago` hours before now, and stays down."""
    both = [{"id": name.upper(), "service": name, "target": "99.0"} for name in ("cad", "crm")]
    night = {"night": {"hours": {"sun": "00:00-06:00", "mon-wed": "22:00-24:00"}}}
    first = terms(calendars=night, maintenance=maintenance, services=[CAD, CRM], kpis=both)
    then = terms(calendars=night, maintenance=maintenance, services=[CAD], kpis=both[:1])
    contract = Contract((TermsVersion(0, first), *([TermsVersion(APRIL, then)] if is_replaced else [])))
    now_ms = FRIDAY + hour * HOUR
    known = [entry for entry in entries(*said) if entry.at_ms <= now_ms]
    down_ms = now_ms - ago * HOUR
    up = with_outages(FRIDAY - 30 * 24 * HOUR, down_ms)
    so_far = {name: [*up, span(down_ms, now_ms, DOWN)] if ago else up for name in ("login", "crm-login")}
    for_ever = {name: [*up, span(down_ms, END, DOWN)] for name in so_far}
    stretches = assess_contract(contract, Record(so_far, said=entries(*said)), now_ms).booked
    for name in ("cad", "crm"):
        mine = [one for one in stretches if name in one.services and one.is_silenced]
        silent = intersect(normal((one.start_ms, one.end_ms) for one in mine), [(now_ms, END)])
        where, much_ms = left_out(contract, Record(for_ever, said=known), name)
        assert subtract(silent, where) == []
        assert length(silent) <= much_ms
    effective = effective_entries(known)
    for one in stretches:
        decided = effective.decision_on(one.booking)
        assert not one.is_silenced or decided is None or (decided[1].granted and one.start_ms >= decided[0].at_ms)
