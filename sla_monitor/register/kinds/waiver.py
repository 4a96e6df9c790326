"""Failures that the authority lets pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Terms
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Waiver(EntryKind):
    """The authority lets a failure pass."""

    action = Action.WAIVE
    topic = Topic.OUTAGES
    example = Example({"month": "2026-10", "kpis": ["KPI1"], "what": "money"})

    kind: Literal["waiver"] = "waiver"
    month: Month = Field(description="The service period.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose; none: all.")
    what: Literal["points_and_money", "money"] = Field(description="money: the points stand.")

    def words(self, say: Wording) -> str:
        return f"Waiver of {say.label(self.what)} for {say.names(self.kpis)}, {say.month(self.month)}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_kpis("kpis", self.kpis, context.whole_month(self.month).edges_ms)
        for name in self.kpis:
            yield from context.month_without_end(name, self.month)

    def doubts(self, context: EntryContext) -> Iterator[str]:
        terms = context.terms_of(self.month)
        for name in self.kpis:
            kpi = context.kpi(name, self.month)
            if kpi is not None:
                yield from self._nothing_to_waive(kpi, terms)
        for whole in terms.kpis:
            parts = set(whole.part_kpis)
            if parts & set(self.kpis) and whole.id not in self.kpis:
                named = ", ".join(sorted(parts & set(self.kpis)))
                yield f"{whole.id}, of which {named} is a part, is not waived with it"

    @property
    def is_meant_to_change(self) -> bool:
        return True

    def _nothing_to_waive(self, kpi: Kpi, terms: Terms) -> Iterator[str]:
        if kpi.kind == "PI":
            yield f"{kpi.id} is a PI, which costs nothing"
        elif not kpi.gives_points and not any(
            kpi.id in rule.named_kpis or kpi in rule.recorded(terms.kpis) for rule in terms.credits if not rule.is_bonus
        ):
            yield f"{kpi.id} has neither points nor a credit of its own: there is nothing to waive"
        elif self.what == "money" and date.fromisoformat(f"{self.month}-01") < (kpi.bedding_in_until or date.min):
            yield f"{kpi.id} is bedding in until {kpi.bedding_in_until}: its points cost no money yet"
