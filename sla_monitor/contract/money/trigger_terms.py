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
BY_DAY = frozenset({"downtime_hours", "outages"})
"""Measures that are known day by day, and not only month by month."""


class TriggerCondition(Strict):
    """One number over a window, compared with a limit.

    rolling: this month and the ones before it, taken together; contract_year: the contract year so far;
    consecutive: in each of the last so many months (or measurement periods, for failures of quarterly KPIs). With
    `days`, the same for any so many days in a row, whatever months they lie in.
    """

    measure: Literal[
        "points",
        "failures",
        "below_threshold_percent",
        "kpi_value",
        "downtime_hours",
        "outages",
        "credits",
        "credits_percent_of_cap",
        "credits_percent_of_charges",
        "tripped",
    ] = Field(
        description="points, credits: sums. failures: KPIs that missed the target. below_threshold_percent: their share"
        " of the KPIs measured. kpi_value: the sum of results. downtime_hours: what availabilities lost, as it was"
        " seen. outages: how many there were, an outage over the end of a day or a month once. tripped: months in which"
        " other triggers were set off."
    )
    kpis: tuple[KpiId, ...] = Field((), description="None: all; a PI counts only where it is named.")
    bands: tuple[Identifier, ...] = Field((), description="For failures: only those in these bands.")
    material: Annotated[bool, Field(strict=True)] = Field(False, description="For failures: only material ones.")
    trigger: Identifier | None = Field(None, description="For tripped: which; it must stand above this one.")
    triggers: tuple[Identifier, ...] = Field((), description="For tripped: several of them, added up.")
    cap: Identifier | None = Field(None, description="For credits_percent_of_cap.")
    window: Literal["rolling", "consecutive", "contract_year"] = Field("rolling", description="What is taken together.")
    months: Annotated[Whole, Field(ge=1, le=120)] = Field(1, description="The length of the window.")
    days: Annotated[Whole, Field(ge=1, le=3660)] | None = Field(
        None, description="The length of the window in days, in place of months: any so many days, from midnight on."
    )
    more_than: Level | None = Field(None, description="The limit, which does not set it off.")
    at_least: Level | None = Field(None, description="The limit, which does.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problems: list[tuple[tuple[str | int, ...], str]] = []
        if (self.more_than is None) == (self.at_least is None):
            problems.append((("more_than",), "or at_least: write one of them"))
        if (self.measure == "tripped") != bool(self.named_triggers):
            problems.append((("trigger",), "belongs to measure: tripped"))
        if self.trigger is not None and self.triggers:
            problems.append((("trigger",), "or triggers: write one of the two"))
        if (self.measure == "credits_percent_of_cap") != (self.cap is not None):
            problems.append((("cap",), "belongs to measure: credits_percent_of_cap"))
        if self.measure == "below_threshold_percent" and self.window != "consecutive" and self.months > 1:
            problems.append((("window",), "must be consecutive: a share of several months has no sum"))
        problems += [] if self.days is None else self._by_day()
        if problems:
            raise Misplaced(problems)
        return self

    def _by_day(self) -> list[tuple[tuple[str | int, ...], str]]:
        """What does not go with a window of days."""
        problems: list[tuple[tuple[str | int, ...], str]] = []
        if "months" in self.model_fields_set:
            problems.append((("days",), "or months: write one of the two"))
        if self.window == "contract_year":
            problems.append((("window",), "has no days (write rolling or consecutive, or leave days out)"))
        if self.measure not in BY_DAY:
            measures = " or ".join(sorted(BY_DAY))
            problems.append((("days",), f"is for what is known by the day (write months, or measure: {measures})"))
        return problems

    @property
    def named_triggers(self) -> tuple[str, ...]:
        """The triggers that `tripped` adds up."""
        return (self.trigger,) if self.trigger is not None else self.triggers

    @property
    def needs_days(self) -> bool:
        """Whether it reads what outages cost day by day."""
        return self.days is not None or self.measure == "outages"

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
    conditions: tuple[TriggerCondition, ...] = Field(min_length=1, description="Its conditions.")
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
