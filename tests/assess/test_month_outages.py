"""What failed in a month: as the service and each KPI count it, with what was said about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.assess.claim_window import claim_window
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.assess.month_outages import MonthFailures, month_failures
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.instant import parse_instant
from tests.assess.two_files import contract_of, down, month_of, said

MINUTE = 60_000
OBSERVED = down(("2026-06-10 08:00", "2026-06-10 08:03"), ("2026-06-20 08:00", "2026-06-20 18:00"))
KPIS: dict[str, Any] = {
    "kpis": [
        {"id": "KPI1", "service": "cad", "target": 99},
        {"id": "KPI2", "service": "cad", "target": "99.99", "counting": {"shortest_outage": "5m"}},
        {"id": "KPI3", "indicator": "submitted", "target": 80, "source_of_truth": "supplier"},
    ]
}
AT: dict[str, Any] = {"start": "2026-06-20 08:00", "end": "2026-06-20 09:00"}


def failures(folder: Path, *entries: dict[str, Any], **terms: Any) -> MonthFailures:
    contract = contract_of(folder, **(KPIS | terms))
    found = month_of(folder, contract, "2026-06", OBSERVED, entries=said(*entries))
    return month_failures(contract, found, effective_entries(found.entries))


def test_each_outage_counts_in_each_kpi_by_its_own_way_and_is_listed_where_it_counts_nothing(tmp_path: Path) -> None:
    claim = {"kind": "claim", "cause": "third_party", "services": ["cad"], **AT}
    found = failures(tmp_path, claim, {"kind": "decision", "about": 1, "granted": True, "note": "Theirs."})
    long, short = found.outages
    assert [(kpi.kpi, one.downtime_ms // MINUTE) for kpi, one in short.kpis] == [("KPI1", 3)]
    assert {kpi.kpi: one.downtime_ms // MINUTE for kpi, one in long.kpis} == {"KPI1": 540, "KPI2": 540}
    assert (long.outage.gross_ms, long.outage.downtime_ms) == (600 * MINUTE, 540 * MINUTE)
    assert [(one.granted, one.why) for one in long.excluded] == [(True, "decision 2")]
    assert [entry.number for entry in long.entries] == [1]
    assert short.entries == ()
    assert found.without_cause == 2


def test_what_lacks_a_cause_comes_first_and_a_cause_of_the_kpi_is_one_for_a_miss_without_outages(
    tmp_path: Path,
) -> None:
    cause = {"kind": "failure_cause", "root_cause": "Cable cut", "owner": "Carrier"}
    figure = {"kind": "figure", "kpi": "KPI3", "month": "2026-06", "party": "supplier", "value": "70"}
    found = failures(tmp_path, cause | {"services": ["cad"]} | AT, figure)
    assert [one.lacks_cause for one in found.outages] == [True, False]
    assert [(one.kpi.kpi, one.cause) for one in found.missed] == [("KPI3", None)]
    assert found.without_cause == 2
    claim = {"kind": "claim", "cause": "third_party", "start": "2026-06-01", "end": "2026-07-01"}
    found = failures(tmp_path, figure, claim | {"kpis": ["KPI3"]}, claim | {"kpis": ["KPI1"]})
    assert [entry.number for one in found.missed for entry in one.entries] == [2]
    found = failures(tmp_path, figure, cause | {"kpis": ["KPI3"], "start": "2026-06-01", "end": "2026-07-01"})
    (missed,) = found.missed
    assert missed.cause is not None
    assert missed.cause[1].owner == "Carrier"


def test_what_touches_an_outage_is_about_its_service_and_time(tmp_path: Path) -> None:
    dispute = {"kind": "dispute", "party": "supplier", "note": "No.", **AT}
    found = failures(
        tmp_path,
        dispute,
        dispute | {"start": "2026-06-21", "end": "2026-06-22"},
        dispute | {"services": ["cad"]},
        {"kind": "claim", "cause": "third_party", "tickets": ["T1"], **AT},
        {"kind": "correction", "endpoints": ["login"], "outcome": "down", **AT},
        {"kind": "impact", "service": "cad", "users": 1, "of": 2, **AT},
        {"kind": "underpinning", "month": "2026-06", "kpis": ["KPI2"], "by": "Carrier"},
        {"kind": "underpinning", "month": "2026-05", "kpis": ["KPI2"], "by": "Carrier"},
        {"kind": "acknowledgement", "endpoint": "login", "note": "On it.", "at": "2026-06-20T09:30:00Z"},
    )
    long = next(one for one in found.outages if one.entries)
    assert [entry.number for entry in long.entries] == [1, 3, 5, 6, 7]
    assert [entry.number for entry in long.in_hand] == [9]


def test_an_outage_that_is_left_out_whole_wants_no_cause(tmp_path: Path) -> None:
    whole = {"kind": "claim", "cause": "third_party", "start": "2026-06-20 07:00", "end": "2026-06-20 19:00"}
    found = failures(tmp_path, whole, {"kind": "decision", "about": 1, "granted": True, "note": "Theirs."})
    last = found.outages[-1]
    assert (last.counts, last.lacks_cause, last.outage.gross_ms) == (False, False, 600 * MINUTE)
    assert found.without_cause == 1


def test_a_claim_has_a_last_day_and_a_notice_has_another(tmp_path: Path) -> None:
    def words(now: str, **relief: Any) -> tuple[str, bool]:
        days = KnownDays(contract_of(tmp_path, relief=relief))
        found = claim_window(days, parse_instant("2026-06-10T08:00:00Z"), parse_instant(f"{now}T08:00:00Z"))
        return found.words, found.is_closed

    assert words("2026-06-11") == ("", False)
    assert words("2026-07-31", deadline_months=1) == ("until 31 Jul 2026", False)
    assert words("2026-08-01", deadline_months=1) == ("too late since 1 Aug 2026", True)
    assert words("2026-06-12", notice_working_days=2) == ("notice by 12 Jun 2026", False)
    late = "later is for the authority to decide, unless the cause was known later"
    assert words("2026-06-15", notice_working_days=2) == (f"notice was due by 12 Jun 2026: {late}", False)
    told, is_closed = words("2026-06-15", notice_working_days=2, late="refused", deadline_months=1)
    assert told.startswith("until 31 Jul 2026; notice was due by 12 Jun 2026: later is refused")
    assert not is_closed


def test_no_notice_is_counted_from_the_beginning_of_a_period(tmp_path: Path) -> None:
    """A ticket that was late on the 16th was not to be notified by the 15th."""

    def words(now: str, **relief: Any) -> str:
        days = KnownDays(contract_of(tmp_path, relief=relief))
        first, now_ms = parse_instant("2026-06-01T00:00:00Z"), parse_instant(f"{now}T08:00:00Z")
        return claim_window(days, first, now_ms, is_period=True).words

    notice = "notice within 2 Working Days of when its cause was known"
    assert words("2026-06-15") == ""
    assert words("2026-06-15", notice_working_days=2) == notice
    assert words("2026-06-15", notice_working_days=2, deadline_months=1) == f"until 31 Jul 2026; {notice}"
    assert words("2026-08-01", notice_working_days=2, deadline_months=1) == "too late since 1 Aug 2026"
