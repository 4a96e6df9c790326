"""The months before, each worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field

from sla_monitor.assess.seen import Evidence
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.results import PeriodResult


@dataclass(slots=True)
class Cache:
    """What one contract's closed months came to, for as long as neither its terms nor the register change. Give the
    same one at every assessment of the contract; it is for one thread at a time."""

    results: dict[str, PeriodResult] = field(default_factory=dict)


def history(
    contract: Contract, evidence: Evidence, until_month: str, now_ms: int, cache: Cache | None = None
) -> tuple[PeriodResult, ...]:
    """Every month before `until_month` (2026-10), oldest first, folded from the contract's first month on."""
    return ()
