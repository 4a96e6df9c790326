"""One history worked out under a contract and under a draft of it, month by month over the term so far."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess.compare import Comparison, compared
from sla_monitor.assess.evidence import Evidence
from sla_monitor.assess.history import Cache, month_result, world_of
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.results import PeriodResult


def what_if(ours: Contract, draft: Contract, evidence: Evidence, until_month: str, now_ms: int) -> Comparison:
    """The months before `until_month` that are over. Both contracts have the same id and currency."""
    known: dict[str, str] = {}  # what both measure alike is measured once
    mine, theirs = (_months(one, evidence, (until_month, now_ms), known) for one in (ours, draft))
    return compared(ours.id, ours.versions[-1].terms.currency, mine, theirs)


def _months(
    contract: Contract, evidence: Evidence, until: tuple[str, int], known: dict[str, str]
) -> list[PeriodResult]:
    until_month, now_ms = until
    world = replace(world_of(contract, evidence, now_ms, Cache()), known=known)
    results: list[PeriodResult] = []
    for month in world.months(until_month):
        results.append(month_result(world, month, results))
    return results
