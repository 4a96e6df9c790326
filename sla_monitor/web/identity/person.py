"""Who is asking, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sla_monitor.assess import ContractAssessment
from sla_monitor.board import Board
from sla_monitor.register.redaction import LEFT_OUT, shared
from sla_monitor.settings.desk.access_table import TABLE, Action, Granted, Role, Target, allows


@dataclass(frozen=True)
class Person:
    """Somebody, or a script, who is known. `known_by`: how, as entries keep it (wording/known_by.py); `session`: the
    digest of the session's token, empty where there is none; `proved_ms`: when they last showed who they are, None
    where each request shows it; `only`: nothing but this, whatever the roles, None: all of it."""

    name: str
    display: str
    known_by: str
    grants: Sequence[Granted] = field(default=(), repr=False)
    session: str = ""
    proved_ms: int | None = None
    only: frozenset[Action] | None = None

    def may(self, action: Action, name: str | None = None) -> bool:
        """Whether they may do it to the contract or participant of this id."""
        is_barred = self.only is not None and action not in self.only and TABLE[action].target is not Target.ANYBODY
        return not is_barred and allows(self.grants, action, name)

    def is_fresh(self, now_ms: int, fresh_ms: int) -> bool:
        """Whether they have shown who they are within so long."""
        return self.proved_ms is None or now_ms - self.proved_ms <= fresh_ms

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def sees_everything(self) -> bool:
        """Whether all contracts are shown as they are: to nobody of a supplier's, and of no participant."""
        return self.may(Action.SEE_MONITOR)


NOBODY = Person("", "", "")
"""Who is not known."""


def seen_by(board: Board, person: Person) -> Board:
    """The board with the contracts that somebody may see; the authority's notes for those alone who may read them. What
    somebody says about an outage they read themselves, whoever they are."""
    if person.sees_everything:
        return board

    def shown(contract: ContractAssessment) -> ContractAssessment:
        if person.may(Action.SEE_NOTES, contract.contract):
            return contract
        entries, pending = map(shared, (contract.entries, contract.pending))
        taken = tuple(
            one if one.by == person.name or not one.text else replace(one, text=LEFT_OUT)
            for one in contract.acknowledged
        )
        return replace(contract, entries=entries, pending=pending, acknowledged=taken)

    return board.only(shown, lambda contract: person.may(Action.SEE_SERVICE, contract))
