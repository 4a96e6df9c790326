"""Where other tools' numbers go wrong, each trap by its name; every figure here can be checked with a calculator."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess.assessment import View
from sla_monitor.sla.rounding import round_to

from .two_files import contract_of, down, endpoints, kpi, month_of, said, service

MINUTE, HOUR = 60_000, 3_600_000
JUNE_MINUTES = 30 * 24 * 60


def percent(value: Fraction | None, places: int = 4) -> Fraction | None:
    return None if value is None else round_to(value, places, "half_up")


def test_maintenance_computed_then_dropped(tmp_path: Path) -> None:
    """600 minutes of permitted maintenance and 400 of other downtime in 30 days: 99.0610, not 97.6852."""
    contract = contract_of(tmp_path, maintenance={"approval": "decision"})
    entries = said(
        {"kind": "maintenance", "start": "2026-06-10 00:00", "end": "2026-06-10 10:00"},
        {"kind": "decision", "about": 1, "granted": True},
    )
    outages = down(("2026-06-10 00:00", "2026-06-10 10:00"), ("2026-06-20 00:00", "2026-06-20 06:40"))
    one = kpi(month_of(tmp_path, contract, "2026-06", outages, entries=entries))
    assert percent(one.views["agreed"].value) == Fraction("99.0610")
    assert percent(one.views["gross"].value) == Fraction("97.6852")


def test_a_service_wholly_in_maintenance_has_no_figure(tmp_path: Path) -> None:
    """Not 90 per cent, and not 100: no time counts."""
    contract = contract_of(tmp_path, maintenance={"approval": "none"})
    entries = said({"kind": "maintenance", "start": "2026-06-01 00:00", "end": "2026-07-01 00:00"})
    one = kpi(month_of(tmp_path, contract, "2026-06", down(), entries=entries))
    assert one.views["agreed"].value is None
    assert one.views["gross"].value == 100


@pytest.mark.parametrize("day", ["2026-03-30", "2026-10-26"])
@pytest.mark.parametrize(("at", "lost_s"), [("17:00", 0), ("16:00", 3600), ("09:00", 3600), ("08:00", 0)])
def test_fixed_length_weeks(tmp_path: Path, day: str, at: str, lost_s: int) -> None:
    """Office hours in Riga stay 09:00 to 17:00 after the clocks change on 29 March and on 25 October 2026."""
    contract = contract_of(
        tmp_path,
        time_zone="Europe/Riga",
        calendars={"office": {"hours": {"mon-fri": "09:00-17:00"}}},
        services=[{"id": "cad", "service_hours": "office", "endpoints": endpoints("login")}],
    )
    end = f"{int(at[:2]) + 1:02d}:00"
    found = service(month_of(tmp_path, contract, day[:7], down((f"{day} {at}", f"{day} {end}"))))
    assert found.downtime_ms == lost_s * 1000
    assert found.agreed_ms == 22 * 8 * HOUR


def test_short_outages_at_the_edge_of_the_window(tmp_path: Path) -> None:
    """Ninety seconds over midnight of the month's end are one outage of ninety seconds in both months."""
    counting = {"shortest_outage": "1m"}
    contract = contract_of(tmp_path, kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}])
    outages = down(("2026-06-30 23:59:15", "2026-07-01 00:00:45"), ("2026-06-20 10:00:00", "2026-06-20 10:00:59"))
    june = kpi(month_of(tmp_path, contract, "2026-06", outages))
    july = kpi(month_of(tmp_path, contract, "2026-07", outages))
    assert june.views["agreed"].downtime_ms == 45_000
    assert july.views["agreed"].downtime_ms == 45_000


@pytest.mark.parametrize("first", ["2026-06-30 23:59:00", "2026-06-30 23:58:00"])
def test_ignored_outages_do_not_depend_on_where_the_window_opens(tmp_path: Path, first: str) -> None:
    """A minute up, a minute down all day: with outages under 61 seconds ignored that is all up, whichever is first."""
    counting = {"shortest_outage": "1m1s"}
    contract = contract_of(tmp_path, kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}])
    begin = datetime.fromisoformat(first)
    times = [(begin + timedelta(minutes=2 * n), begin + timedelta(minutes=2 * n + 1)) for n in range(721)]
    outages = down(*((f"{start:%Y-%m-%d %H:%M:%S}", f"{end:%Y-%m-%d %H:%M:%S}") for start, end in times))
    assert kpi(month_of(tmp_path, contract, "2026-07", outages)).views["agreed"].value == 100


