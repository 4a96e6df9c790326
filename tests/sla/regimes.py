"""Contracts of one KPI to build tests on: the bands of the Model Services Contract, and months to run them over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import TermMonths, shifted
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult
from tests.support.terms import terms_of

FIRST = "2026-01"
CHARGES = {"": Decimal(100_000)}
BANDS: tuple[dict[str, Any], ...] = (
    {"name": "met", "at_least": 99},
    {"name": "minor", "at_least": 98, "below": 99, "points": 1, "amount": 10},
    {"name": "serious", "at_least": 97, "below": 98, "points": 2, "amount": 20, "material": True},
    {"name": "severe", "at_least": 96, "below": 97, "points": 3, "amount": 30, "material": True},
    {"name": "below_threshold", "below": 96, "points": 4, "amount": 40, "material": True},
)


def kpi(name: str = "cad", **changed: Any) -> dict[str, Any]:
    """A KPI with the five bands; whatever is changed replaces the key."""
    whole: dict[str, Any] = {
        "id": name,
        "indicator": "submitted",
        "target": 99,
        "threshold": 96,
        "bands": BANDS,
        "rounding": {"mode": "none"},
        "repeat": {"factor": 2, "on_missing": "breaks"},
    }
    return {key: value for key, value in {**whole, **changed}.items() if value is not None}


def regime(*kpis: dict[str, Any], **rest: Any) -> Terms:
    """One per cent of the charges a point, unless `credits` says otherwise."""
    points = {"id": "points", "method": "points", "per_point_percent": 1}
    return terms_of({"kpis": kpis or (kpi(),), "credits": (points,), **rest})


def figures(values: Iterable[Any], name: str = "cad", charges: Mapping[str, Decimal] = CHARGES) -> list[MonthInput]:
    """One month for each value, from January 2026; None is a month without a figure."""
    months = []
    for position, value in enumerate(values):
        measured = Measured(None if value is None else Fraction(value))
        months.append(MonthInput(shifted(FIRST, position), {name: measured}, charges))
    return months


def told(terms: Terms, months: Iterable[MonthInput], run: TermMonths | None = None) -> tuple[PeriodResult, ...]:
    return fold(Setting(run or TermMonths(FIRST), "GBP"), lambda _: terms, months)


def points_of(terms: Terms, values: Iterable[Any]) -> list[Fraction]:
    return [result.points for result in told(terms, figures(values))]


def credits_of(terms: Terms, values: Iterable[Any]) -> list[Decimal]:
    return [result.credit.total for result in told(terms, figures(values))]
