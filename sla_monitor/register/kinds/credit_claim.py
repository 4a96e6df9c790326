"""Claims of a month's credit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class CreditClaim(EntryKind):
    """The authority claims a month's credit, where the contract says that there is none without a claim."""

    action = Action.TRACK_CREDITS
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "claimed": "2026-11-20"})
    past = ("claimed",)
    is_of_the_past = True
    explains_final_month = False

    kind: Literal["credit_claim"] = "credit_claim"
    month: Month = Field(description="The service period.")
    claimed_ms: Instant = Field(alias="claimed", description="When.")

    def words(self, say: Wording) -> str:
        return f"The credit of {say.month(self.month)} is claimed"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if context.terms_of(self.month).claims.automatic:
            yield EntryProblem("kind", "credits of this contract need no claim (see its claims)")
        for other, before in context.effective.of(CreditClaim):
            if before.month == self.month:
                yield EntryProblem("month", f"entry {other.number} claimed the credit of {self.month} already")
