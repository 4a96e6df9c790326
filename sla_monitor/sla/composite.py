"""Several KPIs as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from sla_monitor.contract.kpis.kpi import CompositeKpi, Kpi
from sla_monitor.sla.results import KpiResult, Measured
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def with_parts(kpi: Kpi, found: Measured, results: Mapping[str, KpiResult]) -> Measured:
    """What a KPI measured, or what its parts come to where it is made of some and nobody gave its figure."""
    if found.value is not None or not isinstance(kpi, CompositeKpi):
        return found
    return replace(composite(kpi, results), submitted=found.submitted, agreed=found.agreed)


def composite(kpi: CompositeKpi, results: Mapping[str, KpiResult]) -> Measured:
    """100 or 0 by whether all parts are met, or the weighted mean of their figures; nothing while a part has none.

    One part that is missed decides `all_of` whatever the others are.
    """
    parts = [(results.get(part.kpi), Fraction(part.weight)) for part in kpi.parts]
    met = [None if result is None else result.is_met for result, _ in parts]
    if kpi.combine == "all_of" and False in met:
        missed = ", ".join(part.kpi for part, one in zip(kpi.parts, met, strict=True) if one is False)
        return Measured(Fraction(0), working=(step("all of the parts met", f"missed: {missed}", "no", kpi.clause),))
    if None in met:
        return Measured(None, working=(step("parts", "", "not all of them have a figure", kpi.clause),))
    if kpi.combine == "all_of":
        return Measured(Fraction(100), working=(step("all of the parts met", "", "yes", kpi.clause),))
    known = [(result.value or Fraction(0), weight) for result, weight in parts if result is not None]
    whole = sum((weight for _, weight in known), Fraction(0))
    if not whole:
        return Measured(None)
    value = sum((value * weight for value, weight in known), Fraction(0)) / whole
    formula = " + ".join(f"{shown(value)} × {shown(weight)}" for value, weight in known)
    return Measured(value, working=(step("weighted mean", f"({formula}) / {shown(whole)}", value, kpi.clause),))
