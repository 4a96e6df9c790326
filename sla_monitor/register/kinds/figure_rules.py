"""Rules for figures, tickets and money: in range, of something that the contract has, and in the right order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sla_monitor.contract.kpis.kpi import CompositeKpi, Kpi, RatioKpi
from sla_monitor.contract.money.credit_methods import MisreportingCredit, UnitRateCredit
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.terms import Terms
from sla_monitor.register.entries import CreditClaim, Entry, Misreported, Occurred, ReportedFigure, TicketRecord
from sla_monitor.register.entry_context import EntryContext, EntryProblem, kpis, services

_NOT_BELOW_NOTHING = {"percent", "ms", "count", "days"}


def figure_rules(entry: Entry, said: ReportedFigure, ground: EntryContext) -> Iterator[EntryProblem]:
    yield from ground.unknown("kpi", "KPI", [said.kpi], kpis, ground.whole_month(said.month).edges_ms)
    kpi = ground.kpi(said.kpi, said.month)
    if kpi is None:
        return
    yield from ground.month_without_end(said.kpi, said.month)
    if isinstance(kpi, CompositeKpi):
        yield "kpi", f"{kpi.id} is made of other KPIs (give their figures)"
    if said.total is not None and not isinstance(kpi, RatioKpi):
        yield "in_target", f"{kpi.id} is no share of events (give its value)"
    if said.value is not None:
        yield from _range(said.value, kpi)


def _range(value: Decimal, kpi: Kpi) -> Iterator[EntryProblem]:
    if kpi.unit == "percent" and value > 100:
        yield "value", "must be at most 100 per cent (write 99.5 for 99.5 %)"
    if kpi.unit in _NOT_BELOW_NOTHING and value < 0:
        yield "value", "must not be below 0"
    if kpi.unit == "count" and value != value.to_integral_value():
        yield "value", "must be a whole number: it counts"


def ticket_rules(entry: Entry, said: TicketRecord, ground: EntryContext) -> Iterator[EntryProblem]:
    if said.service is not None:
        until_ms = max(entry.at_ms, said.opened_ms) + 1  # the desk's clock may be ahead of ours
        yield from ground.unknown("service", "service", [said.service], services, (said.opened_ms, until_ms))
    yield from _priority(said.priority, ground.contract.version_at(said.opened_ms).terms)
    ends = {"opened": said.opened_ms, "responded": said.responded_ms, "ended": said.ended_ms}
    known = [(name, at_ms) for name, at_ms in ends.items() if at_ms is not None]
    for (before, one_ms), (name, other_ms) in pairwise(known):
        if other_ms < one_ms:
            yield name, f"must not be before {before} (check the dates)"
    for stop in said.stops:
        if stop.end_ms is not None and stop.end_ms <= stop.start_ms:
            yield "stops", "must end after they start (check the dates)"
        if stop.start_ms < said.opened_ms or (said.ended_ms is not None and stop.start_ms > said.ended_ms):
            yield "stops", "must lie between opened and ended (check the dates)"


def _priority(name: str, terms: Terms) -> Iterator[EntryProblem]:
    """A priority in no KPI is counted by none, which is meant for some; one that is nearly in one is a mistake."""
    listed = {priority for kpi in terms.kpis if isinstance(kpi, RatioKpi) for priority in kpi.priorities}
    near = [each for each in listed if each.casefold() == name.casefold()]
    if name not in listed and near:
        yield "priority", f"no KPI counts {name} (did you mean {near[0]}?)"


def money_rules(entry: Entry, said: Any, ground: EntryContext) -> Iterator[EntryProblem]:
    """For what changes a month's money in other ways than by a KPI."""
    terms = ground.terms_of(said.month) if hasattr(said, "month") else None
    if terms is None:
        return
    if isinstance(said, CreditClaim):
        yield from _claimed(said, terms, ground)
    if isinstance(said, Misreported) and not any(isinstance(rule, MisreportingCredit) for rule in terms.credits):
        yield "kind", "the contract has no credit for misreporting (see its credits)"
    if isinstance(said, Occurred):
        rules = [rule.id for rule in terms.credits if isinstance(rule, UnitRateCredit) and rule.kpi is None]
        if said.rule not in rules:
            yield "rule", f"no such credit by unit rate: {said.rule} ({suggestion(said.rule, rules)})"


def _claimed(said: CreditClaim, terms: Terms, ground: EntryContext) -> Iterator[EntryProblem]:
    if terms.claims.automatic:
        yield "kind", "credits of this contract need no claim (see its claims)"
    for other, before in ground.stands.of(CreditClaim):
        if before.month == said.month:
            yield "month", f"entry {other.number} claimed the credit of {said.month} already"
