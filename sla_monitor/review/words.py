"""Figures, times and other people's texts as the review meeting reads them.

A printed number never says something else about a KPI than its band does, and only a whole hundred prints as 100.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.months import first_day
from sla_monitor.sla.banding import band_of
from sla_monitor.sla.observation import Reason
from sla_monitor.sla.rounding import Mode, exact_decimal, minor_units, round_to, shown

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
SUFFIXES = {"percent": " %", "ms": " ms", "days": " days"}
LEAST_PLACES = {"percent": 2, "ms": 0, "count": 0, "days": 0, "score": 1}
MOST_PLACES = 12
LONG = re.compile(r"\S{19,}")
PIECE = re.compile(r"\S{1,6}")
KEPT_MARKS = 2
"""Combining marks kept on one letter: enough for every living language, too few to climb out of a line."""

REASONS = {
    Reason.DNS_FAILED: "name lookup failed",
    Reason.TLS_FAILED: "TLS failed",
    Reason.TOO_COSTLY: "answer too costly to judge",
    Reason.MONITOR_OFFLINE: "the monitor itself was offline",
    Reason.INTERNAL_ERROR: "internal error of the monitor",
    Reason.CLOCK_STEPPED: "the monitor’s clock was set, or it stood still",
    Reason.NOT_YET_SEEN: "not looked at yet",
}


def plain(text: str) -> str:
    """A text that shows as what it is: controls, bidirectional overrides and invisible characters as U+FFFD, line
    breaks as spaces."""
    if text.isascii() and text.isprintable():
        return text
    kept, marks = [], 0
    for character in " ".join(text.split()):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= KEPT_MARKS:
            kept.append(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}")
    return "".join(kept)


def pieces(text: str) -> list[str]:
    """A text cut where a line may break inside words that are too long for a narrow column."""
    cut, end = list[str](), 0
    for word in LONG.finditer(text):
        cut += [text[end : word.start()], *PIECE.findall(word[0])]
        end = word.end()
    return [piece for piece in (*cut, text[end:]) if piece]


def reason_words(reason: Reason | None) -> str:
    """Why an outage was one, in words."""
    return "not known" if reason is None else REASONS.get(reason, reason.replace("_", " "))


def label(name: str) -> str:
    """`below_threshold` as `below threshold`."""
    return name.replace("_", " ").replace("-", " ")


def counted(number: int, one: str, many: str = "") -> str:
    """`1 service`, `2 services`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: tuple[str, ...] | list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def month_words(month: str) -> str:
    """`October 2026` for `2026-10`."""
    return f"{MONTHS[first_day(month).month - 1]} {month[:4]}"


def month_short(month: str) -> str:
    """`Oct 26`."""
    return f"{MONTHS[first_day(month).month - 1][:3]} {month[2:4]}"


