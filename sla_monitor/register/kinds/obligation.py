"""What is said of a contract's obligations: that one was met, and that one is excused or put off."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import Day, Identifier
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.periods.due_dates import REACH, due_dates
from sla_monitor.periods.months import name_of
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Line
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

NEAREST = 3
"""Due dates that are named where another one is meant."""


class ObligationMet(EntryKind):
    """A duty of the contract was done: a report came, a test was made."""

    action = Action.FINISH_ACTION
    topic = Topic.DUTIES
    example = Example({"obligation": "insurance", "due": "2026-04-01", "met": "2026-03-28", "by": "A. Person"})
    past = ("met",)
    changes_figures = False
    is_in_pack = False

    kind: Literal["obligation_met"] = "obligation_met"
    obligation: Identifier = Field(description="The id of the obligation.")
    due_on: Day = Field(alias="due", description="The day on which it was due by the contract.")
    met_ms: Instant = Field(alias="met", description="When it was done.")
    by: Line = Field(description="Who did it.")

    def words(self, say: Wording) -> str:
        return f"Obligation {say.label(self.obligation)}, due {self.due_on}, met by {self.by} on {say.at(self.met_ms)}"

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        return (name_of(self.due_on),)

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _unknown(self.obligation, self.due_on, context.contract)

    def last_word_on(self) -> Hashable:
        return self.obligation, self.due_on

    def spoken_for(self, contract: Contract) -> str | None:
        return _owed_by(self.obligation, contract)


class ObligationExcused(EntryKind):
    """A duty need not be done, or only on a later day. It counts once the authority has granted it."""

    action = Action.CLAIM_RELIEF
    topic = Topic.DUTIES
    example = Example(
        {"obligation": "insurance", "due": "2026-04-01", "until": "2026-05-01"}, note="The insurer changes."
    )
    changes_figures = False
    is_decidable = True

    kind: Literal["obligation_excused"] = "obligation_excused"
    obligation: Identifier = Field(description="The id of the obligation.")
    due_on: Day = Field(alias="due", description="The day on which it is due by the contract.")
    until_on: Day | None = Field(None, alias="until", description="The day on which it is due instead; none: never.")

    def words(self, say: Wording) -> str:
        how = "excused" if self.until_on is None else f"put off until {self.until_on}"
        return f"Request that obligation {say.label(self.obligation)}, due {self.due_on}, be {how}"

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        return (name_of(self.due_on),)

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _unknown(self.obligation, self.due_on, context.contract)
        if self.until_on is not None and self.until_on <= self.due_on:
            yield EntryProblem("until", "must be after the day on which it is due (check the dates)")
        if not entry.note.strip():
            yield EntryProblem("note", "is missing (say why)")

    def asks_for_decision(self, contract: Contract) -> bool:
        return True

    def spoken_for(self, contract: Contract) -> str | None:
        return _owed_by(self.obligation, contract)


def _owed_by(obligation: str, contract: Contract) -> str | None:
    """The party that owes it, by the newest terms that have it."""
    return {one.id: one.party for version in contract.versions for one in version.terms.obligations}.get(obligation)


def _unknown(obligation: str, due_on: date, contract: Contract) -> Iterator[EntryProblem]:
    """What is wrong with a due date that the contract does not have."""
    known = dict.fromkeys(one.id for version in contract.versions for one in version.terms.obligations)
    if obligation not in known:
        yield EntryProblem("obligation", f"no such obligation: {obligation} ({suggestion(obligation, known)})")
        return
    days = [one.due_on for one in due_dates(contract, due_on + REACH) if one.obligation.id == obligation]
    if due_on not in days:
        near = sorted(sorted(days, key=lambda day: abs(day - due_on))[:NEAREST])
        told = ", ".join(map(str, near)) or "no day"
        yield EntryProblem("due", f"{obligation} is not due on {due_on} (near it: {told})")
