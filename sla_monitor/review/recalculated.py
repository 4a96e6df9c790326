"""Months that were recalculated while the pack's month ran, as the record has them. The pack tells them, and its
manifest carries them, because no evidence file has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sla_monitor.assess.recalculations import MonthFigures, Recalculation
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import Period
from sla_monitor.periods.months import is_month
from sla_monitor.register.entries import Entry
from sla_monitor.wording.instants import format_day_at
from sla_monitor.wording.numbers import format_counted_points, format_money
from sla_monitor.wording.recalculations import describe_because
from sla_monitor.wording.text import abridged, plain

MOST, LONGEST = 200, 600


@dataclass(frozen=True, slots=True)
class RecalculatedMonth:
    """A month, what it came to before and after, since when, and why, in words. `signed`: it was signed off by then."""

    month: str
    was: str
    now: str
    since: str
    why: str
    signed: bool = False


def recalculated_months(
    several: Iterable[Recalculation], contract: Contract, period: Period, entries: Mapping[int, Entry]
) -> tuple[RecalculatedMonth, ...]:
    """Those that happened within a period: whenever its pack is made once it is over, they are the same. `entries`: the
    register, by number."""
    found = [_month(one, contract, entries) for one in several if period.start_ms <= one.at_ms < period.end_ms]
    return tuple(found[:MOST])


def as_manifest(several: Iterable[RecalculatedMonth]) -> dict[str, Any]:
    """As a manifest has them; nothing, where there are none."""
    told = [asdict(one) for one in several]
    return {"recalculated": told} if told else {}


def of_manifest(told: object) -> tuple[RecalculatedMonth, ...] | None:
    """From a manifest, which is hostile; None where it is no such thing."""
    if told is None:
        return ()
    if not isinstance(told, list) or not 0 < len(told) <= MOST:
        return None
    found = list(_read(told))
    return tuple(found) if len(found) == len(told) else None


def _read(told: list[Any]) -> Iterator[RecalculatedMonth]:
    names = ("month", "was", "now", "since", "why")
    for one in told:
        if not isinstance(one, dict) or one.keys() != {*names, "signed"} or not isinstance(one["signed"], bool):
            return
        texts = [one[name] for name in names]
        if not all(isinstance(text, str) and len(text) <= LONGEST and text == plain(text) for text in texts):
            return
        if is_month(one["month"]):
            yield RecalculatedMonth(**one)


def _month(one: Recalculation, contract: Contract, entries: Mapping[int, Entry]) -> RecalculatedMonth:
    was, now = (_worth(figures, contract.currency) for figures in (one.before, one.after))
    if was == now:
        names = dict.fromkeys((*one.before.kpis, *one.after.kpis))
        moved = ", ".join(name for name in names if one.before.kpis.get(name) != one.after.kpis.get(name))
        now = f"{now}; figures of {moved}" if moved else now
    why = plain(describe_because(one.because, entries))
    since = format_day_at(one.at_ms, contract.time_zone)
    return RecalculatedMonth(one.month, was, abridged(now, LONGEST), since, abridged(why, LONGEST), one.is_signed)


def _worth(figures: MonthFigures, currency: str) -> str:
    if not figures.is_measured:
        return "no figure"
    return f"{format_counted_points(figures.points, 'point')}, {format_money(figures.deducted, currency)}"
