"""Months as the desk's pages read them: the running one as it was last assessed, and those that are over, worked out
again after an entry and each minute."""

from __future__ import annotations

from dataclasses import dataclass, field

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_at, run_of
from sla_monitor.periods.months import is_month
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.web.desk.previews import Previews

MINUTE_MS = 60_000
KEPT = 24
"""Months that are held: whoever pages through one asks for the same again and again."""


@dataclass(frozen=True, slots=True)
class _Kept:
    contract: Contract
    effective: EffectiveEntries
    minute: int
    assessed: ContractAssessment


@dataclass
class AssessedMonths:
    """From the one thread of `WebParts.previewing`."""

    previews: Previews
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)

    def of(self, contract: Contract, month: str, effective: EffectiveEntries, now_ms: int) -> ContractAssessment:
        """A month that has begun. Raises LedgerError and its kinds, and ValueError for one outside the term."""
        key, minute = (contract.id, month), now_ms // MINUTE_MS
        known = self._kept.pop(key, None)
        is_new = known is None or known.contract is not contract or known.effective is not effective
        if known is None or is_new or known.minute != minute:
            with self.previews.asking(contract.id) as (evidence, cache):
                found = assess_month(contract, evidence, month, now_ms, cache=cache)
            known = _Kept(contract, effective, minute, found)
        self._kept[key] = known
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return known.assessed


def has_month(contract: Contract, month: str) -> bool:
    """Whether a text names a month of the contract's term."""
    return is_month(month) and month in run_of(contract)


def has_begun(contract: Contract, month: str, now_ms: int) -> bool:
    """Whether it is a month of the contract's term that has begun."""
    return has_month(contract, month) and month <= month_at(now_ms, contract.time_zone)
