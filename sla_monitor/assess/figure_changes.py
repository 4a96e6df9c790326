"""What new entries change in months that are over: worked out with and without them, before they are entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from sla_monitor.assess.history import history
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import instant_ms
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import last_day
from sla_monitor.periods.terms_slices import margin_ms
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.entries import Entry
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.figure_changes import Changes, differences


def reaches_closed_months(contract: Contract, said: Sequence[Entry], new: Sequence[Entry], now_ms: int) -> bool:
    """Whether new entries may change a figure of a month that is over. `said`: what has been entered before."""
    several = [entry for entry in new if entry.body.changes_figures]
    if not several:
        return False
    zone, reach_ms, others = contract.time_zone, margin_ms(contract), Others(said)
    running = month_at(now_ms, zone)
    return min(first_changed(one.body, zone, others, reach_ms) or running for one in several) < running


def changes_of_entries(
    contract: Contract, evidence: Evidence, said: Sequence[Entry], new: Sequence[Entry], now_ms: int
) -> Changes:
    """Every figure of a month that is over and that new entries would change, before and after."""
    if not reaches_closed_months(contract, said, new, now_ms):
        return []
    running = month_at(now_ms, contract.time_zone)
    before, after = (history(contract, evidence, running, now_ms, said=one) for one in (said, [*said, *new]))
    return compared(contract, before, after)


def compared(contract: Contract, before: Sequence[PeriodResult], after: Sequence[PeriodResult]) -> Changes:
    """What two histories of the same months differ in."""
    rows: Changes = []
    for one, other in zip(before, after, strict=True):
        closed_ms = instant_ms(last_day(other.month), time.max, contract.time_zone)
        rows += differences(one, other, contract.version_at(closed_ms).terms)
    return rows