def test_rounding_before_comparing(tmp_path: Path) -> None:
    """998,999 of 1,000,000 in target is 99.8999: under 99.9, however many digits the display has."""
    contract = contract_of(tmp_path, kpis=[{"id": "KPI1", "indicator": "ratio_in_target", "target": 99.9}])
    figure = {"kind": "figure", "kpi": "KPI1", "month": "2026-06", "party": "authority"}
    counts = {"in_target": 998_999, "total": 1_000_000}
    one = kpi(month_of(tmp_path, contract, "2026-06", down(), entries=said(figure | counts)))
    assert one.result is not None
    assert one.result.value == Fraction("99.8999")
    assert one.result.is_met is False


def test_floats(tmp_path: Path) -> None:
    """99.9 per cent of 30 days allows 2,592 seconds, to the millisecond; exactly so many still keep the promise."""
    contract = contract_of(tmp_path, kpis=[{"id": "KPI1", "service": "cad", "target": 99.9}])
    one = kpi(month_of(tmp_path, contract, "2026-06", down(("2026-06-10 00:00:00", "2026-06-10 00:43:12"))))
    assert one.allowance_ms == 2_592_000
    assert one.allowance_left_ms == 0
    assert one.views["agreed"].is_met is True


def test_uptime_weighted_by_the_number_of_samples(tmp_path: Path) -> None:
    """A thousand observations in a minute of downtime have no more weight than one."""
    span = {"outcome": "down", "start": "2026-06-10 00:00", "end": "2026-06-10 00:01", "looks": 1000}
    ups = [
        {"outcome": "up", "start": "2026-06-01 00:00", "end": "2026-06-10 00:00", "looks": 10},
        {"outcome": "up", "start": "2026-06-10 00:01", "end": "2026-07-01 00:00", "looks": 10},
    ]
    seen = {"kind": "spans", "endpoint": "login", "spans": [ups[0], span, ups[1]]}
    one = kpi(month_of(tmp_path, contract_of(tmp_path), "2026-06", seen))
    assert one.views["agreed"].value == Fraction(100 * (JUNE_MINUTES - 1), JUNE_MINUTES)


@pytest.mark.parametrize("wanted", ["all", "any", 1, "weighted", "quorum"])
def test_no_data_is_neither_all_up_nor_all_down(tmp_path: Path, wanted: str | int) -> None:
    bands = [{"name": "met", "at_least": 99}, {"name": "missed", "below": 99, "points": 3}]
    promise: dict[str, Any] = {"id": "KPI1", "service": "cad", "target": 99, "bands": bands}
    promise |= {"rounding": {"mode": "none"}, "counting": {"quorum": {"percent": 51}} if wanted == "quorum" else {}}
    made_of = {"available_when": "all" if wanted == "quorum" else wanted, "endpoints": endpoints("login", "search")}
    accounting = {"confirmation": 1, "coverage_floor": 90}
    contract = contract_of(tmp_path, kpis=[promise], accounting=accounting, services=[{"id": "cad", **made_of}])
    found = month_of(tmp_path, contract, "2026-06")
    one = kpi(found)
    assert one.views["agreed"].value is None
    assert one.result is not None
    assert (one.result.band, one.result.is_met, one.result.points) == (None, None, 0)
    assert service(found).coverage_ratio == 0
    assert one.is_assessable is False


def test_clocks_change_inside_a_month(tmp_path: Path) -> None:
    """March 2026 in London has 743 hours, October 745."""
    contract = contract_of(tmp_path)
    hours = {month: service(month_of(tmp_path, contract, month, down())).agreed_ms for month in ("2026-03", "2026-10")}
    assert hours == {"2026-03": 743 * HOUR, "2026-10": 745 * HOUR}


def test_a_running_month_over_the_whole_month(tmp_path: Path) -> None:
    """Down since the first of the month, seen on the fifteenth: nothing, not 54.8 per cent."""
    contract = contract_of(tmp_path)
    found = month_of(tmp_path, contract, "2027-01", down(("2027-01-01 00:00", None)), now="2027-01-15T00:00:00Z")
    assert found.status == "running"
    assert kpi(found).views["agreed"].value == 0
    assert service(found).agreed_ms == 14 * 24 * HOUR


def test_edges_are_half_open(tmp_path: Path) -> None:
    """What ends with June is no part of July, and no second is lost or counted twice at midnight."""
    contract = contract_of(tmp_path)
    outages = down(("2026-06-30 22:00", "2026-07-01 00:00"), ("2026-07-31 23:59:59", "2026-08-01 00:00:01"))
    lost = [service(month_of(tmp_path, contract, f"2026-0{n}", outages)).downtime_ms for n in (6, 7, 8)]
    assert lost == [2 * HOUR, 1000, 1000]


