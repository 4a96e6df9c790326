"""Figures and hostile text as people read them. Rounding never flatters the supplier and never hides a breach."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.sla.observation import Outcome, Reason

SYMBOLS = {Outcome.UP: "✓", Outcome.DEGRADED: "▲", Outcome.DOWN: "✕", Outcome.UNKNOWN: "?"}
WORDS = {Outcome.UP: "Up", Outcome.DEGRADED: "Degraded", Outcome.DOWN: "Down", Outcome.UNKNOWN: "Unknown"}
SEVERITY = (Outcome.DOWN, Outcome.DEGRADED, Outcome.UNKNOWN, Outcome.UP)
"""Worst first. UNKNOWN is worse than UP: nobody may take it for one."""

REASONS = {
    Reason.DNS_FAILED: "name lookup failed",
    Reason.TLS_FAILED: "TLS failed",
    Reason.TOO_LARGE: "answer too large",
    Reason.TOO_COSTLY: "answer too costly to judge",
    Reason.REDIRECT_LIMIT: "too many redirects",
    Reason.HEARTBEAT_SILENT: "heartbeat silent",
    Reason.MONITOR_OFFLINE: "the monitor itself was offline",
    Reason.INTERNAL_ERROR: "internal error of the monitor",
    Reason.CLOCK_STEPPED: "the monitor's clock was set",
    Reason.NOT_YET_SEEN: "not looked at yet",
}

KEPT_MARKS = 2
"""Combining marks kept on one letter: enough for every living language, too few to climb out of a line."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

STEPS = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1), ("s", 1, "", 1))
"""A duration's leading unit and its length in seconds, and those of the unit shown beside it."""


def reason_words(reason: Reason | None) -> str:
    """A reason in words; empty when there is none."""
    return "" if reason is None else REASONS.get(reason, reason.replace("_", " "))


def worst(outcomes: list[Outcome]) -> Outcome:
    """The worst of several; UNKNOWN of none."""
    return min(outcomes, key=SEVERITY.index, default=Outcome.UNKNOWN)


def plain(text: str) -> str:
    """A text that shows as what it is: controls, bidirectional overrides and invisible characters as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= KEPT_MARKS:
            shown.append(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}")
    return "".join(shown)


def percent(ratio: Fraction | None, decimals: int = 2) -> str:
    """A ratio per hundred, cut off and not rounded: 99.996 % is 99.99 %, and only the whole is 100 %."""
    if ratio is None:
        return "unknown"
    cut = Fraction(ratio * 100 * 10**decimals).__floor__()
    return f"{Decimal(cut).scaleb(-decimals):f} %"


def target(ratio: Fraction) -> str:
    """A target exactly as the contract gives it."""
    per_hundred = ratio * 100
    exact = Decimal(per_hundred.numerator) / Decimal(per_hundred.denominator)
    return f"{exact.normalize():f} %"


def decimals_of(ratio: Fraction) -> int:
    """How many decimals a figure needs beside this target: as many as the target has, and two at least."""
    return max(2, len(target(ratio).removesuffix(" %").partition(".")[2]))


def duration(milliseconds: int | Fraction, *, up: bool = False) -> str:
    """Two leading units: `21 min 36 s`, `3 d 4 h`. Cut off; with `up` the last unit shown is rounded up."""
    seconds = -int(-milliseconds // 1000) if up else int(milliseconds // 1000)
    unit, size, smaller, part = next((step for step in STEPS if seconds >= step[1]), STEPS[-1])
    if up:
        return duration(-(-seconds // part) * part * 1000)
    rest = seconds % size // part
    return f"{seconds // size} {unit}" + (f" {rest} {smaller}" if rest else "")


def ago(milliseconds: int) -> str:
    """How long ago, in words; a clock that was set back makes no negative time."""
    return "just now" if milliseconds < 1000 else f"{duration(milliseconds)} ago"


def moment(at_ms: int, zone: ZoneInfo) -> str:
    """An instant on the wall in the zone, with the zone's own abbreviation."""
    local = datetime.fromtimestamp(at_ms // 1000, zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {_wall(local)}"


def day(on: date) -> str:
    """A date as `moment` writes it."""
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def lately(at_ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """An instant, without its date when that is today's."""
    local = datetime.fromtimestamp(at_ms // 1000, zone)
    is_today = local.date() == datetime.fromtimestamp(now_ms // 1000, zone).date()
    return _wall(local) if is_today else moment(at_ms, zone)


def minute(at_ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """An instant to come, to the minute: a forecast knows no seconds."""
    local = datetime.fromtimestamp(at_ms // 1000, zone)
    is_today = local.date() == datetime.fromtimestamp(now_ms // 1000, zone).date()
    return f"{local.hour:02}:{local.minute:02}" + ("" if is_today else f" on {day(local.date())}")


def _wall(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}:{local.second:02} {local.tzname()}"


def took(microseconds: int) -> str:
    """How long a look took."""
    if microseconds < 1_000_000:
        return f"{microseconds // 1000} ms" if microseconds >= 1000 else "under 1 ms"
    return f"{microseconds // 100_000 / 10:.1f} s"


def days_left(expires_at_s: int | None, now_ms: int) -> str:
    """Whole days until a certificate expires; empty for an endpoint without one."""
    if expires_at_s is None:
        return ""
    days = (expires_at_s * 1000 - now_ms) // 86_400_000
    if days < 0:
        return "expired"
    return "1 day left" if days == 1 else f"{days} days left"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 service`, `2 services`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
