"""Figures of KPIs, points and money as people read them. What is cut off is cut off against the supplier."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.sla.banding import banded_value
from sla_monitor.sla.rounding import minor_units
from sla_monitor.web import words

NO_FIGURE = "none yet"
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
SUFFIXES = {"percent": " %", "ms": " ms", "days": " d"}


def figure(terms: KpiTerms, value: Fraction | None) -> str:
    """A figure in the KPI's unit: as the contract rounds it before banding, and no rounding of ours may turn a miss
    into a pass."""
    if value is None:
        return NO_FIGURE
    compared = banded_value(terms, value)
    places = _places(terms, compared)
    return f"{_cut(compared, places, up=terms.direction == 'lower_is_better')}{SUFFIXES.get(terms.unit, '')}"


def target(terms: KpiTerms) -> str:
    """A target exactly as the contract gives it, with which way is worse."""
    side = "≥" if terms.direction == "higher_is_better" else "≤"
    return f"{side} {terms.target.normalize():,f}{SUFFIXES.get(terms.unit, '')}"


def points(number: Fraction) -> str:
    """Service points; a part of one to two places."""
    return _cut(number, 0 if number.denominator == 1 else 2, up=True)


def money(amount: Decimal, currency: str) -> str:
    """An amount in the contract's currency: `£8,333.33`, `CHF 120.00`."""
    sign = SIGNS.get(currency, f"{words.plain(currency)} ")
    minus = "−" if amount < 0 else ""
    return f"{minus}{sign}{abs(amount):,.{minor_units(currency)}f}"


def ordinal(number: int) -> str:
    """`2nd`, `11th`."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _places(terms: KpiTerms, value: Fraction) -> int:
    if terms.unit == "percent":
        of_target = -int(terms.target.normalize().as_tuple().exponent)
        return max(2, of_target, terms.rounding.places if terms.rounding else 0)
    return 0 if value.denominator == 1 else 2


def _cut(value: Fraction, places: int, *, up: bool) -> str:
    scaled = value * 10**places
    whole = scaled.__ceil__() if up else scaled.__floor__()
    return f"{Decimal(whole).scaleb(-places):,f}"
