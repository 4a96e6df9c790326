"""One history worked out under a contract and under a draft of it, month by month over the term so far."""

from __future__ import annotations

from typing import Any

from sla_monitor.assess.closed import Known
from sla_monitor.assess.compare import Comparison, compared
from sla_monitor.assess.history import Cache, month_result, world_of
from sla_monitor.assess.kpis import Times
from sla_monitor.assess.seen import Evidence
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.months import shifted
from sla_monitor.sla.results import PeriodResult

PRICING: dict[str, Any] = {
    "title": "",
    "note": "",
    "authority": "",
    "supplier": "",
    "total_value": None,
    "participants": (),
    "kpis": (),
    "charges": None,
    "credits": (),
    "caps": (),
    "triggers": (),
    "claims": None,
    "reporting": None,
}
"""The terms of a contract that have no part in how anything is measured."""


def what_if(ours: Contract, draft: Contract, evidence: Evidence, until_month: str, now_ms: int) -> Comparison:
    """The months before `until_month` that are over. Both contracts have the same id and currency."""
    known = Known()
    mine = _months(ours, evidence, (until_month, now_ms), known)
    theirs = _months(draft, evidence, (until_month, now_ms), known if measures_alike(ours, draft) else Known())
    return compared(ours.id, ours.versions[-1].terms.currency, mine, theirs)


def measures_alike(one: Contract, other: Contract) -> bool:
    """Whether two contracts have the same services, hours, counting and relief on every day, so that a KPI that both
    have measures the same."""
    return _measuring(one) == _measuring(other)


def _measuring(contract: Contract) -> list[tuple[int, object]]:
    return [(version.from_ms, version.terms.model_copy(update=PRICING)) for version in contract.versions]


def _months(contract: Contract, evidence: Evidence, until: tuple[str, int], known: Known) -> list[PeriodResult]:
    until_month, now_ms = until
    world, times = world_of(contract, evidence, now_ms, Cache()), Times()
    results: list[PeriodResult] = []
    month = world.run.first
    while month < min(until_month, world.this_month):
        results.append(month_result(world, month, results, times, known))
        month = shifted(month, 1)
    return results
