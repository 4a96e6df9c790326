"""Service credits: how a failure becomes money. One class for each method; a contract may use several at once.

To add a method: a class here, its name in `Credit`, and a function in `sla_monitor/sla/credits.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.bands import Points
from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Money, Percent, Strict, Whole, YesNo
from sla_monitor.contract.money import MinimumPayout
from sla_monitor.contract.promise import Factor
from sla_monitor.contract.steps import PercentUp, RepeatStep, Rung, Share, Slice, Tier

Partial = Literal["prorata", "floor", "ceil"]


class CreditTerms(Strict):
    """What every rule has. `service`: the charges that a percentage is of; none: those of the whole contract."""

    id: Identifier
    clause: str = ""
    service: Identifier | None = None
    rounding: Literal["half_up", "half_even", "down", "up"] = Field("half_up", description="To the smallest coin.")
    min_payout: MinimumPayout | None = None


class PointsCredit(CreditTerms):
    """Sum of the period's points, times a percentage, of the charges."""

    method: Literal["points"]
    kpis: tuple[Identifier, ...] = Field((), description="Whose points; none: all KPIs'.")
    per_point_percent: PercentUp


class ShortfallCredit(CreditTerms):
    """So many per cent of the charges for each percentage point by which a result misses its target."""

    method: Literal["shortfall"]
    kpis: tuple[Identifier, ...] = Field(min_length=1)
    rate_percent: PercentUp
    partial: Partial = Field(description="A begun point counts in proportion, not at all, or whole.")
    max_percent: PercentUp | None = None


class TierCredit(CreditTerms):
    """A table from results to percentages of the bill."""

    method: Literal["tiers"]
    kpi: Identifier
    tiers: tuple[Tier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len({tier.is_low for tier in self.tiers}) > 1:
            raise Misplaced([(("tiers",), "must all look the same way (below and at_most, or above and at_least)")])
        return self


class EarnBack(Strict):
    """A credit is returned if the mean of the results of so many periods after it is at or over the target."""

    periods: Annotated[Whole, Field(ge=1, le=120)]


class PoolCredit(CreditTerms):
    """A part of the charges is at risk; each KPI in default takes its weight out of it."""

    method: Literal["at_risk_pool"]
    at_risk_percent: Percent
    pool_percent: PercentUp = Field(Decimal(100), description="The part of the amount at risk for this rule's KPIs.")
    allocation: dict[Identifier, PercentUp] = Field(min_length=1)
    misses: Annotated[Whole, Field(ge=1)] = Field(1, description="So many missed targets are a default...")
    in_periods: Annotated[Whole, Field(ge=1)] = Field(1, description="... in so many measurement periods.")
    earn_back: EarnBack | None = None


class LadderCredit(CreditTerms):
    """A table from the period's points to a percentage of the charges."""

    method: Literal["ladder"]
    kpis: tuple[Identifier, ...] = ()
    rungs: tuple[Rung, ...] = Field(min_length=1)
    between: Literal["step_down", "step_up", "prorata"] = Field(description="What a number between two rungs gives.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        points = [rung.at_least for rung in self.rungs]
        if points != sorted(set(points)):
            raise Misplaced([(("rungs",), "must ascend, each number of points once")])
        return self


class RatchetCredit(CreditTerms):
    """A price for each point over a free allowance, which rises with the number of points."""

    method: Literal["ratchet"]
    kpis: tuple[Identifier, ...] = ()
    free: Points = Decimal(0)
    per_point: Money
    slices: tuple[Slice, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        ends = [self.free, *(one.up_to for one in self.slices[:-1])]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends) or known != sorted(set(known)) or self.slices[-1].up_to is not None:
            raise Misplaced([(("slices",), "must ascend from the free points, and the last must be open (no up_to)")])
        return self


class UnitRateCredit(CreditTerms):
    """A rate for every block of time (or every unit of a count) of unavailability, by weight of the area."""

    method: Literal["unit_rate"]
    kpi: Identifier | None = Field(None, description="A count whose result is the number of blocks; none: outages.")
    rate: Money | None = None
    share: Share | None = Field(None, description="The rate as a share of the charges: 1/30 a day.")
    weights: dict[Identifier, Factor] = Field(default_factory=dict, description="By area; an area not named has 1.")
    block_ms: DurationMs | None = Field(None, alias="block")
    blocks: Literal["full", "begun", "prorata"] = "full"
    used_factor: Factor = Field(Decimal(1), description="For what was unavailable and used all the same.")
    repeats: tuple[RepeatStep, ...] = Field((), description="The last that holds decides.")
    max_blocks: Annotated[Whole, Field(ge=1)] | None = Field(None, description="In one month.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.rate is None) == (self.share is None):
            raise Misplaced([(("rate",), "or share: write one of them")])
        if (self.kpi is None) == (self.block_ms is None):
            raise Misplaced([(("block",), "is for outages, kpi for a count: write one of them")])
        return self


class FixedCredit(CreditTerms):
    """An amount for each KPI that misses its target."""

    method: Literal["fixed"]
    amounts: dict[Identifier, Money] = Field(min_length=1)


class MisreportingCredit(CreditTerms):
    """A deduction that was not reported is made after all, and a surcharge on it."""

    method: Literal["misreporting"]
    deliberate_percent: PercentUp
    otherwise_percent: PercentUp
    none_if_corrected: YesNo = Field(description="No surcharge if corrected before payment.")


Credit = Annotated[
    PointsCredit
    | ShortfallCredit
    | TierCredit
    | PoolCredit
    | LadderCredit
    | RatchetCredit
    | UnitRateCredit
    | FixedCredit
    | MisreportingCredit,
    Field(discriminator="method"),
]
"""One rule that makes credits."""
