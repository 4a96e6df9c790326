"""Figures that somebody reports."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.periods.months import shifted
from sla_monitor.register.affected_figures import is_probed
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Count, Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

_NOT_BELOW_NOTHING = {"percent", "ms", "minutes", "count", "days"}
_COUNTS = {"authority": "the authority's figure counts", "supplier": "the supplier's figure counts"}


class ReportedFigure(EntryKind):
    """A KPI's figure for the measurement period that ends with a month, as one party gives it or both agree on it."""

    action = Action.GIVE_FIGURES
    topic = Topic.FIGURES
    example = Example({"kpi": "KPI11", "month": "2026-09", "party": "supplier", "value": "87.5"})

    kind: Literal["figure"] = "figure"
    kpi: Identifier = Field(description="The id of the KPI.")
    month: Month = Field(description="The last month of the measurement period.")
    party: Literal["supplier", "authority", "agreed"] = Field(description="Whose figure it is.")
    value: Level | None = Field(None, description="In the KPI's unit.")
    in_target: Count | None = Field(None, description="Or counts: so many in target ...")
    total: Count | None = Field(None, description="... of so many.")

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        counts = (self.in_target, self.total)
        if (self.value is None) == (None in counts) or counts.count(None) == 1:
            raise Misplaced([(("value",), "or in_target and total: write one of the two")])
        if self.in_target is not None and self.total is not None and self.in_target > self.total:
            raise Misplaced([(("in_target",), "is more than the total")])
        return self

    def words(self, say: Wording) -> str:
        whose = "Agreed figure" if self.party == "agreed" else f"Figure of the {self.party}"
        value = f"{self.in_target} of {self.total} in target" if self.value is None else f"{self.value:f}"
        return f"{whose} for {self.kpi}, {say.month(self.month)}: {value}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_kpis("kpi", [self.kpi], context.whole_month(self.month).edges_ms)
        kpi = context.kpi(self.kpi, self.month)
        if kpi is None:
            return
        yield from context.month_without_end(self.kpi, self.month)
        if kpi.part_kpis:
            yield EntryProblem("kpi", f"{kpi.id} is made of other KPIs (give their figures)")
        if self.total is not None and not kpi.takes_counts:
            yield EntryProblem("in_target", f"{kpi.id} is no share of events (give its value)")
        if self.value is not None:
            yield from _range(self.value, kpi)

    def doubts(self, context: EntryContext) -> Iterator[str]:
        kpi = context.kpi(self.kpi, self.month)
        if kpi is None or self.party == "agreed":
            return
        agreed = context.effective.figure(self.kpi, self.month, "agreed")
        if agreed is not None:
            yield f"entry {agreed[0].number} is the agreed figure of {kpi.id} for {self.month}, and counts"
        elif kpi.source_of_truth in _COUNTS and kpi.source_of_truth != self.party:
            yield f"{_COUNTS[kpi.source_of_truth]} for {kpi.id} (source_of_truth); this one is shown beside it"
        elif self.party == "authority" and (
            is_probed(kpi, context.terms_of(self.month)) or kpi.ticket_terms is not None
        ):
            made = "tickets are counted" if kpi.ticket_terms is not None else "its endpoints are probed"
            yield f"{kpi.id} is worked out where {made}: this figure stands only where there is nothing to work out"

    def begins_ms(self, month: str, context: EntryContext) -> int:
        """A figure may be told as soon as its measurement period runs, which goes by its last month."""
        kpi = context.kpi(self.kpi, month)
        first = month if kpi is None else shifted(month, 1 - kpi.measurement_months)
        return context.whole_month(first).start_ms

    def last_word_on(self) -> Hashable:
        return self.kpi, self.month, self.party


def _range(value: Decimal, kpi: Kpi) -> Iterator[EntryProblem]:
    if kpi.unit == "percent" and value > 100:
        yield EntryProblem("value", "must be at most 100 per cent (write 99.5 for 99.5 %)")
    if kpi.unit in _NOT_BELOW_NOTHING and value < 0:
        yield EntryProblem("value", "must not be below 0")
    if kpi.unit == "count" and value != value.to_integral_value():
        yield EntryProblem("value", "must be a whole number: it counts")
