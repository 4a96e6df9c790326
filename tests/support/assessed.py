"""An assessment with everything in it: bands, points, money, caps, triggers, forecasts, claims, a year of history.

The results come from the engine; only what it is given is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sla_monitor.assess import ContractAssessment, KpiAssessment, ServiceAssessment
from sla_monitor.assess.assessment import Excluded, Figure, Forecast, KpiForecast, Outlook, View
from sla_monitor.contract.kpis.kpi import AvailabilityKpi, Kpi
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import TermMonths, shifted
from sla_monitor.register.entries import Claim, Entry, Maintenance
from sla_monitor.sla.banding import band_of, is_met
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult
from tests.support.terms import terms_of

CHARGES = Decimal(833_333)
MONTHS = 12
HOUR = 3_600_000
CAPS = [
    {"id": "monthly", "percent": 10, "base": "period", "over": "period", "clause": "Schedule 2.2, 7.1"},
    {"id": "yearly", "amount": 600_000, "over": "contract_year", "clause": "Schedule 2.2, 7.2"},
]
TRIGGERS = [
    {
        "id": "rectification",
        "conditions": [{"measure": "failures", "material": True, "at_least": 1}],
        "effects": ["rectification_plan"],
    },
    {
        "id": "critical-failure",
        "conditions": [{"measure": "points", "months": 12, "at_least": 40}],
        "effects": ["termination_right"],
    },
]
OTHERS: tuple[dict[str, Any], ...] = (
    {
        "id": "cad-response",
        "title": "The incident list answers in time",
        "clause": "Schedule 2.2, KPI-20",
        "indicator": "response_time",
        "statistic": "percentile",
        "percentile": 95,
        "target": "500ms",
        "service": "command-and-control",
    },
    {
        "id": "p1-tickets",
        "title": "Priority 1 incidents resolved in target",
        "clause": "Schedule 2.2, KPI-21",
        "indicator": "ratio_in_target",
        "target": 95,
        "measurement_months": 3,
    },
)
OTHER_FIGURES = {"cad-response": Fraction(612), "p1-tickets": Fraction(97)}


def availability_terms(kpi: KpiAssessment, service: str) -> dict[str, Any]:
    """The five bands of the Model Services Contract, a tenth of a per cent apart."""
    target = Decimal(kpi.target_ratio.numerator * 100) / kpi.target_ratio.denominator
    cuts = [target - step for step in (Decimal(0), Decimal("0.1"), Decimal("0.2"), Decimal("0.5"))]
    names = ("met", "minor", "serious", "severe", "below_threshold")
    bands = [
        {"name": name, "at_least": low, "below": high, "points": points, "material": points > 1}
        for points, (name, low, high) in enumerate(zip(names, [*cuts, None], [None, *cuts], strict=True))
    ]
    return {
        "id": kpi.kpi,
        "title": kpi.title,
        "clause": kpi.clause,
        "service": service,
        "target": target,
        "threshold": cuts[-1],
        "bands": [{key: value for key, value in band.items() if value is not None} for band in bands],
        "rounding": {"mode": "none"},
        "repeat": {"factor": 2, "on_missing": "breaks"},
    }


def terms_for(contract: ContractAssessment) -> Terms:
    promises = [availability_terms(kpi, kpi.service_id) for kpi in contract.kpis if kpi.service]
    services = {kpi.service_id for kpi in contract.kpis}
    others = [other for other in OTHERS if other.get("service") in {None, *services}]
    parts: dict[str, Any] = {"kpis": [*promises, *others], "caps": CAPS, "triggers": TRIGGERS}
    points = {"id": "points", "method": "points", "per_point_percent": Decimal("0.5")}
    return terms_of({**parts, "credits": [points], "charges": {"monthly": [{"amount": CHARGES}]}})


def percent(service: ServiceAssessment, downtime_ms: int) -> Fraction | None:
    seen = service.observed_ms
    return Fraction(seen - downtime_ms, seen) * 100 if seen else None


def figure(terms: Kpi, value: Fraction | None) -> Figure:
    if value is None:
        return Figure(None)
    band = band_of(terms, value)
    return Figure(value, None, band.name, is_met(terms, band), Fraction(band.points))


def views_of(terms: Kpi, service: ServiceAssessment | None) -> dict[View, Figure]:
    """Gross has an hour of permitted maintenance more; claimed a third of an hour less than agreed."""
    if service is None or not isinstance(terms, AvailabilityKpi):
        return {view: figure(terms, OTHER_FIGURES[terms.id]) for view in ("gross", "claimed", "agreed")}
    down = service.downtime_ms
    hours: dict[View, int] = {
        "gross": down + (HOUR if down else 0),
        "claimed": max(0, down - HOUR // 3),
        "agreed": down,
    }
    return {view: figure(terms, percent(service, ms)) for view, ms in hours.items()}


def forecast_of(terms: Kpi, kpi: KpiAssessment, now_ms: int, end_ms: int) -> KpiForecast | None:
    """By the rule of three."""
    service = kpi.service
    if service is None or not service.agreed_ms:
        return None
    used = Fraction(service.downtime_ms) / kpi.allowance_ms if kpi.allowance_ms else Fraction(0)
    gone = Fraction(service.agreed_ms, service.period_agreed_ms)
    left_ms = (1 - used) * service.agreed_ms / used if used else None
    outs = [end_ms if left_ms is None else round(now_ms + left_ms / speed) for speed in (1, 2)]
    out, trailing_out = [each if each < end_ms else None for each in outs]
    rest_ms = service.period_agreed_ms - service.agreed_ms
    best, worst = percent(service, service.downtime_ms), percent(service, service.downtime_ms + rest_ms)
    return KpiForecast(used / gone, used / gone * 2, out, trailing_out, figure(terms, best), figure(terms, worst))


def history(
    contract: ContractAssessment, terms: Terms, misses: Mapping[tuple[str, int], str]
) -> tuple[PeriodResult, ...]:
    """Twelve months and the running one. `misses`: figures by KPI and months ago; all others are 100 per cent."""
    first = shifted(contract.period.name, -MONTHS)
    months = []
    for ago in range(MONTHS, 0, -1):
        given = {(kpi.id): Fraction(misses.get((kpi.id, ago), "100")) for kpi in terms.kpis}
        seen = {name: Measured(value, coverage=Fraction(1)) for name, value in given.items()}
        months.append(MonthInput(shifted(contract.period.name, -ago), seen, {"": CHARGES}))
    now = {kpi.kpi: _measured(terms, kpi) for kpi in contract.kpis} | {
        name: Measured(value) for name, value in OTHER_FIGURES.items()
    }
    months.append(MonthInput(contract.period.name, now, {"": CHARGES}))
    return fold(Setting(TermMonths(first), contract.currency), lambda _: terms, months)


def _measured(terms: Terms, kpi: KpiAssessment) -> Measured:
    mine = next(one for one in terms.kpis if one.id == kpi.kpi)
    return Measured(views_of(mine, kpi.service)["agreed"].value, is_assessable=kpi.is_assessable)


def with_figures(
    contract: ContractAssessment, now_ms: int, misses: Mapping[tuple[str, int], str] | None = None
) -> ContractAssessment:
    """The contract with all that the terms make of it."""
    terms = terms_for(contract)
    *earlier, result = history(contract, terms, misses or {})
    known = {kpi.kpi: kpi for kpi in contract.kpis}
    kpis = []
    for term in terms.kpis:
        bare = known.get(term.id) or KpiAssessment(
            term.id, term.title, term.clause, None, Fraction(1), Fraction(0), is_assessable=True
        )
        coverage = bare.service.coverage_ratio if bare.service else None
        forecast = forecast_of(term, bare, now_ms, contract.period.end_ms)
        kpis.append(
            replace(
                bare,
                terms=term,
                period=contract.period,
                views=views_of(term, bare.service),
                coverage_ratio=coverage,
                result=result.kpi(term.id),
                forecast=forecast,
                outages=bare.service.outages if bare.service else (),
            )
        )
    now = Outlook(result.points, result.credit.total)
    worst = Outlook(result.points + 24, min(result.credit.total * 4 + 60_000, CHARGES / 10))
    return replace(
        contract,
        at_ms=now_ms,
        kpis=tuple(kpis),
        result=result,
        earlier=tuple(earlier),
        forecast=Forecast(now, now, worst),
        pending=pending(contract.contract, now_ms),
        triggers=tuple(trigger.id for trigger in terms.triggers),
        missing_figures=(("p1-tickets", shifted(contract.period.name, -1)),),
        report_due_ms=contract.period.start_ms + 14 * 24 * HOUR,
        claim_by=None,
        register_number=31,
    )


def pending(contract: str, now_ms: int) -> tuple[Entry, ...]:
    def entry(number: int, ago_ms: int, said: Claim | Maintenance) -> Entry:
        return Entry.model_construct(
            number=number, at_ms=now_ms - ago_ms, actor="supplier", contract=contract, reference="CLM-7",
            evidence="", note="", body=said,
        )  # fmt: skip

    claim = Claim.model_construct(cause="third_party", start_ms=now_ms - 6 * HOUR, end_ms=now_ms - 5 * HOUR)
    booking = Maintenance.model_construct(start_ms=now_ms + 48 * HOUR, end_ms=now_ms + 50 * HOUR)
    return (entry(29, 75 * HOUR, claim), entry(31, 3 * HOUR, booking))


def permitted(start_ms: int, end_ms: int) -> Excluded:
    """Maintenance that was granted."""
    return Excluded(start_ms, end_ms, 12, "maintenance", granted=True, is_pending=False, why="decision 13")
