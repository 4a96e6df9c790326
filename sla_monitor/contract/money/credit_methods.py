"""Service credits: how a failure becomes money. One class for each method; a contract may use several at once.

To add a method: a class here, its name in `Credit`, and a function in `sla_monitor/sla/money/credits.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Money, Percent, Strict, Whole, YesNo
from sla_monitor.contract.kpis.bands import Points
from sla_monitor.contract.kpis.kpi_terms import Factor
from sla_monitor.contract.money.charges_and_caps import MinimumPayout
from sla_monitor.contract.money.credit_tables import ChargeShare, PercentUp, RepeatStep, Rung, Slice, Tier

Partial = Literal["prorata", "floor", "ceil"]


class CreditTerms(Strict):
    """What every rule has. `service`: the charges that a percentage is of; none: those of the whole contract."""

    id: Identifier = Field(description="The name of the rule in reports.")
    clause: str = Field("", description="Where the contract says so.")
    service: Identifier | None = Field(None, description="Whose charges percentages are of; none: all charges.")
    rounding: Literal["half_up", "half_even", "down", "up"] = Field("half_up", description="To the smallest coin.")
    min_payout: MinimumPayout | None = Field(None, description="A smaller credit is not paid.")


class PointsCredit(CreditTerms):
    """Sum of the period's points, times a percentage, of the charges."""

    method: Literal["points"] = Field(description="How the credit is worked out.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose points; none: all KPIs'.")
    per_point_percent: PercentUp = Field(description="Of the charges, for each point.")


class ShortfallCredit(CreditTerms):
    """So many per cent of the charges for each percentage point by which a result misses its target."""

    method: Literal["shortfall"] = Field(description="How the credit is worked out.")
    kpis: tuple[Identifier, ...] = Field(min_length=1, description="Whose shortfall.")
    rate_percent: PercentUp = Field(description="Of the charges, for each percentage point.")
    partial: Partial = Field(description="A begun point counts in proportion, not at all, or whole.")
    max_percent: PercentUp | None = Field(None, description="No more than this for one KPI.")


class TierCredit(CreditTerms):
    """A table from results to percentages of the bill."""

    method: Literal["tiers"] = Field(description="How the credit is worked out.")
    kpi: Identifier = Field(description="Whose result is looked up.")
    tiers: tuple[Tier, ...] = Field(min_length=1, description="In any order.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len({tier.is_low for tier in self.tiers}) > 1:
            raise Misplaced([(("tiers",), "must all look the same way (below and at_most, or above and at_least)")])
        return self


class EarnBack(Strict):
    """A credit is returned if the mean of the results of so many periods after it is at or over the target."""

    periods: Annotated[Whole, Field(ge=1, le=120)] = Field(description="Measurement periods after the failure.")


class PoolCredit(CreditTerms):
    """A part of the charges is at risk; each KPI in default takes its weight out of it."""

    method: Literal["at_risk_pool"] = Field(description="How the credit is worked out.")
    at_risk_percent: Percent = Field(description="Of the charges: no month costs more by this rule.")
    pool_percent: PercentUp = Field(Decimal(100), description="The part of the amount at risk for this rule's KPIs.")
    allocation: dict[Identifier, PercentUp] = Field(min_length=1, description="Each KPI's weight in the pool.")
    misses: Annotated[Whole, Field(ge=1)] = Field(1, description="So many missed targets are a default...")
    in_periods: Annotated[Whole, Field(ge=1)] = Field(1, description="... in so many measurement periods.")
    earn_back: EarnBack | None = Field(None, description="When a credit is returned.")


class LadderCredit(CreditTerms):
    """A table from the period's points to a percentage of the charges."""

    method: Literal["ladder"] = Field(description="How the credit is worked out.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose points; none: all KPIs'.")
    rungs: tuple[Rung, ...] = Field(min_length=1, description="Ascending by points.")
    between: Literal["step_down", "step_up", "prorata"] = Field(description="What a number between two rungs gives.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        points = [rung.at_least for rung in self.rungs]
        if points != sorted(set(points)):
            raise Misplaced([(("rungs",), "must ascend, each number of points once")])
        return self


class RatchetCredit(CreditTerms):
    """A price for each point over a free allowance, which rises with the number of points."""

    method: Literal["ratchet"] = Field(description="How the credit is worked out.")
    kpis: tuple[Identifier, ...] = Field((), description="Whose points; none: all KPIs'.")
    free: Points = Field(Decimal(0), description="Points that cost nothing.")
    per_point: Money = Field(description="The price of a point.")
    slices: tuple[Slice, ...] = Field(min_length=1, description="Ascending; the last is open.")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        ends = [self.free, *(one.up_to for one in self.slices[:-1])]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends) or known != sorted(set(known)) or self.slices[-1].up_to is not None:
            raise Misplaced([(("slices",), "must ascend from the free points, and the last must be open (no up_to)")])
        return self


class UnitRateCredit(CreditTerms):
    """A rate for every block of time (or every unit of a count) of unavailability, by weight of the area."""

    method: Literal["unit_rate"] = Field(description="How the credit is worked out.")
    kpi: Identifier | None = Field(None, description="A count whose result is the number of blocks; none: outages.")
    rate: Money | None = Field(None, description="For one block, at a weight of 1.")
    share: ChargeShare | None = Field(None, description="The rate as a share of the charges: 1/30 a day.")
    weights: dict[Identifier, Factor] = Field(default_factory=dict, description="By area; an area not named has 1.")
    block_ms: DurationMs | None = Field(None, alias="block", description="How long a block of an outage is.")
    blocks: Literal["full", "begun", "prorata"] = Field("full", description="How a block that is not full counts.")
    rectified_within_ms: DurationMs | None = Field(
        None,
        alias="rectified_within",
        description="An outage put right within this time costs nothing; a longer one counts from its beginning.",
    )
    used_factor: Factor = Field(Decimal(1), description="For what was unavailable and used all the same.")
    repeats: tuple[RepeatStep, ...] = Field((), description="The last that holds decides.")
    max_blocks: Annotated[Whole, Field(ge=1)] | None = Field(None, description="In one month.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.rate is None) == (self.share is None):
            raise Misplaced([(("rate",), "or share: write one of them")])
        if (self.kpi is None) == (self.block_ms is None):
            raise Misplaced([(("block",), "is for outages, kpi for a count: write one of them")])
        if self.rectified_within_ms is not None and self.kpi is not None:
            raise Misplaced([(("rectified_within",), "is for outages, and not for a count (leave it out)")])
        return self


class FixedCredit(CreditTerms):
    """An amount for each KPI that misses its target."""

    method: Literal["fixed"] = Field(description="How the credit is worked out.")
    amounts: dict[Identifier, Money] = Field(min_length=1, description="By KPI.")


class MisreportingCredit(CreditTerms):
    """A deduction that was not reported is made after all, and a surcharge on it."""

    method: Literal["misreporting"] = Field(description="How the credit is worked out.")
    deliberate_percent: PercentUp = Field(description="The surcharge on what was left out on purpose.")
    otherwise_percent: PercentUp = Field(description="The surcharge on what was left out by mistake.")
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
