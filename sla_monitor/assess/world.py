"""One contract and its evidence at one instant: what all its months have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from sla_monitor.assess.parts import Hours, margin_ms, month_at, run_of
from sla_monitor.assess.rulings import Case
from sla_monitor.assess.seen import Evidence
from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import TicketRecord
from sla_monitor.register.standing import Standing
from sla_monitor.sla.months import Run
from sla_monitor.sla.period import Period


@dataclass(frozen=True)
class World:
    """A contract and its evidence at one instant; the same for all months."""

    contract: Contract
    evidence: Evidence
    standing: Standing
    now_ms: int
    hours: Hours = field(default_factory=Hours)

    @cached_property
    def run(self) -> Run:
        return run_of(self.contract)

    @cached_property
    def this_month(self) -> str:
        return month_at(self.contract, self.now_ms)

    @cached_property
    def first_ms(self) -> int | None:
        """Since when anything of the contract was seen."""
        return self.evidence.first_ms(self.contract.id)

    @cached_property
    def recorded_ms(self) -> int | None:
        """Since when anything of it was seen, or a ticket recorded: before that, no ticket does not mean none."""
        opened = (said.opened_ms for _, said in self.standing.of(TicketRecord))
        return min((at_ms for at_ms in (self.first_ms, *opened) if at_ms is not None), default=None)

    @cached_property
    def margin_ms(self) -> int:
        """How long after a month's end everything that was seen of it is in."""
        return margin_ms(self.contract)

    @cached_property
    def open_tickets(self) -> list[int]:
        """When those that are still open were opened."""
        return [said.opened_ms for _, said in self.standing.of(TicketRecord) if said.ended_ms is None]

    @property
    def case(self) -> Case:
        return Case(self.contract, self.standing)


def is_over(world: World, period: Period) -> bool:
    """Whether everything that was seen of a period is in: looks may be late, and outages go on over its end."""
    return period.end_ms + world.margin_ms <= world.now_ms
