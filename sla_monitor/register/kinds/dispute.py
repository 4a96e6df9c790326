"""Disputes about a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Dispute(TimedKind):
    """A party disputes what the other one says of a stretch of time. It changes no figure; a decision settles it."""

    action = Action.DISPUTE
    topic = Topic.OUTAGES
    example = Example(
        {"party": "supplier", "services": ["custody"], "start": "2026-10-05 09:00", "end": "2026-10-05 10:00"},
        note="Our log shows no outage.",
    )
    changes_figures = False
    is_decidable = True

    kind: Literal["dispute"] = "dispute"
    party: Literal["supplier", "authority"] = Field(description="Who disputes it.")
    services: tuple[Identifier, ...] = Field((), description="The services it is about; none: all.")

    def words(self, say: Wording) -> str:
        return f"Dispute by the {self.party} about {say.names(self.services)}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_services("services", self.services, (self.start_ms, self.end_ms))
        if not entry.note.strip():
            yield EntryProblem("note", "is missing (say what is disputed)")

    def asks_for_decision(self, contract: Contract) -> bool:
        return True
