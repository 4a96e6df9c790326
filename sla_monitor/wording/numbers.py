"""Counts, ratios, points and money. Nothing is rounded in favour of the supplier, and only the whole is 100 %."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sla_monitor.sla.rounding import exact_decimal, minor_units, round_to, shown
from sla_monitor.wording.text import plain

CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}


def format_count(number: int, one: str, many: str = "") -> str:
    """`1 service`, `2 services`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def format_bytes(number: int) -> str:
    """A limit as people name it: `10 MiB`, or `100,000 bytes` where it is no whole number of them."""
    whole, rest = divmod(number, 1 << 20)
    return f"{number:,} bytes" if rest or not whole else f"{whole:,} MiB"


def format_ordinal(number: int) -> str:
    """`2nd`, `11th`."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def format_fixed(value: Fraction, places: int) -> str:
    """With exactly so many digits after the point and commas at the thousands; it has no more of them."""
    return f"{exact_decimal(value, places):,f}"


def format_ratio(ratio: Fraction | None, places: int = 2, *, none: str = "none") -> str:
    """A ratio per hundred, cut off and not rounded: 99.996 % is 99.99 %, and only the whole is 100 %."""
    return none if ratio is None else f"{format_fixed(round_to(ratio * 100, places, 'down'), places)} %"


def format_percent(ratio: Fraction) -> str:
    """A ratio per hundred with all its digits, as the contract gives a target: 99.9995 is neither 99.999 nor 100."""
    return f"{shown(ratio * 100)} %"


def decimals_of(ratio: Fraction) -> int:
    """How many digits a ratio needs beside this target: as many as the target has, and at least two."""
    return max(2, len(shown(ratio * 100).partition(".")[2]))


def format_points(value: Fraction | Decimal) -> str:
    """Service points with all their digits: they are added up by hand."""
    return shown(value)


def format_counted_points(value: Fraction | Decimal, one: str = "service point") -> str:
    """`1 service point`, `2.5 service points`."""
    return f"{format_points(value)} {one}{'' if value == 1 else 's'}"


def format_money(amount: Decimal, currency: str) -> str:
    """`£51,000.00`, `CHF 120.00`: all digits of the smallest coin, and a minus sign before the currency's."""
    digits = f"{abs(amount):,.{minor_units(currency)}f}"
    sign = CURRENCY_SIGNS.get(currency, f"{plain(currency)} ")
    return f"{'−' if amount < 0 else ''}{sign}{digits}"


def describe_owed(credit: Decimal, currency: str) -> str:
    """Of the supplier: `owes service credits of £20.00`, or `is owed £20.00 by the authority` below nothing."""
    if credit < 0:
        return f"is owed {format_money(-credit, currency)} by the authority"
    return f"owes service credits of {format_money(credit, currency)}"


def describe_deducted(amount: Decimal, currency: str) -> str:
    """`£20.00 deducted`, or `£20.00 added to the charges` below nothing."""
    if amount < 0:
        return f"{format_money(-amount, currency)} added to the charges"
    return f"{format_money(amount, currency)} deducted"
