"""A month with what stands of the register, for the desk's pages about it and for programs."""

from __future__ import annotations

from dataclasses import dataclass

from sla_monitor.assess import ContractAssessment
from sla_monitor.board import Board
from sla_monitor.contract.contract import Contract
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.web.desk.assessed_months import has_begun
from sla_monitor.web.desk.entering import DeskRegister
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.web_parts import WebParts


@dataclass(frozen=True, slots=True)
class MonthNow:
    """`assessed`: what was seen and what it costs, a minute ago at most; `effective`: what was entered, until now."""

    contract: Contract
    month: str
    assessed: ContractAssessment
    effective: EffectiveEntries
    now_ms: int

    @property
    def is_running(self) -> bool:
        return self.assessed.status == "running"


async def month_now(site: WebParts, desk: DeskRegister, board: Board, contract: Contract, month: str) -> MonthNow:
    """A month that has begun: the running one as every page has it. Raises Refusal, LedgerError and its kinds."""
    now_ms = site.clock.now_ms()
    if not has_begun(contract, month, now_ms):
        raise Refusal(404, "the contract has no such month that has begun")
    effective = await site.entering.run(desk.standing, contract.id)
    running = (one for one in board.assessment.contracts if (one.contract, one.period.name) == (contract.id, month))
    found = next((one for one in running if one.status == "running"), None)
    if found is None:
        found = await site.previewing.run(site.months.of, contract, month, effective, now_ms)
    return MonthNow(contract, month, found, effective, now_ms)
