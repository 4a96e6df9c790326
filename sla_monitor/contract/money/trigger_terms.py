"""Triggers: what several results together set off, and what follows."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Strict, Whole
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.contract.kpis.kpi_references import KpiId

MONEY = frozenset({"credits", "credits_percent_of_cap", "credits_percent_of_charges"})
Effect = Literal[
    "rectification_plan",
    "termination_right",
    "notice",
    "withhold_period_charges",
    "suppress_points",
    "suppress_credits",
]
BEFORE_MONEY: frozenset[Effect] = frozenset({"withhold_period_charges", "suppress_points", "suppress_credits"})
"""Effects that decide about the period's own points and money, and so cannot depend on them."""


class TriggerCondition(Strict):
    """One number over a window, compared with a limit.

    rolling: this month and the ones before it, taken together; contract_year: the contract year so far;
    consecutive: in each of the last so many months (or measurement periods, for failures of quarterly KPIs).
    """

    measure: Literal[
        "points",
        "failures",
        "below_threshold_percent",
        "kpi_value",
        "downtime_hours",
        "credits",
        "credits_percent_of_cap",
        "credits_percent_of_charges",
        "tripped",
    ] = Field(
        description="points, credits: sums. failures: KPIs that missed the target. below_threshold_percent: their share"
        " of the KPIs measured. kpi_value: the sum of results. downtime_hours: what availabilities lost, as it was"
        " seen. tripped: months in which another trigger was set off."
    )
    kpis: tuple[KpiId, ...] = Field((), description="None: all; a PI counts only where it is named.")
    bands: tuple[Identifier, ...] = Field((), description="For failures: only those in these bands.")
    material: Annotated[bool, Field(strict=True)] = Field(False, description="For failures: only material ones.")
    trigger: Identifier | None = Field(None, description="For tripped: which; it must stand above this one.")
    cap: Identifier | None = Field(None, description="For credits_percent_of_cap.")
    window: Literal["rolling", "consecutive", "contract_year"] = Field("rolling", description="What is taken together.")
    months: Annotated[Whole, Field(ge=1, le=120)] = Field(1, description="The length of the window.")
    more_than: Level | None = Field(None, description="The limit, which does not set it off.")
    at_least: Level | None = Field(None, description="The limit, which does.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str]] = []
        if (self.more_than is None) == (self.at_least is None):
            problems.append((("more_than",), "or at_least: write one of them"))
        if (self.measure == "tripped") != (self.trigger is not None):
            problems.append((("trigger",), "belongs to measure: tripped"))
        if (self.measure == "credits_percent_of_cap") != (self.cap is not None):
            problems.append((("cap",), "belongs to measure: credits_percent_of_cap"))
        if self.measure == "below_threshold_percent" and self.window != "consecutive" and self.months > 1:
            problems.append((("window",), "must be consecutive: a share of several months has no sum"))
        if problems:
            raise Misplaced(problems)
        return self

    @property
    def limit(self) -> Decimal:
        return self.more_than if self.more_than is not None else self.at_least or Decimal(0)

    def holds(self, number: Fraction) -> bool:
        return number > self.limit if self.more_than is not None else number >= self.limit


class Trigger(Strict):
    """What is set off when any (or all) of its conditions hold."""

    id: Identifier = Field(description="The name in reports, metrics and other triggers.")
    clause: str = Field("", description="Where the contract says so.")
    when: Literal["any", "all"] = Field("any", description="How many of the conditions must hold.")
    conditions: tuple[TriggerCondition, ...] = Field(min_length=1, description="What is looked at.")
    effects: tuple[Effect, ...] = Field(min_length=1, description="What follows.")
    cap: Identifier | None = Field(None, description="The cap that withheld charges stay under.")
    draft_working_days: Whole | None = Field(None, description="For a rectification plan.")

    @property
    def is_before_money(self) -> bool:
        return bool(BEFORE_MONEY & set(self.effects))

    @model_validator(mode="after")
    def _not_in_a_circle(self) -> Self:
        measures = {condition.measure for condition in self.conditions}
        if self.is_before_money and measures & (MONEY | {"tripped"}):
            raise Misplaced([(("conditions",), "cannot look at money or triggers and also decide about the money")])
        return self
