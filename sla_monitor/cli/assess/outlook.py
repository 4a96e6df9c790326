"""What the rest of a running month may bring, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment, Figure, KpiAssessment, KpiForecast
from sla_monitor.cli.shared.table_figures import (
    told_duration,
    told_figure,
    told_money,
    told_points,
    told_target,
    told_time,
)
from sla_monitor.cli.shared.terminal import Row, table, wrapped

NOT_FORECAST = "not forecast"
AS_IT_STANDS = (
    "At best nothing more goes wrong, at worst everything does. What is not forecast is reckoned as it stands."
)


def told_forecast(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    """Points and money, the KPIs, and how long the allowances last; nothing for a month that is over."""
    if one.forecast is None:
        return
    cases = {"as it stands": one.forecast.now, "at best": one.forecast.best, "at worst": one.forecast.worst}
    rows = [
        {
            "if it ends": name,
            "points": told_points(case.points),
            f"credit, {one.currency}": told_money(case.credit, one.currency),
            "sets off": ", ".join(case.triggers),
        }
        for name, case in cases.items()
    ]
    yield "Forecast\n" + table(rows if one.triggers else [_without(row, "sets off") for row in rows], (), columns)
    ends = [_ends(kpi, kpi.forecast) for kpi in one.kpis if kpi.forecast]
    if ends:
        yield f"{table(ends, ('so far',), columns)}\n{wrapped(AS_IT_STANDS, columns)}"
    allowances = [_allowance(kpi, ZoneInfo(one.time_zone)) for kpi in one.kpis if kpi.forecast and kpi.service]
    if allowances:
        yield "Downtime allowance\n" + table(allowances, ("at the rate of 7 days", "allowance"), columns)


def _without(row: Row, gone: str) -> Row:
    return {key: text for key, text in row.items() if key != gone}


def _ends(kpi: KpiAssessment, forecast: KpiForecast) -> Row:
    target = Fraction(kpi.terms.target) if kpi.terms else kpi.target_ratio * 100
    agreed = kpi.views.get("agreed")
    return {
        "KPI": kpi.kpi,
        "target": told_target(target, kpi.terms.unit if kpi.terms else "percent"),
        "so far": told_figure(agreed.value if agreed else None, target),
        "at best": _end(forecast.best, target),
        "at worst": _end(forecast.worst, target),
    }


def _end(figure: Figure, target: Fraction) -> str:
    if figure.value is None:
        return NOT_FORECAST
    verdict = {True: "met", False: "missed", None: "not assessable"}[figure.is_met]
    return f"{told_figure(figure.value, target)} ({(figure.band or verdict).replace('_', ' ')})"


def _allowance(kpi: KpiAssessment, zone: ZoneInfo) -> Row:
    runs_out = kpi.forecast.runs_out_ms if kpi.forecast else None
    trailing = kpi.forecast.trailing_runs_out_ms if kpi.forecast else None
    return {
        "KPI": kpi.kpi,
        "allowance": told_duration(kpi.allowance_ms),
        "left": told_duration(kpi.allowance_left_ms),
        "runs out": told_time(runs_out, zone),
        "at the rate of 7 days": told_time(trailing, zone),
    }