def day(on: date) -> str:
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def moment(at_ms: int, zone: ZoneInfo) -> str:
    """An instant on the wall in the zone: `3 Oct 2026 14:05:00 BST`."""
    local = datetime.fromtimestamp(at_ms // 1000, zone)
    return f"{local.day} {MONTHS[local.month - 1][:3]} {local.year} {local:%H:%M:%S} {local.tzname()}"


def until(start_ms: int, end_ms: int | None, zone: ZoneInfo) -> str:
    """From an instant to another; the day is not said twice."""
    begin = moment(start_ms, zone)
    if end_ms is None:
        return f"{begin}, still open"
    start, end = (datetime.fromtimestamp(at_ms // 1000, zone) for at_ms in (start_ms, end_ms))
    if start.date() == end.date() and start.tzname() == end.tzname():
        return f"{start.day} {MONTHS[start.month - 1][:3]} {start.year} {start:%H:%M:%S} to {end:%H:%M:%S %Z}"
    return f"{begin} to {moment(end_ms, zone)}"


def duration(milliseconds: int | Fraction) -> str:
    """Whole seconds and every unit that is not nought: `1 h 3 min 20 s`. Days only from two on."""
    seconds, rest = divmod(milliseconds, 1000)
    hours, minutes = int(seconds) // 3600, int(seconds) // 60 % 60
    parts = [(hours, "h"), (minutes, "min"), (int(seconds) % 60, "s")]
    told = " ".join(f"{count:,} {unit}" for count, unit in parts if count)
    return told or ("under 1 s" if rest else "0 s")


def ratio_percent(ratio: Fraction | None, places: int = 2) -> str:
    """A ratio per hundred, cut off and not rounded, so that only the whole is 100 %."""
    return "none" if ratio is None else f"{fixed(round_to(ratio * 100, places, 'down'), places)} %"


def money(amount: Decimal, currency: str) -> str:
    """`£51,000.00`, with a minus sign before the currency's."""
    digits = f"{abs(amount):,.{minor_units(currency)}f}"
    sign = SIGNS.get(currency)
    return f"{'−' if amount < 0 else ''}{sign or currency + ' '}{digits}"


def points(value: Fraction | Decimal) -> str:
    return shown(value)


def fixed(value: Fraction, places: int) -> str:
    """With exactly so many digits after the point and commas at the thousands."""
    return f"{exact_decimal(value, places):,f}"


def figure(value: Fraction | None, kpi: KpiTerms) -> str:
    """A KPI's figure with its unit, rounded as the contract says.

    Where the rounded number would stand in another band than the figure does, or would be 100 though the figure is
    not, it is told with more digits, cut towards the worse side.
    """
    return "no figure" if value is None else f"{digits(value, kpi)}{SUFFIXES.get(kpi.unit, '')}"


def digits(value: Fraction, kpi: KpiTerms) -> str:
    rule = kpi.rounding
    if rule is not None and rule.mode != "none":
        text = round_to(value, rule.places, rule.mode)
        if _is_honest(text, value, kpi):
            return fixed(text, rule.places)
    worse: Mode = "down" if kpi.direction == "higher_is_better" else "up"
    for places in range(_places(kpi), MOST_PLACES):
        text = round_to(value, places, worse)
        if _is_honest(text, value, kpi):
            return fixed(text, places)
    return shown(value)


def difference(value: Fraction | None, kpi: KpiTerms) -> str:
    """The supplier's figure less ours, always with its sign."""
    if value is None:
        return ""
    cut = round_to(value, _places(kpi), "half_up")
    if value and not cut:
        return f"under {fixed(Fraction(1, 10 ** _places(kpi)), _places(kpi))}"
    return ("+" if value > 0 else "−" if value < 0 else "") + fixed(abs(cut), _places(kpi))


def level(value: Decimal | None, kpi: KpiTerms) -> str:
    """A target or threshold exactly as the contract writes it."""
    return "" if value is None else f"{value:,f}{SUFFIXES.get(kpi.unit, '')}"


def _is_honest(text: Fraction, value: Fraction, kpi: KpiTerms) -> bool:
    if kpi.unit == "percent" and (text == 100) != (value == 100):
        return False
    return band_of(kpi, text) == band_of(kpi, value)


def _places(kpi: KpiTerms) -> int:
    """Digits that a figure needs beside its target: as many, and at least those that its unit asks for."""
    if kpi.rounding is not None and kpi.rounding.mode != "none":
        return kpi.rounding.places
    own = max(-int(kpi.target.normalize().as_tuple().exponent), 0)
    return max(own, LEAST_PLACES.get(kpi.unit, 2))


def counted_points(value: Fraction | Decimal, one: str = "service point") -> str:
    """`1 service point`, `2.5 service points`."""
    return f"{points(value)} {one}{'' if value == 1 else 's'}"


def day_of(at_ms: int, zone: ZoneInfo) -> str:
    """The date on the wall at an instant."""
    return day(datetime.fromtimestamp(at_ms // 1000, zone).date())
