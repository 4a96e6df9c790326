"""What new entries change in months that are over: worked out with and without them, before they are entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from sla_monitor.assess.history import Cache, contract_context_of, earlier_months, history
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import instant_ms
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.terms_slices import margin_ms
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.entries import Entry
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.figure_changes import Changes, differences

NEVER = "9999-12"


def reaches_closed_months(contract: Contract, said: Sequence[Entry], new: Sequence[Entry], now_ms: int) -> bool:
    """Whether new entries may change a figure of a month that is over. `said`: what has been entered before."""
    return _first_reached(contract, said, new, now_ms) < month_at(now_ms, contract.time_zone)


def reaches_figures(contract: Contract, said: Sequence[Entry], new: Sequence[Entry]) -> bool:
    """Whether new entries may change a figure of any month: to decide on a dispute, or to take a minute back, does
    not."""
    zone, reach_ms, others = contract.time_zone, margin_ms(contract), Others(said)
    return any(
        first_changed(one.body, zone, others, reach_ms) is not None or not _is_about(one)
        for one in new
        if one.body.changes_figures
    )


def _is_about(entry: Entry) -> bool:
    """Whether it is about another entry, whose months are its own."""
    return entry.body.subject() is not None


def changes_of_entries(  # noqa: PLR0913 - two states of one register, and how far
    contract: Contract,
    evidence: Evidence,
    said: Sequence[Entry],
    new: Sequence[Entry],
    now_ms: int,
    *,
    with_running: bool = False,
    cache: Cache | None = None,
) -> Changes:
    """Every figure of a month that is over and that new entries would change, before and after; `with_running`: and of
    the month that runs, so far. `cache`: what is known of the contract as it stands."""
    running = month_at(now_ms, contract.time_zone)
    until = shifted(running, 1) if with_running else running
    first = _first_reached(contract, said, new, now_ms)
    if first >= until:
        return []
    before = history(contract, evidence, until, now_ms, cache, said)
    supposed = Cache()  # never the one that is kept: some day other entries have the same numbers
    context = contract_context_of(contract, evidence, now_ms, supposed, [*said, *new])
    supposed.results = {one.month: one for one in before if one.month < first}
    return compared(contract, before, earlier_months(context, until, supposed))


def _first_reached(contract: Contract, said: Sequence[Entry], new: Sequence[Entry], now_ms: int) -> str:
    """The first month of which new entries may change a figure, later than any where they change none."""
    several = [entry for entry in new if entry.body.changes_figures]
    if not several:
        return NEVER
    zone, reach_ms, others = contract.time_zone, margin_ms(contract), Others(said)
    running = month_at(now_ms, zone)
    return min(first_changed(one.body, zone, others, reach_ms) or running for one in several)


def compared(contract: Contract, before: Sequence[PeriodResult], after: Sequence[PeriodResult]) -> Changes:
    """What two histories of the same months differ in."""
    rows: Changes = []
    for one, other in zip(before, after, strict=True):
        if one is other:
            continue
        closed_ms = instant_ms(last_day(other.month), time.max, contract.time_zone)
        rows += differences(one, other, contract.version_at(closed_ms).terms)
    return rows
