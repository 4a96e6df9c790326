"""A duty on one of its days, and all of them that a month has to tell: plain frozen data of the Assessment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sla_monitor.contract.obligations import Obligation
from sla_monitor.sla.obligations import OPEN, ObligationState


@dataclass(frozen=True, slots=True)
class DueObligation:
    """One due date of an obligation and how it stands.

    `due_on`: the day by the contract, which names it in the register; `deferred_to`: the later day that the authority
    granted. Late from `late_ms` on. `met_ms`, `by`, `reference`: as entry `entry` says. `excused_by`: the entry that
    excuses it or puts it off; `asked_by`: one that asks for that and awaits a decision. `is_counted` False: the
    calendar has no Working Day, and the day is the rule's own.
    """

    terms: Obligation
    due_on: date
    state: ObligationState
    remind_ms: int
    due_ms: int
    end_ms: int
    late_ms: int
    deferred_to: date | None = None
    met_ms: int | None = None
    by: str = ""
    reference: str = ""
    entry: int | None = None
    excused_by: int | None = None
    asked_by: int | None = None
    is_counted: bool = True

    @property
    def last_on(self) -> date:
        """The last day for it as things stand."""
        return self.deferred_to or self.due_on

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Obligations:
    """`due`: those of the month, the late ones of before, and those ahead (`AHEAD`), by their day. `stray`: numbers of
    entries that stand and are about a day on which nothing is due any more: the terms, or a calendar, have changed."""

    due: tuple[DueObligation, ...] = ()
    stray: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.due or self.stray)

    @property
    def near(self) -> tuple[DueObligation, ...]:
        """Without what is merely ahead, but for the next one of each obligation."""
        found: list[DueObligation] = []
        told: set[str] = set()
        for one in self.due:
            if one.state != "upcoming" or one.terms.id not in told:
                found.append(one)
            if one.state == "upcoming":
                told.add(one.terms.id)
        return tuple(found)

    @property
    def late(self) -> tuple[DueObligation, ...]:
        return tuple(one for one in self.due if one.state == "late")
