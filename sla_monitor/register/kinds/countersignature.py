"""The supplier's signature under a month that the authority has signed off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Wording
from sla_monitor.register.kinds.parts import Month, is_same_person
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Countersigned(EntryKind):
    """The supplier signs the figures of a month that the authority has signed off. A restatement is signed anew."""

    action = Action.COUNTERSIGN
    example = Example({"month": "2026-10", "digest": "0" * 64})
    is_of_the_past = True
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["countersignature"] = "countersignature"
    month: Month = Field(description="The service period.")
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="The digest that the sign-off names."
    )

    def words(self, say: Wording) -> str:
        return f"Countersignature of {say.month(self.month)} by the supplier"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        signed = context.effective.sign_off(self.month)
        if signed is None:
            yield EntryProblem("month", f"nobody has signed {self.month} off (the authority signs first)")
            return
        other, said = signed
        if said.digest != self.digest:
            message = f"is not that of entry {other.number}, which signed {self.month} off ({said.digest})"
            yield EntryProblem("digest", message)
        if is_same_person(entry.actor, other.actor):
            yield EntryProblem("actor", f"{other.actor} signed {self.month} off (somebody else must countersign)")
        before = context.effective.countersignature(self.month)
        if before is not None:
            yield EntryProblem("month", f"entry {before[0].number} has countersigned {self.month} already")
