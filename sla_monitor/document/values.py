"""Numbers, money, times and working in an assessment's JSON."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from typing_extensions import TypedDict

from sla_monitor.periods.edges import Period
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.rounding import exact_decimal, round_to
from sla_monitor.sla.rounding import money as to_the_coin
from sla_monitor.sla.working import Working

PLACES = 9
"""Digits after the point of a figure's `value`."""


class Number(TypedDict):
    """A figure, rounded for reading and exact for calculating."""

    value: str
    """Rounded half up to nine digits after the point, without trailing zeros: 99.958333333."""
    exact: str
    """The same without rounding, a fraction in lowest terms or a whole number: 2399/24."""


class Money(TypedDict):
    """An amount, exact to the smallest coin."""

    amount: str
    """51000.00."""
    currency: str
    """Its three letters."""


class StepJson(TypedDict):
    """One line of working."""

    what: str
    """What is worked out."""
    formula: str
    """With its numbers in it."""
    result: str
    """What comes out."""
    clause: str
    """Where the contract says so."""


class TimesJson(TypedDict):
    """A period, `[start, end)`."""

    name: str
    """The month: 2026-10."""
    start: str
    """From this instant on."""
    end: str
    """End, exclusive."""


def number(value: Fraction) -> Number:
    return {"value": format_decimal(exact_decimal(round_to(value, PLACES, "half_up"), PLACES)), "exact": str(value)}


def optional(value: Fraction | None) -> Number | None:
    return None if value is None else number(value)


def money(amount: Decimal, currency: str) -> Money:
    return {"amount": f"{to_the_coin(Fraction(amount), currency):f}", "currency": currency}


def steps(working: Working) -> list[StepJson]:
    return [
        {"what": step.what, "formula": step.formula, "result": step.result, "clause": step.clause} for step in working
    ]


def times(period: Period) -> TimesJson:
    return {"name": period.name, "start": format_utc(period.start_ms), "end": format_utc(period.end_ms)}


def instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_utc(at_ms)


def seconds(milliseconds: int) -> str:
    """Milliseconds as seconds, without trailing zeros."""
    return format_decimal(exact_decimal(Fraction(milliseconds, 1000), 3))


def format_decimal(value: Decimal) -> str:
    """A decimal without an exponent and without trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
