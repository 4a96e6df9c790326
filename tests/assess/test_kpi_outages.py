"""A KPI's list of outages is what its downtime is made of, by its own way of counting, in every view."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.assess import ContractAssessment, KpiAssessment, assess_month
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.document.whole import document
from sla_monitor.review.first_failures import outages_file
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput

from .records import HOUR, Record, endpoint, entries, one_version, service
from .test_laws import Scene, scenes
from .two_files import contract_of, down, endpoints, kpi, month_of, said

COUNTINGS: list[dict[str, Any]] = [
    {},
    {"minutes": "whole"},
    {"minutes": "begun"},
    {"shortest_outage": "10m"},
    {"shortest_outage": "20m", "minutes": "whole", "degraded": 50},
    {"quorum": {"percent": 51}},
    {"quorum": {"percent": 51, "min_active": 2}, "minutes": "begun"},
    {"unknown": "down", "excluded": "available"},
    {"excluded": "counted", "minutes": "whole"},
]


def adds_up(one: KpiAssessment) -> bool:
    """In each view: the outages, and what the terms count of degraded and of unseen time."""
    assert isinstance(one.terms, AvailabilityKpi)
    counting, told = one.terms.counting, {"agreed": "downtime_ms", "gross": "gross_ms", "claimed": "claimed_ms"}
    for view in VIEWS:
        figure = one.views[view]
        assert figure.seconds is not None
        assert figure.base_ms is not None
        assert figure.downtime_ms is not None
        listed = sum(getattr(outage, told[view]) for outage in one.outages)
        besides = figure.seconds.degraded_ms * Fraction(counting.degraded_percent) / 100
        besides += figure.seconds.unknown_ms if counting.unknown == "down" else 0
        expected = min(listed + besides, figure.base_ms)
        if abs(expected - figure.downtime_ms) > Fraction(1, 2):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(scenes(), st.integers(1, 100), st.booleans())
def test_every_kpis_list_adds_up_in_every_view(scene: Scene, users: int, is_weighted: bool) -> None:
    """Two days with what was seen and said, counted in every way that there is."""
    names = [f"e{n}" for n in range(len(scene.seen))]
    plain = scene.contract().versions[0].terms
    watched = service(
        "cad",
        *(endpoint(name, **({"weight": n + 1} if is_weighted else {})) for n, name in enumerate(names)),
        service_hours="own" if scene.hours else "always",
        available_when="weighted" if is_weighted else scene.needed,
    )
    contract = one_version(
        term={"start": str(plain.term.start_on), "end": str(plain.term.end_on)},
        time_zone=scene.zone,
        calendars={"own": {"hours": {"mon-sun": [f"{a}-{b}" for a, b in scene.hours]}}},
        accounting={"confirmation": scene.confirmation, "coverage_floor": 0},
        services=[watched],
        kpis=[
            {"id": f"KPI{n}", "service": "cad", "target": 99, "counting": counting}
            for n, counting in enumerate(COUNTINGS)
        ],
    )
    hit = {
        "kind": "impact",
        "service": "cad",
        "users": users,
        "of": 100,
        "start": scene.at(2000),
        "end": scene.at(6000),
    }
    record = Record(scene.spans(), said=entries(*scene.entries(), hit))
    found = assess_month(contract, record, f"{scene.day:%Y-%m}", scene.at(scene.now))
    assert [one.kpi for one in found.kpis if not adds_up(one)] == []


def listed(found: ContractAssessment, name: str = "KPI1") -> list[tuple[int, int, int]]:
    """Agreed, gross and claimed, in seconds."""
    told = kpi(found, name).outages
    return [(one.downtime_ms // 1000, one.gross_ms // 1000, one.claimed_ms // 1000) for one in told]


def by(tmp_path: Path, counting: dict[str, Any], *names: str, **kpi_terms: Any) -> Any:
    services = [{"id": "cad", "available_when": "any" if len(names) > 1 else "all", "endpoints": endpoints(*names)}]
    promise = {"id": "KPI1", "service": "cad", "target": 99.99, "counting": counting, **kpi_terms}
    return contract_of(tmp_path, services=services, kpis=[promise], relief={"causes": ["force_majeure"]})


HOUR_OF_JUNE = ("2026-06-10 09:00", "2026-06-10 10:00")


def test_a_quorum_has_its_own_outages(tmp_path: Path) -> None:
    """One place of three saw it down: no downtime, and no outage. Two of three did for the half of it."""
    names = ("london", "leeds", "cardiff")
    contract = by(tmp_path, {"quorum": {"percent": 51}}, *names)
    alone = [down(HOUR_OF_JUNE, of="london"), down(of="leeds"), down(of="cardiff")]
    assert listed(month_of(tmp_path, contract, "2026-06", *alone)) == []
    half = [down(HOUR_OF_JUNE, of="london"), down(("2026-06-10 09:15", "2026-06-10 09:45"), of="leeds"), alone[2]]
    found = month_of(tmp_path, contract, "2026-06", *half)
    assert listed(found) == [(1800, 1800, 1800)]
    assert kpi(found).outages[0].endpoints == ("london", "leeds")
    assert found.services[0].outages == (), "all three would have to be down"


@pytest.mark.parametrize(
    ("counting", "expected"),
    [
        ({}, [(150, 150, 150), (45, 45, 45)]),
        ({"shortest_outage": "1m"}, [(150, 150, 150), (0, 0, 0)]),
        ({"minutes": "whole"}, [(120, 120, 120), (0, 0, 0)]),
        ({"minutes": "begun"}, [(180, 180, 180), (60, 60, 60)]),
    ],
)
def test_short_outages_and_minutes_are_listed_as_they_count(
    tmp_path: Path, counting: dict[str, Any], expected: list[tuple[int, int, int]]
) -> None:
    seen = down(("2026-06-10 09:00:00", "2026-06-10 09:02:30"), ("2026-06-11 09:00:00", "2026-06-11 09:00:45"))
    found = month_of(tmp_path, by(tmp_path, counting, "login"), "2026-06", seen)
    assert listed(found) == expected
    assert kpi(found).downtime_ms == sum(one[0] for one in expected) * 1000
    assert [one.downtime_ms for one in found.services[0].outages] == [150_000, 45_000]


@pytest.mark.parametrize(("excluded", "expected"), [("counted", (3600, 3600, 3600)), ("removed", (2400, 3600, 1200))])
def test_excluded_time_is_out_of_the_list_only_where_it_is_out_of_the_figure(
    tmp_path: Path, excluded: str, expected: tuple[int, int, int]
) -> None:
    """Twenty minutes of an hour are granted, and twenty more claimed."""
    claim = {"kind": "claim", "cause": "force_majeure", "services": ["cad"]}
    told = said(
        claim | {"start": "2026-06-10 09:00", "end": "2026-06-10 09:20"},
        {"kind": "decision", "about": 1, "granted": True},
        claim | {"start": "2026-06-10 09:20", "end": "2026-06-10 09:40"},
    )
    contract = by(tmp_path, {"excluded": excluded}, "login")
    found = month_of(tmp_path, contract, "2026-06", down(HOUR_OF_JUNE), entries=told)
    assert listed(found) == [expected]
    assert kpi(found).outages[0].entries == (1, 3)


def test_a_quarters_list_has_the_outages_of_all_its_months(tmp_path: Path) -> None:
    """One of them over the end of a month: it is one. It stands in JSON, on the failed KPI's page and in its claim."""
    contract = by(tmp_path, {}, "login", measurement_months=3)
    seen = down(("2026-04-30 23:30", "2026-05-01 00:10"), HOUR_OF_JUNE)
    found = month_of(tmp_path, contract, "2026-06", seen)
    assert listed(found) == [(2400, 2400, 2400), (3600, 3600, 3600)]
    assert adds_up(kpi(found))
    assert len(found.services[0].outages) == 1
    told = document(found)["kpis"][0]
    assert [one["claimed_seconds"] for one in told["outages"]] == ["2400", "3600"]
    made = PackInput(found, contract.versions[-1].terms)
    rows = next(table for table in pack(made).tables if table.id == "failed-KPI1-outages").rows
    assert [row[3].text for row in rows] == ["40 min", "1 h", "1 h 40 min"]
    assert len(json.loads(outages_file(made, "KPI1"))["outages"]) == 2


def test_an_outage_that_goes_on_is_open(tmp_path: Path) -> None:
    contract, seen = by(tmp_path, {}, "login"), down(("2026-06-10 09:00", None))
    found = month_of(tmp_path, contract, "2026-06", seen, now="2026-06-10T10:00:00Z")
    (outage,) = kpi(found).outages
    assert outage.end_ms is None
    assert outage.downtime_ms == 2 * HOUR, "summer time"
