"""Figures as a table shows them. The exact ones are in the JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.sla.rounding import exact_decimal, money, round_to, shown

UNITS = {"percent": " %", "ms": " ms", "days": " days"}
NONE = "-"

_PLACES = range(3, 13)


def told_figure(value: Fraction | None, target: Fraction | None = None, unit: str = "") -> str:
    """A figure cut to three digits after the point, so that whoever rounds it as the contract says gets what the
    contract gets; to more digits where it would look like the target and is not."""
    if value is None:
        return NONE
    return _digits(value, target) + UNITS.get(unit, "")


def told_target(target: Fraction, unit: str) -> str:
    """A target with all its digits: one of 99.9995 is neither 99.999 nor 100."""
    return shown(target) + UNITS.get(unit, "")


def told_percent(ratio: Fraction | None) -> str:
    """A ratio, in per cent; one that is short of the whole never looks like it."""
    return NONE if ratio is None else told_figure(ratio * 100, Fraction(100), "percent")


def told_points(points: Fraction) -> str:
    return shown(points)


def told_money(amount: Decimal, currency: str = "") -> str:
    """With all digits of the currency's smallest coin, if it is said."""
    return f"{money(Fraction(amount), currency) if currency else amount:,f}"


def told_time(at_ms: int | None, zone: ZoneInfo) -> str:
    """On the wall in the contract's zone, to the second; the offset tells the two hours of autumn apart."""
    if at_ms is None:
        return NONE
    at = datetime.fromtimestamp(at_ms // 1000, zone)
    return f"{at:%Y-%m-%d %H:%M:%S} {at:%Z}"


def told_duration(milliseconds: Fraction | int) -> str:
    """2 d 3 h 4 min 5 s, in whole seconds, and the leading parts that there are."""
    whole = int(abs(Fraction(milliseconds)) / 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    told = " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"
    return f"-{told}" if milliseconds < 0 and whole else told


def told_seconds(milliseconds: int) -> str:
    """An exact number of seconds, for adding up."""
    return f"{exact_decimal(Fraction(milliseconds, 1000), 3).normalize():,f} s"


def _digits(value: Fraction, target: Fraction | None) -> str:
    text = ""
    for places in _PLACES:
        short = round_to(value, places, "down")
        text = f"{exact_decimal(short, places):f}".rstrip("0").rstrip(".")
        if target is None or value == target or short != round_to(target, places, "down"):
            break
    return text
