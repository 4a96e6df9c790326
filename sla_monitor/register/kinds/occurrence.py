"""Times that an area was unavailable, for credits by unit rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier, Whole, YesNo
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month, Number
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


AREA_AT_MOST = 200


class Occurred(EntryKind):
    """One time that an area or service was unavailable, for a credit by unit rate."""

    action = Action.GIVE_FIGURES
    topic = Topic.FIGURES
    example = Example({"rule": "unavailability", "month": "2026-10", "duration_ms": 2_700_000, "area": "ward"})

    kind: Literal["occurrence"] = "occurrence"
    rule: Identifier = Field(description="The id of the credit rule.")
    month: Month = Field(description="The service period in which it counts.")
    duration_ms: Annotated[Whole, Field(ge=0)] = Field(description="How long, in milliseconds.")
    area: str = Field("", description="One of the rule's weights.")
    used: YesNo = Field(False, description="Whether it was used all the same.")
    repeats: Number = Field(1, description="How often it has happened in the month.")

    def words(self, say: Wording) -> str:
        where = f" of {self.area}" if self.area else ""
        more = f"{', used all the same' if self.used else ''}{f', {self.repeats} times' if self.repeats > 1 else ''}"
        return f"Occurrence{where} under {self.rule}, {say.month(self.month)}: {say.duration(self.duration_ms)}{more}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        credits_ = context.terms_of(self.month).credits
        rules = [rule.id for rule in credits_ if rule.prices_occurrences]
        if self.rule not in rules:
            yield EntryProblem("rule", f"no such credit by unit rate: {self.rule} ({suggestion(self.rule, rules)})")
        if len(self.area) > AREA_AT_MOST:  # no rule of the field: what a ledger has must be read
            yield EntryProblem("area", f"must have at most {AREA_AT_MOST} characters")

    def doubts(self, context: EntryContext) -> Iterator[str]:
        terms = context.terms_of(self.month)
        rule = next((one for one in terms.credits if one.id == self.rule), None)
        if rule is None:
            return
        if rule.may_be_recorded(self.area, terms.kpis):
            yield f"{self.rule} prices outages on record: one that is on record must not be entered, or it costs twice"
        areas = rule.weighted_areas
        if areas and self.area and self.area not in areas:
            known = suggestion(self.area, areas)
            yield f"{self.area} is no area that {self.rule} gives a weight, and counts with 1 ({known})"
