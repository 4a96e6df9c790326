"""A made-up partnership in October 2026: its terms, its months by the real engine, and what was said of them.

The pack reads an assessment and nothing else, so these are put together by hand, figure by figure.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import (
    ContractAssessment,
    Excluded,
    Figure,
    KpiAssessment,
    Lanes,
    Outage,
    ServiceAssessment,
    View,
)
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.terms import Terms
from sla_monitor.document import Inputs
from sla_monitor.periods.edges import Period, month_of
from sla_monitor.periods.intervals import length, subtract
from sla_monitor.periods.months import TermMonths
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.review.pack_input import FirstFailures, PackInput
from sla_monitor.sla.banding import band_of, is_met
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult

ZONE = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OCTOBER = month_of(1_792_000_000_000, ZONE)
MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
BANDS = [
    {"name": "met", "at_least": "99.5"},
    {"name": "minor", "at_least": "99.0", "below": "99.5", "points": 1},
    {"name": "serious", "at_least": "98.0", "below": "99.0", "points": 2, "material": True},
    {"name": "severe", "at_least": "97.0", "below": "98.0", "points": 3, "material": True},
    {"name": "below_threshold", "below": "97.0", "points": 4, "material": True},
]
NAMES = ("Command and control", "Custody", "Mobile data", "Network")


def availability(number: int, service: str) -> dict[str, Any]:
    return {
        "id": f"KPI{number}",
        "title": f"{service} is available",
        "clause": f"Schedule 3, Annex 1, row {number}",
        "service": service.lower().replace(" ", "-"),
        "target": "99.5",
        "threshold": "97.0",
        "rounding": {"mode": "half_up", "places": 2},
        "bands": BANDS,
        "repeat": {"factor": 2, "on_missing": "breaks"},
    }


def parts() -> dict[str, Any]:
    """What the contract file says, as plain values."""
    tickets = {
        "id": "KPI5", "title": "Incidents are resolved in time", "clause": "Schedule 3, Annex 1, row 5",
        "indicator": "ratio_in_target", "target": 95, "within": "4h", "priorities": ["P1", "P2"],
        "clock": {"stops": ["waiting_for_authority"]}, "rounding": {"mode": "none"},
        "bands": [{"name": "met", "at_least": 95}, {"name": "minor", "below": 95, "points": 1}],
    }  # fmt: skip
    answer = {
        "id": "KPI6", "title": "Command and control answers quickly", "indicator": "response_time",
        "statistic": "percentile", "percentile": 95, "service": "command-and-control", "target": 800,
    }  # fmt: skip
    survey = {"id": "PI1", "title": "Users are satisfied", "kind": "PI", "indicator": "score", "target": 7}
    return {
        "id": "partnership",
        "title": "Strategic IT Partnership",
        "note": "Illustrative terms, not those of any real agreement.",
        "authority": "Staffordshire Police",
        "supplier": "Boeing",
        "term": {"start": "2026-04-01", "end": "2036-03-31"},
        "time_zone": "Europe/London",
        "currency": "GBP",
        "services": [{"id": name.lower().replace(" ", "-"), "name": name, "criticality": "critical"} for name in NAMES],
        "kpis": [*(availability(i, name) for i, name in enumerate(NAMES, 1)), tickets, answer, survey],
        "charges": {"monthly": [{"amount": 850000}], "estimated_year_1": 10200000},
        "credits": [{"id": "service-credits", "clause": "Schedule 7.1 C", "method": "points", "per_point_percent": 1}],
        "caps": [
            {"id": "monthly", "clause": "Schedule 7.1 C.4", "percent": 10, "base": "period", "over": "period"},
            {
                "id": "annual", "percent": 5, "base": "contract_year", "first_year_base": "estimated_year_1",
                "over": "contract_year",
            },
        ],
        "triggers": [
            {
                "id": "rectification", "clause": "27.1",
                "conditions": [{"measure": "failures", "material": True, "at_least": 1}],
                "effects": ["rectification_plan"], "draft_working_days": 10,
            },
            {
                "id": "critical-performance-failure", "clause": "Schedule 14, 3.1",
                "conditions": [{"measure": "points", "months": 3, "at_least": 15}], "effects": ["termination_right"],
            },
        ],
    }  # fmt: skip


FIGURES: dict[str, tuple[str | None, ...]] = {
    "KPI1": ("100", "99.996", "99.98", "99.7", "99.61", "98.7", "97.4"),
    "KPI2": ("99.9", "99.95", "99.2", "99.87", "99.9", "99.93", "96.2"),
    "KPI3": ("99.93", None, "99.91", "99.95", "99.9", "99.2", "99.1"),
    "KPI4": ("99.99", "99.99", "100", "99.97", "99.99", "99.99", "99.9963"),
    "KPI5": ("97", "96", "98.5", "96.2", "95", "94", "93.75"),
    "KPI6": ("512.4", "498", "530.25", "610", "702", "790.5", "1204.125"),
    "PI1": ("7.2", "7.4", "7.1", "7.6", "7.3", "7.5", "7.8"),
}


def results(terms: Terms, figures: dict[str, tuple[str | None, ...]] = FIGURES) -> tuple[PeriodResult, ...]:
    """The months by the real engine."""
    inputs = [
        MonthInput(
            month,
            {name: Measured(None if row[i] is None else Fraction(str(row[i]))) for name, row in figures.items()},
            {"": Decimal(850000)},
        )
        for i, month in enumerate(MONTHS)
    ]
    return fold(Setting(TermMonths("2026-04", "2036-03"), "GBP"), lambda month: terms, inputs)


def lanes(down: list[tuple[int, int]], unknown: list[tuple[int, int]], excluded: list[tuple[int, int]]) -> Lanes:
    hours = [(OCTOBER.start_ms, OCTOBER.end_ms)]
    degraded = [(OCTOBER.start_ms + 3 * DAY, OCTOBER.start_ms + 3 * DAY + 5 * HOUR)]
    up = subtract(subtract(subtract(hours, down), unknown), degraded)
    return Lanes(hours, up, subtract(degraded, down), down, unknown, excluded)


def outage(start_ms: int, end_ms: int, reason: Reason, held: list[tuple[int, int]], *entries: int) -> Outage:
    whole = [(start_ms, end_ms)]
    return Outage(
        start_ms, end_ms, length(subtract(whole, held)), reason, ("front", "back"), end_ms - start_ms, entries
    )


def service(index: int, outages: tuple[Outage, ...], excluded: tuple[Excluded, ...] = ()) -> ServiceAssessment:
    down = [(one.start_ms, one.end_ms or OCTOBER.end_ms) for one in outages]
    held = [(one.start_ms, one.end_ms) for one in excluded if one.granted]
    unknown = [(OCTOBER.start_ms + 20 * DAY, OCTOBER.start_ms + 20 * DAY + 90 * MINUTE)]
    drawn = lanes(down, unknown, held)
    return ServiceAssessment(
        service=NAMES[index].lower().replace(" ", "-"),
        name=NAMES[index],
        criticality="critical",
        participants=(),
        state=Outcome.UP,
        agreed_ms=length(drawn.hours),
        period_agreed_ms=length(drawn.hours),
        downtime_ms=length(subtract(down, held)),
        unknown_ms=length(unknown),
        outages=outages,
        degraded_ms=length(drawn.degraded),
        excluded_ms=length(held),
        gross_downtime_ms=length(down),
        excluded=excluded,
        lanes=drawn,
    )


def services() -> tuple[ServiceAssessment, ...]:
    start = OCTOBER.start_ms
    held = Excluded(start + 7 * DAY, start + 7 * DAY + 2 * HOUR, 3, "claim", True, False, "granted by entry 4")
    open_claim = Excluded(start + 11 * DAY, start + 11 * DAY + 4 * HOUR, 5, "claim", False, True, "no decision yet")
    granted = [(held.start_ms, held.end_ms)]
    cad = (
        outage(start + 7 * DAY + 15 * MINUTE, start + 7 * DAY + 9 * HOUR, Reason.STATUS_UNEXPECTED, granted, 3, 4),
        outage(start + 11 * DAY, start + 11 * DAY + 10 * HOUR, Reason.TIMEOUT, [], 5),
        outage(start + 25 * DAY, start + 25 * DAY + 4 * MINUTE, Reason.TLS_FAILED, []),
    )
    custody = (outage(start + 15 * DAY, start + 16 * DAY + 4 * HOUR, Reason.CONNECTION_REFUSED, []),)
    mobile = (outage(start + 29 * DAY, start + 29 * DAY + 6 * HOUR, Reason.DNS_FAILED, []),)
    return service(0, cad, (held, open_claim)), service(1, custody), service(2, mobile), service(3, ())


def first_failures() -> FirstFailures:
    """What the front said when it was first seen down; of the back nothing is on record."""
    found = {}
    for one in services():
        for number, seen in enumerate(one.outages):
            said = Finding(
                Outcome.DOWN, seen.reason, "status 503 where 200 was asked", status=503, body_bytes=4_096,
                evidence=f"<h1>Outage {number + 1} of {one.name}</h1>\nNobody is here.".encode(),
            )  # fmt: skip
            found["front", seen.start_ms] = Observation("partnership/front", seen.start_ms, said)
    return found


def figure(kpi: KpiTerms, value: Fraction | None, downtime_ms: int | None = None) -> Figure:
    if value is None:
        return Figure(None)
    band = band_of(kpi, value)
    return Figure(
        value, value, band.name, is_met(kpi, band), Fraction(band.points),
        None if downtime_ms is None else Fraction(downtime_ms),
        None if downtime_ms is None else Fraction(OCTOBER.end_ms - OCTOBER.start_ms),
    )  # fmt: skip


def kpi(terms: KpiTerms, result: PeriodResult, of: tuple[ServiceAssessment, ...]) -> KpiAssessment:
    seen = (
        next((one for one in of if one.service == terms.service), None)
        if terms.id in {"KPI1", "KPI2", "KPI3", "KPI4"}
        else None
    )
    found = result.kpi(terms.id)
    value = found.value if found else None
    gross = None if value is None or seen is None else value - Fraction(1, 4) * bool(seen.excluded)
    views: dict[View, Figure] = {
        "gross": figure(terms, gross if seen else value, seen.gross_downtime_ms if seen else None),
        "claimed": figure(terms, value, seen.downtime_ms if seen else None),
        "agreed": figure(terms, value, seen.downtime_ms if seen else None),
    }
    submitted = None if value is None or terms.id not in {"KPI1", "KPI5"} else value + Fraction(3, 10)
    return KpiAssessment(
        kpi=terms.id,
        title=terms.title,
        clause=terms.clause,
        service=seen,
        target_ratio=Fraction(terms.target) / 100,
        allowance_ms=Fraction(0),
        is_assessable=True,
        terms=terms,  # type: ignore[arg-type] # one of the kinds, as the contract made it
        period=OCTOBER,
        views=views,
        submitted=submitted,
        difference=None if submitted is None or value is None else submitted - value,
        coverage_ratio=seen.coverage_ratio if seen else None,
        result=found,
        outages=seen.outages if seen else (),
    )


def entries() -> tuple[Entry, ...]:
    """What people said: data/register.jsonl."""
    lines = (Path(__file__).parent / "data" / "register.jsonl").read_text().splitlines()
    return tuple(map(Entry.model_validate_json, lines))


def assessment(terms: Terms, months: tuple[PeriodResult, ...], period: Period = OCTOBER) -> ContractAssessment:
    seen, said = services(), entries()
    about = tuple(one for one in said if one.body.kind in {"claim", "decision", "correction", "waiver"})
    return ContractAssessment(
        contract=terms.id,
        title=terms.title,
        note=terms.note,
        authority=terms.authority,
        supplier=terms.supplier,
        currency=terms.currency,
        time_zone=terms.time_zone.key,
        period=period,
        terms_from_ms=period.start_ms - 183 * DAY,
        terms_reference="CCN-12",
        services=seen,
        kpis=tuple(kpi(one, months[-1], seen) for one in terms.kpis),
        starts_on=date(2026, 4, 1),
        ends_on=date(2036, 3, 31),
        at_ms=period.end_ms + 3 * DAY,
        status="provisional",
        result=months[-1],
        earlier=months[:-1],
        accounting=(
            "An outage counts once 2 probes in a row have failed, from the first of them.",
            "Time that nobody saw is taken from both sides of the ratio.",
            "Permitted maintenance and granted relief are taken from both sides of the ratio.",
        ),
        entries=about,
        pending=(said[4],),
        shares={},
        register_number=14,
        missing_figures=(("PI1", "2026-10"),),
    )


def case(**changes: Any) -> PackInput:
    """A bad month: four failures, two of them repeats, and a capped credit. `changes` are of the assessment."""
    terms = Terms.model_validate(parts())
    return PackInput(
        replace(assessment(terms, results(terms)), **changes),
        terms,
        effective_entries(entries()),
        "ab" * 32,
        Inputs(contract_sha256="c" * 64, holidays_sha256=["b" * 64], evidence_sha256="e" * 64),
        first_failures=first_failures(),
        unseen={
            Reason.CLOCK_STEPPED: [(OCTOBER.start_ms + 5 * DAY, OCTOBER.start_ms + 5 * DAY + 90_000)],
            Reason.INTERNAL_ERROR: [(OCTOBER.start_ms, OCTOBER.start_ms + MINUTE)],
            None: [(OCTOBER.start_ms + 20 * DAY, OCTOBER.start_ms + 20 * DAY + 90 * MINUTE)],
        },
    )


def large(count: int = 50) -> PackInput:
    """A contract of so many KPIs, of which the third, the sixth and so on missed their target in October."""
    kpis = [availability(number, NAMES[number % len(NAMES)]) for number in range(1, count + 1)]
    terms = Terms.model_validate(parts() | {"kpis": kpis})
    figures: dict[str, tuple[str | None, ...]] = {
        f"KPI{number}": (*["99.9"] * 6, str(Decimal("99.4") - Decimal(number) / 20) if number % 3 == 0 else "99.7")
        for number in range(1, count + 1)
    }
    return PackInput(assessment(terms, results(terms, figures)), terms, effective_entries(entries()), "ab" * 32)
