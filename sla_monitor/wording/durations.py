"""Lengths of time. Contracts count seconds, so a figure leaves none out; an age needs two units.

Figures count in hours, however long: a day of service hours is not 24 hours long, so "9 d" of them says nothing.
"""

from __future__ import annotations

from fractions import Fraction

from sla_monitor.sla.observation import Phases
from sla_monitor.wording.vocabulary import PHASES

_DAY_S = 86_400
_SHORT_STEPS = (("d", _DAY_S, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1), ("s", 1, "", 1))
"""A short duration's leading unit and its length in seconds, and those of the unit shown beside it."""


def format_duration(milliseconds: int | Fraction, *, up: bool = False) -> str:
    """Whole seconds, and every unit that is not nought: `1 h 3 min 20 s`, `230 h`.

    A part of a second is cut off, or counts as a whole one with `up`: for what is held against the supplier.
    """
    if milliseconds < 0:
        told = format_duration(-milliseconds, up=up)
        return told if told == "0 s" else f"−{told}"
    seconds, part = divmod(milliseconds, 1000)
    total = int(seconds) + (1 if up and part else 0)
    units = ((total // 3600, "h"), (total // 60 % 60, "min"), (total % 60, "s"))
    return " ".join(f"{count:,} {unit}" for count, unit in units if count) or ("under 1 s" if part else "0 s")


def format_exact_duration(milliseconds: int) -> str:
    """With the parts of its seconds, so that a column adds up: `1 h 3 min 20.5 s`."""
    told, part = format_duration(milliseconds - milliseconds % 1000), milliseconds % 1000
    if not part:
        return told
    whole = milliseconds // 1000 % 60
    above = format_duration(milliseconds // 60_000 * 60_000) if milliseconds >= 60_000 else ""
    return f"{above} {whole}{f'.{part:03d}'.rstrip('0')} s".lstrip()


def format_duration_difference(milliseconds: int) -> str:
    """One length less another, exact and always with its sign."""
    sign = "+" if milliseconds > 0 else "−" if milliseconds < 0 else ""
    return f"{sign}{format_exact_duration(abs(milliseconds))}"


def format_short_duration(milliseconds: int) -> str:
    """Its two leading units, for ages and for what is still to come: no figure is worked out from them."""
    seconds = milliseconds // 1000
    unit, size, smaller, part = next((step for step in _SHORT_STEPS if seconds >= step[1]), _SHORT_STEPS[-1])
    beside = seconds % size // part
    return f"{seconds // size} {unit}" + (f" {beside} {smaller}" if beside else "")


def format_age(milliseconds: int) -> str:
    """How long ago; a clock that was set back makes no negative time."""
    return "just now" if milliseconds < 1000 else f"{format_short_duration(milliseconds)} ago"


def format_probe_duration(microseconds: int) -> str:
    """How long a probe took: `412 ms`, `3.1 s`."""
    if microseconds < 1_000_000:
        return f"{microseconds // 1000} ms" if microseconds >= 1000 else "under 1 ms"
    return f"{microseconds // 100_000 / 10:.1f} s"


def format_days_left(expires_at_s: int | None, now_ms: int) -> str:
    """Whole days until a certificate expires; empty for an endpoint without one."""
    if expires_at_s is None:
        return ""
    days = (expires_at_s * 1000 - now_ms) // (_DAY_S * 1000)
    if days < 0:
        return "expired"
    return "1 day left" if days == 1 else f"{days} days left"


def format_phases(phases: Phases) -> str:
    """`name lookup 1 ms, connection 2 ms`: the phases that a probe came to; empty where it came to none."""
    times = ((word, getattr(phases, name)) for name, word in PHASES.items())
    return ", ".join(f"{word} {format_probe_duration(us)}" for word, us in times if us is not None)