def test_an_open_outage_does_not_go_on_for_ever(tmp_path: Path) -> None:
    """No probe after 03:00: two hours of outage, and the rest of the month is unknown."""
    spans = [
        {"outcome": "up", "start": "2026-06-01 00:00", "end": "2026-06-10 01:00"},
        {"outcome": "down", "start": "2026-06-10 01:00", "end": "2026-06-10 03:00"},
    ]
    found = month_of(tmp_path, contract_of(tmp_path), "2026-06", {"kind": "spans", "endpoint": "login", "spans": spans})
    one = service(found)
    assert one.downtime_ms == 2 * HOUR
    assert one.unknown_ms == (JUNE_MINUTES * MINUTE) - (9 * 24 + 3) * HOUR


def test_overlaps_are_counted_once(tmp_path: Path) -> None:
    """Two endpoints down together, two bookings for the same night: union, not sum."""
    services = [{"id": "cad", "endpoints": endpoints("login", "search")}]
    contract = contract_of(tmp_path, services=services, maintenance={"approval": "none"})
    entries = said(
        {"kind": "maintenance", "start": "2026-06-20 00:00", "end": "2026-06-20 02:00"},
        {"kind": "maintenance", "start": "2026-06-20 01:00", "end": "2026-06-20 03:00"},
    )
    found = month_of(
        tmp_path,
        contract,
        "2026-06",
        down(("2026-06-10 00:00", "2026-06-10 02:00"), ("2026-06-20 00:00", "2026-06-20 04:00")),
        down(("2026-06-10 01:00", "2026-06-10 03:00"), of="search"),
        entries=entries,
    )
    one = service(found)
    assert one.gross_downtime_ms == 7 * HOUR
    assert one.downtime_ms == 4 * HOUR
    assert one.excluded_ms == 3 * HOUR


def test_averages_of_rows(tmp_path: Path) -> None:
    """A quarter is its seconds divided once, not the mean of three months of 31, 28 and 31 days."""
    kpis = [{"id": "KPI1", "service": "cad", "target": 99, "measurement_months": 3}]
    outages = down(("2026-02-10 00:00", "2026-02-12 00:00"))
    one = kpi(month_of(tmp_path, contract_of(tmp_path, kpis=kpis), "2026-03", outages))
    hours = 90 * 24 - 1
    assert one.result is not None
    assert one.result.value == Fraction(100 * (hours - 48), hours)


def test_outage_list_and_total_are_of_the_same_intervals(tmp_path: Path) -> None:
    """In office hours, with an outage over the weekend, one in the lunch hour and one across two mornings."""
    contract = contract_of(
        tmp_path,
        calendars={"office": {"hours": {"mon-fri": ["08:00-12:00", "13:00-18:00"]}}},
        services=[{"id": "cad", "service_hours": "office", "endpoints": endpoints("login")}],
    )
    outages = down(
        ("2026-06-05 17:30", "2026-06-08 08:30"),
        ("2026-06-09 12:10", "2026-06-09 12:50"),
        ("2026-06-10 17:59:50", "2026-06-11 08:00:10"),
    )
    one = service(month_of(tmp_path, contract, "2026-06", outages))
    assert [outage.downtime_ms for outage in one.outages] == [HOUR, 20_000]
    assert sum(outage.downtime_ms for outage in one.outages) == one.downtime_ms


def test_a_corrected_calendar_corrects_the_past(tmp_path: Path) -> None:
    office: dict[str, Any] = {"hours": {"mon-fri": "08:00-18:00"}}
    services = [{"id": "cad", "service_hours": "office", "endpoints": endpoints("login")}]
    outages = down(("2026-06-15 08:00", "2026-06-15 18:00"))
    before = contract_of(tmp_path, calendars={"office": office}, services=services)
    assert service(month_of(tmp_path, before, "2026-06", outages)).downtime_ms == 10 * HOUR
    after = contract_of(tmp_path, calendars={"office": office | {"closed_on": ["2026-06-15"]}}, services=services)
    assert service(month_of(tmp_path, after, "2026-06", outages)).downtime_ms == 0


def test_samples_that_come_late_or_twice(tmp_path: Path) -> None:
    begin = datetime(2026, 6, 10, tzinfo=UTC)
    outcome = {n: "down" if 30 <= n < 50 else "up" for n in range(200)}
    samples = [{"at": f"{begin + timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ}", "outcome": o} for n, o in outcome.items()]
    shuffled = [*samples, *samples[20:60]]
    random.Random(7).shuffle(shuffled)
    contract = contract_of(tmp_path)

    def told(several: list[dict[str, str]]) -> Any:
        observed = {"kind": "observations", "endpoint": "login", "every": "1m", "looks": several}
        return month_of(tmp_path, contract, "2026-06", observed).services

    assert told(shuffled) == told(samples)
    assert told(samples)[0].downtime_ms == 20 * MINUTE


