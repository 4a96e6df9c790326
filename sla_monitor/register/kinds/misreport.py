"""Deductions that a supplier left out of its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Money, YesNo
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Misreported(EntryKind):
    """A deduction that the supplier left out of its report."""

    action = Action.CORRECT
    topic = Topic.FIGURES
    example = Example({"month": "2026-10", "omitted": "1200.00", "deliberate": True})

    kind: Literal["misreport"] = "misreport"
    month: Month = Field(description="The service period in which it is made good.")
    omitted: Money = Field(description="The deduction that was left out.")
    deliberate: YesNo = Field(False, description="Whether on purpose.")
    corrected: YesNo = Field(False, description="Whether corrected before payment.")

    def words(self, say: Wording) -> str:
        how = ", ".join(name for name in ("deliberate", "corrected") if getattr(self, name))
        told = f"Misreport: {say.money(self.omitted)} left out, {say.month(self.month)}"
        return f"{told} ({how})" if how else told

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if not any(rule.prices_misreports for rule in context.terms_of(self.month).credits):
            yield EntryProblem("kind", "the contract has no credit for misreporting (see its credits)")
