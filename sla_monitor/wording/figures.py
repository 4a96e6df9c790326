"""Figures of KPIs with their units. A printed number never says something else about a KPI than its band does."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.sla.banding import band_of
from sla_monitor.sla.rounding import Mode, round_to, shown
from sla_monitor.wording.numbers import format_fixed

UNITS = {"percent": " %", "ms": " ms", "days": " days", "minutes": " min"}
NO_FIGURE = "no figure"
MOST_DEVIATION = 999

_LEAST_PLACES = {"percent": 2, "ms": 0, "count": 0, "days": 1, "minutes": 1, "score": 1}
_MOST_PLACES = 12


def format_figure(value: Fraction | None, kpi: KpiTerms) -> str:
    """A KPI's figure with its unit, rounded as the contract says.

    Where the contract has no rule, and where the rounded number would stand in another band than the figure does, or
    would be 100 though the figure is not, it is cut towards the worse side, with as many digits as it takes.
    """
    return NO_FIGURE if value is None else f"{format_digits(value, kpi)}{UNITS.get(kpi.unit, '')}"


def format_digits(value: Fraction, kpi: KpiTerms) -> str:
    """The same without the unit."""
    rule = kpi.rounding
    if rule is not None and rule.mode != "none":
        rounded = round_to(value, rule.places, rule.mode)
        if _is_honest(rounded, value, kpi):
            return format_fixed(rounded, rule.places)
    worse: Mode = "down" if kpi.direction == "higher_is_better" else "up"
    for places in range(_places(kpi), _MOST_PLACES):
        cut = round_to(value, places, worse)
        if _is_honest(cut, value, kpi):
            return format_fixed(cut, places)
    return shown(value)


def format_apart(value: Fraction | None, other: Fraction | None, kpi: KpiTerms) -> str:
    """A figure beside another one: with all its digits where two that differ would read alike."""
    told = format_figure(value, kpi)
    if value is None or value == other or told != format_figure(other, kpi):
        return told
    return f"{shown(value)}{UNITS.get(kpi.unit, '')}"


def format_difference(value: Fraction | None, kpi: KpiTerms) -> str:
    """One figure less another, always with its sign; empty where one of them is missing."""
    if value is None:
        return ""
    places = _places(kpi)
    cut = round_to(value, places, "half_up")
    if value and not cut:
        return f"under {format_fixed(Fraction(1, 10**places), places)}"
    return ("+" if value > 0 else "−" if value < 0 else "") + format_fixed(abs(cut), places)


def format_level(value: Decimal | None, kpi: KpiTerms) -> str:
    """A target or threshold exactly as the contract writes it."""
    return "" if value is None else f"{value:,f}{UNITS.get(kpi.unit, '')}"


def format_deviation(deviation: Fraction) -> str:
    """The deviation of a figure that missed its target, in whole numbers: never 0, which is at the target, and 100 only
    at the threshold itself."""
    if deviation > MOST_DEVIATION:
        return f">{MOST_DEVIATION}"
    return str(max(floor(deviation), 1) if deviation < 100 else ceil(deviation))


def format_target(kpi: KpiTerms) -> str:
    """A target with the side on which it is met: `≥ 99.9 %`."""
    side = "≥" if kpi.direction == "higher_is_better" else "≤"
    return f"{side} {format_level(kpi.target, kpi)}"


def _is_honest(text: Fraction, value: Fraction, kpi: KpiTerms) -> bool:
    if kpi.unit == "percent" and (text == 100) != (value == 100):
        return False
    return band_of(kpi, text) == band_of(kpi, value)


def _places(kpi: KpiTerms) -> int:
    """Digits that a figure needs beside its target: as many, and at least those that its unit asks for."""
    if kpi.rounding is not None and kpi.rounding.mode != "none":
        return kpi.rounding.places
    own = max(-int(kpi.target.normalize().as_tuple().exponent), 0)
    return max(own, _LEAST_PLACES.get(kpi.unit, 2))