def test_gaps_do_not_fall_out_silently(tmp_path: Path) -> None:
    """Ten days that nobody saw: left out of both sides, and coverage says so."""
    outages = down(("2026-06-02 00:00", "2026-06-03 00:00"), unseen=(("2026-06-11 00:00", "2026-06-21 00:00"),))
    found = month_of(tmp_path, contract_of(tmp_path), "2026-06", outages)
    assert kpi(found).views["agreed"].value == Fraction(100 * 19, 20)
    assert service(found).coverage_ratio == Fraction(2, 3)


def test_a_failed_sample_is_not_a_whole_minute(tmp_path: Path) -> None:
    """Ten seconds are ten seconds where the contract counts exactly, a minute where every minute begun counts."""
    lost: dict[str, Fraction | None] = {}
    for minutes in ("exact", "whole", "begun"):
        kpis = [{"id": "KPI1", "service": "cad", "target": 99, "counting": {"minutes": minutes}}]
        outages = down(("2026-06-10 00:00:00", "2026-06-10 00:00:10"))
        lost[minutes] = (
            kpi(month_of(tmp_path, contract_of(tmp_path, kpis=kpis), "2026-06", outages)).views["agreed"].downtime_ms
        )
    assert lost == {"exact": 10_000, "whole": 0, "begun": 60_000}


def test_maintenance_that_was_cancelled_stays_on_the_record(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, maintenance={"approval": "none"})
    entries = said(
        {"kind": "maintenance", "start": "2026-06-10 00:00", "end": "2026-06-10 02:00"},
        {"kind": "undo", "about": 1, "note": "cancelled by the supplier"},
    )
    found = month_of(tmp_path, contract, "2026-06", down(("2026-06-10 00:00", "2026-06-10 02:00")), entries=entries)
    assert service(found).downtime_ms == 2 * HOUR
    assert [entry.number for entry in found.entries] == [1, 2]


HISTORY = {
    # 30 days = 720 h: up 600 h, down 20 h, down in maintenance 40 h, up in maintenance 20 h, unknown 40 h
    ("removed", "excluded"): Fraction(100 * 600, 620),
    ("removed", "up"): Fraction(100 * 640, 660),
    ("removed", "down"): Fraction(100 * 600, 660),
    ("available", "excluded"): Fraction(100 * 660, 680),
    ("available", "up"): Fraction(100 * 700, 720),
    ("available", "down"): Fraction(100 * 660, 720),
    ("counted", "excluded"): Fraction(100 * 620, 680),
    ("counted", "up"): Fraction(100 * 660, 720),
    ("counted", "down"): Fraction(100 * 620, 720),
}


@pytest.mark.parametrize("way", HISTORY)
def test_one_history_has_as_many_figures_as_ways_of_counting(tmp_path: Path, way: tuple[str, str]) -> None:
    """So the way is a term of the contract, and stands in words on every report."""
    counting = dict(zip(("excluded", "unknown"), way, strict=True))
    kpis = [{"id": "KPI1", "service": "cad", "target": 99, "counting": counting}]
    contract = contract_of(tmp_path, kpis=kpis, maintenance={"approval": "none"})
    entries = said({"kind": "maintenance", "start": "2026-06-10 00:00", "end": "2026-06-12 12:00"})
    outages = down(
        ("2026-06-10 00:00", "2026-06-11 16:00"),
        ("2026-06-20 00:00", "2026-06-20 20:00"),
        unseen=(("2026-06-25 00:00", "2026-06-26 16:00"),),
    )
    found = month_of(tmp_path, contract, "2026-06", outages, entries=entries)
    assert kpi(found).views["agreed"].value == HISTORY[way]
    assert found.accounting


VIEW_ORDER: tuple[View, ...] = ("gross", "agreed", "claimed")


def test_three_views_stand_side_by_side(tmp_path: Path) -> None:
    """Four hours down: one claim granted (1 h), one refused (2 h), one pending (1 h)."""
    contract = contract_of(tmp_path)
    claim = {"kind": "claim", "cause": "authority_cause"}
    entries = said(
        claim | {"start": "2026-06-10 00:00", "end": "2026-06-10 01:00"},
        claim | {"start": "2026-06-10 01:00", "end": "2026-06-10 03:00"},
        claim | {"start": "2026-06-10 03:00", "end": "2026-06-10 04:00"},
        {"kind": "decision", "about": 1, "granted": True},
        {"kind": "decision", "about": 2, "granted": False},
    )
    found = month_of(tmp_path, contract, "2026-06", down(("2026-06-10 00:00", "2026-06-10 04:00")), entries=entries)
    views = kpi(found).views
    lost = [views[view].downtime_ms for view in VIEW_ORDER]
    assert lost == [4 * HOUR, 3 * HOUR, 0]
    assert [entry.number for entry in found.pending] == [3]
