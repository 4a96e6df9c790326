"""Failures that a failure of the supplier's own supplier explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Line, Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Underpinning(EntryKind):
    """A failure of the supplier's own supplier, under their underpinning contract, explains a failure. It changes no
    figure: to the authority the supplier answers for both."""

    action = Action.EXPLAIN_FAILURE
    topic = Topic.OUTAGES
    example = Example(
        {"month": "2026-10", "kpis": ["KPI1"], "by": "Carrier Ltd", "under": "MPLS-7"}, note="Cable cut, ticket 4711."
    )
    changes_figures = False

    kind: Literal["underpinning"] = "underpinning"
    month: Month = Field(description="The service period.")
    kpis: tuple[Identifier, ...] = Field(min_length=1, description="The KPIs whose failure it explains.")
    by: Line = Field(description="The supplier's supplier, whose failure it was.")
    under: Line | None = Field(None, description="The contract between the two.")

    def words(self, say: Wording) -> str:
        return f"Failure of {self.explanation} explains that of {say.names(self.kpis)}, {say.month(self.month)}"

    @property
    def explanation(self) -> str:
        """`Carrier Ltd (MPLS-7)`."""
        return f"{self.by} ({self.under})" if self.under else self.by

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_kpis("kpis", self.kpis, context.whole_month(self.month).edges_ms)
        for name in self.kpis:
            yield from context.month_without_end(name, self.month)
