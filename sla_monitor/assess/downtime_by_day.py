"""Downtime by day: what each outage cost a KPI on each day of a month, for triggers on windows of days.

The days of a month add up to the downtime of the KPI in the month, by its own way of counting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from sla_monitor.assess.excerpt import excerpt
from sla_monitor.assess.measuring import is_seen
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_time import Spell, TimeSlice, spell_of
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.periods.intervals import Intervals, subtract
from sla_monitor.sla.aggregation import WHOLE as ALL
from sla_monitor.sla.downtime import Loss, counted_ms
from sla_monitor.sla.results import DayDowntime

ByDay = dict[str, tuple[DayDowntime, ...]]


def downtime_by_day(context: PeriodContext) -> ByDay:
    """A month so far, in the agreed view, of the KPIs whose days some trigger asks for. Of a KPI of which too little
    was seen in the month, nothing counts."""
    kpis = _asked(context)
    if not kpis:
        return {}
    contract_context = context.contract_context
    if contract_context.now_ms < context.period.end_ms:
        return _worked_out(context, kpis)
    known = excerpt(contract_context, context.months, kpis)
    if not known.is_settled():
        return _worked_out(context, kpis)
    question = ("downtime by day", *known.question(kpis))
    within = PeriodContext(known.contract_context, context.months)
    return _of_text(contract_context.recall(question, lambda: _text(_worked_out(within, kpis))))


def at_worst(context: PeriodContext, so_far: ByDay) -> ByDay:
    """The same at the end of the month, if everything is down from now on."""
    return {kpi.id: (*so_far.get(kpi.id, ()), *_rest(context, kpi)) for kpi in _asked(context)}


def _asked(context: PeriodContext) -> list[AvailabilityKpi]:
    """A window may begin in a month of earlier terms: those that any version asks for."""
    names = _names(context.contract_context.contract)
    return [kpi for kpi in context.terms.availability_kpis if kpi.id in names and is_seen(context, kpi)]


def _names(contract: Contract) -> frozenset[str]:
    names: set[str] = set()
    for terms in (version.terms for version in contract.versions):
        for condition in (one for trigger in terms.triggers for one in trigger.conditions if one.needs_days):
            names.update(condition.kpis or [kpi.id for one in contract.versions for kpi in one.terms.kpis])
    return frozenset(names)


def _worked_out(context: PeriodContext, kpis: Sequence[AvailabilityKpi]) -> ByDay:
    found = {kpi.id: tuple(_of_kpi(context, kpi)) for kpi in kpis if _is_assessable(context, kpi)}
    return {name: days for name, days in found.items() if days}


def _is_assessable(context: PeriodContext, kpi: AvailabilityKpi) -> bool:
    coverage = context.time(kpi.service, "agreed", kpi.id, kpi.counting).seconds.coverage
    return coverage is not None and coverage >= context.frame.coverage_floor


def _of_kpi(context: PeriodContext, kpi: AvailabilityKpi) -> list[DayDowntime]:
    through = context.through(kpi.service, kpi.counting)
    excluded = context.excluded(kpi.service, "agreed", kpi.id, kpi.counting)
    days, time = _Days(context), context.time(kpi.service, "agreed", kpi.id, kpi.counting)
    counted = {one.start_ms: Fraction(one.counted_ms) for one in time.outages(kpi.counting)}
    found = [
        part for spell in through.spells for part in _of_outage(spell, excluded, kpi, days, counted[spell.start_ms])
    ]
    if kpi.counting.degraded_percent:
        found += days.lost(subtract(through.degraded, excluded), Fraction(kpi.counting.degraded_percent) / 100)
    if kpi.counting.unknown == "down":
        found += days.lost(subtract(through.unknown, excluded))
    return sorted(found, key=lambda one: one.day)


class _Days:
    """The days of a month in its zone."""

    def __init__(self, context: PeriodContext) -> None:
        self._zone = context.contract_context.contract.time_zone

    def of(self, start_ms: int, end_ms: int) -> Iterator[tuple[date, int, int]]:
        """A stretch, cut at midnight."""
        while start_ms < end_ms:
            day = local_date(start_ms, self._zone)
            until_ms = min(midnight_ms(day + timedelta(days=1), self._zone), end_ms)
            yield day, start_ms, until_ms
            start_ms = until_ms

    def lost(self, several: Intervals, share: Fraction = ALL) -> Iterator[DayDowntime]:
        """Time that is downtime and no outage."""
        for start_ms, end_ms in several:
            for day, begins_ms, ends_ms in self.of(start_ms, end_ms):
                yield DayDowntime(day, None, (ends_ms - begins_ms) * share)


def _of_outage(
    spell: Spell, excluded: Intervals, kpi: AvailabilityKpi, days: _Days, most_ms: Fraction | None = None
) -> Iterator[DayDowntime]:
    """What counts of an outage, by day; its whole minutes are shared out among the days. `most_ms`: what it counts in
    the KPI's own list, where begun minutes could pass the time there is."""
    pieces = [
        (day, begins_ms, ends_ms, piece.share)
        for piece in spell.pieces
        for start_ms, end_ms in subtract([piece[:2]], excluded)
        for day, begins_ms, ends_ms in days.of(start_ms, end_ms)
    ]
    together_ms = sum(ends_ms - begins_ms for _, begins_ms, ends_ms, _ in pieces)
    by_day: dict[date, Fraction] = {}
    for day, begins_ms, ends_ms, share in pieces:
        loss = Loss(spell.end_ms - spell.start_ms, ends_ms - begins_ms, share, together_ms)
        by_day[day] = by_day.get(day, Fraction(0)) + counted_ms(loss, kpi.counting)
    whole_ms = sum(by_day.values(), Fraction(0))
    share = most_ms / whole_ms if most_ms is not None and most_ms < whole_ms else ALL
    for day, down_ms in by_day.items():
        if down_ms and share:
            yield DayDowntime(day, spell.start_ms, down_ms * share)


def _rest(context: PeriodContext, kpi: AvailabilityKpi) -> Iterator[DayDowntime]:
    """One outage to the end of the month: the one that goes on, or one that begins now."""
    excluded = context.excluded(kpi.service, "agreed", kpi.id, kpi.counting)
    pieces = [TimeSlice(*span, ALL) for span in subtract(context.ahead(kpi.service), excluded)]
    open_ms = [
        spell.start_ms
        for spell in context.through(kpi.service, kpi.counting).spells
        if spell.end_ms >= context.until_ms
    ]
    start_ms = open_ms[0] if open_ms else context.until_ms
    return _of_outage(spell_of(start_ms, context.period.end_ms, pieces), [], kpi, _Days(context))


def _text(found: ByDay) -> str:
    rows = {
        kpi: [(f"{one.day}", one.outage_ms, *one.downtime_ms.as_integer_ratio()) for one in days]
        for kpi, days in found.items()
    }
    return json.dumps(rows, separators=(",", ":"))


def _of_text(text: str) -> ByDay:
    return {
        kpi: tuple([DayDowntime(date.fromisoformat(day), outage, Fraction(*ratio)) for day, outage, *ratio in several])
        for kpi, several in json.loads(text).items()
    }
