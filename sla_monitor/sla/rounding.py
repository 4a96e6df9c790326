"""Exact numbers as contracts round them and as people write them. Verdicts never depend on a float."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from sla_monitor.contract.kpis.bands import Rounding

Mode = Literal["half_up", "half_even", "down", "up"]

MINOR_UNITS = {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3} | dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
)
"""Digits after the point of the smallest coin, where they are not two (ISO 4217)."""

SHOWN_DIGITS = 12


def round_to(value: Fraction, places: int, mode: Mode) -> Fraction:
    """The value to so many digits after the point. down is towards zero, up away from it; a half goes away from
    zero (half_up) or to the even digit (half_even)."""
    if 10**places % value.denominator == 0:  # as amounts are: there is nothing to round
        return value
    scaled = abs(value) * 10**places
    whole, rest = divmod(scaled, 1)
    ups = {"up": rest > 0, "down": False, "half_up": rest * 2 >= 1}
    is_up = ups[mode] if mode in ups else rest * 2 > 1 or (rest * 2 == 1 and whole % 2 == 1)
    size = Fraction(int(whole) + is_up, 10**places)
    return -size if value < 0 else size


def rounded(value: Fraction, rule: Rounding | None) -> Fraction:
    """The value by the contract's rule; as it is where there is none."""
    return value if rule is None or rule.mode == "none" else round_to(value, rule.places, rule.mode)


def describe_rounding(rule: Rounding) -> str:
    """What is done to a result: 2 places, half up."""
    return f"{rule.places} place{'' if rule.places == 1 else 's'}, {rule.mode.replace('_', ' ')}"


def minor_units(currency: str) -> int:
    """Digits after the point of a currency's smallest coin."""
    return MINOR_UNITS.get(currency, 2)


def money(amount: Fraction, currency: str, mode: Mode = "half_up") -> Decimal:
    """An amount in the currency's smallest coin: 51000.00."""
    places = minor_units(currency)
    return exact_decimal(round_to(amount, places, mode), places)


def exact_decimal(value: Fraction, places: int) -> Decimal:
    """A Fraction that has no more than so many digits after the point, as a Decimal with exactly so many."""
    sign = "-" if value < 0 else ""
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    return Decimal(f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}".rstrip("."))


def shown(value: Fraction | Decimal | int) -> str:
    """A number in working: all its digits if they end, otherwise twelve of them and an ellipsis."""
    if isinstance(value, int):
        return str(value)
    exact = value if isinstance(value, Fraction) else Fraction(value)
    above, below = abs(exact.numerator), exact.denominator
    if below == 1:
        return str(exact.numerator)
    whole, rest = divmod(above, below)
    places = max(SHOWN_DIGITS - len(str(whole)), 0) if whole else SHOWN_DIGITS + _zeros(rest, below)
    digits, left = divmod(rest * 10**places, below)
    if left and len(str(whole)) > SHOWN_DIGITS:  # the last of its whole digits are left out too
        whole = whole // 10 ** (len(str(whole)) - SHOWN_DIGITS) * 10 ** (len(str(whole)) - SHOWN_DIGITS)
    sign = "-" if exact < 0 else ""
    fraction = f"{digits:0{places}d}" if places else ""
    if left:
        return f"{sign}{whole}.{fraction}…" if fraction else f"{sign}{whole}…"
    return f"{sign}{whole}.{fraction.rstrip('0')}"


def _zeros(above: int, below: int) -> int:
    """How many zeros follow the point of a fraction that is less than 1."""
    count = 0
    while above * 10 ** (count + 1) < below:
        count += 1
    return count
