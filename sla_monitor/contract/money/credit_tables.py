"""The rows of the tables that credits are read from."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeAlias, cast

from pydantic import (
    BeforeValidator,
    Field,
    GetPydanticSchema,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema

from sla_monitor.contract.fields import DurationMs, Misplaced, Money, Strict, Whole
from sla_monitor.contract.kpis.bands import Level, Points
from sla_monitor.contract.kpis.kpi_terms import Factor

_is_fraction = re.compile(r"[0-9]{1,12}/[1-9][0-9]{0,11}").fullmatch


def parse_fraction(value: Any) -> Fraction | None:
    """`1/30`, with no more than twelve digits on either side."""
    if isinstance(value, Fraction):
        return value
    return Fraction(value) if isinstance(value, str) and _is_fraction(value) else None


def _share(value: Any) -> Fraction:
    found = parse_fraction(value)
    if found is None:
        raise ValueError("must be a fraction of whole numbers with at most twelve digits each (write for example 1/30)")
    return found


ChargeShare = Annotated[Any, BeforeValidator(_share), WithJsonSchema({"type": "string", "examples": ["1/30"]})]

Number: TypeAlias = Decimal | Fraction
"""As a file has it: a decimal number, or a fraction."""


def percentage(limit: int) -> Any:
    """How a percentage up to a limit is read: a number, or a fraction such as `1/30`."""

    def read(value: Any, number: ValidatorFunctionWrapHandler) -> Number:
        found = parse_fraction(value)
        if found is None:
            return cast("Decimal", number(value))
        if found > limit:
            raise ValueError(f"must be at most {limit}")
        return found

    bounded = Annotated[Level, Field(ge=0, le=limit)]
    return GetPydanticSchema(
        lambda _, handler: core_schema.no_info_wrap_validator_function(read, handler.generate_schema(bounded))
    )


PERCENT_SCHEMA = WithJsonSchema({"type": ["number", "string"], "examples": [2.5, "1/30"]})
PercentUp = Annotated[Number, percentage(10_000), PERCENT_SCHEMA]
PercentPart = Annotated[Number, percentage(100), PERCENT_SCHEMA]


class OnlyIfRepeated(Strict):
    """A failure costs nothing by itself: it must repeat in the measurement periods that follow."""

    periods: Annotated[Whole, Field(ge=2, le=120)] = Field(2, description="So many in a row must miss the target.")
    pays: Literal["all", "latest"] = Field(
        description="all: the last of them brings the credits of all of them; latest: only those from then on."
    )


class Edge(Strict):
    """The results beyond an edge, which one of four words gives."""

    below: Level | None = Field(None, description="For results under this.")
    at_most: Level | None = Field(None, description="For this and results under it.")
    above: Level | None = Field(None, description="For results over this.")
    at_least: Level | None = Field(None, description="For this and results over it.")

    @model_validator(mode="after")
    def _one_edge(self) -> Self:
        if sum(edge is not None for edge in (self.below, self.at_most, self.above, self.at_least)) != 1:
            raise Misplaced([(("below",), "at_most, above or at_least: write one of them")])
        return self

    @property
    def is_low(self) -> bool:
        """Whether it is for results below its edge."""
        return self.below is not None or self.at_most is not None

    def holds(self, value: Fraction) -> bool:
        if self.is_low:
            return value < self.below if self.below is not None else value <= (self.at_most or 0)
        return value > self.above if self.above is not None else value >= (self.at_least or 0)


class Tier(Edge):
    """A percentage for every result beyond an edge; the farthest edge that is passed decides."""

    percent: PercentUp = Field(description="Of the charges.")


class DayTier(Edge):
    """Days for every result beyond an edge; the most of those that hold count."""

    days: Annotated[Whole, Field(ge=1, le=366)] = Field(description="So many days.")


class Reward(Edge):
    """What a result beyond an edge earns: a percentage of the charges, or an amount."""

    percent: PercentUp | None = Field(None, description="Of the charges;")
    amount: Money | None = Field(None, description="or so much.")

    @model_validator(mode="after")
    def _one_reward(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise Misplaced([(("percent",), "or amount: write one of them")])
        return self


class Rung(Strict):
    """From so many points on, so many per cent."""

    at_least: Points = Field(description="Points from which on it holds.")
    percent: PercentUp = Field(description="Of the charges.")


class Slice(Strict):
    """Points up to a number, at a factor of the price; the last slice is open."""

    up_to: Points | None = Field(None, description="The last point of the slice; none: all the rest.")
    factor: Factor = Field(description="What the price of a point is multiplied by.")


class ShortfallSlice(Strict):
    """The steps of a shortfall up to a result, at a rate of their own; the last slice may be open."""

    to: Level | None = Field(None, description="The worst result of the slice; none: all that are worse.")
    rate_percent: PercentUp | None = Field(None, description="Of the charges, for each step in the slice;")
    percent: PercentUp | None = Field(
        None, description="or, of an open slice, what a result in it costs in all, without the slices before."
    )

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if (self.rate_percent is None) == (self.percent is None):
            raise Misplaced([(("rate_percent",), "or percent: write one of them")])
        if self.percent is not None and self.to is not None:
            raise Misplaced([(("percent",), "is for the open slice, without to (write rate_percent)")])
        return self


class LatePrice(Strict):
    """What a ticket costs from so much lateness on; without an edge, whatever it is."""

    at_least_ms: DurationMs | None = Field(None, alias="at_least", description="For tickets so late and later;")
    above_ms: DurationMs | None = Field(None, alias="above", description="or only for later ones; none: for all late.")
    amount: Money | None = Field(None, description="For the ticket, or for each block of its lateness;")
    share: ChargeShare | None = Field(None, description="or a share of the charges, such as 1/20.")

    @model_validator(mode="after")
    def _one_edge(self) -> Self:
        if self.at_least_ms is not None and self.above_ms is not None:
            raise Misplaced([(("above",), "or at_least: write no more than one of them")])
        if (self.amount is None) == (self.share is None):
            raise Misplaced([(("amount",), "or share: write one of them")])
        return self

    def price(self, charges: Decimal) -> Fraction:
        """In money."""
        return Fraction(self.share or 0) * Fraction(charges) if self.amount is None else Fraction(self.amount)

    def words(self, charges: Decimal) -> str:
        return f"{self.share} of {charges}" if self.amount is None else f"{self.amount}"

    def holds(self, late_ms: int) -> bool:
        return late_ms >= self.at_least_ms if self.at_least_ms is not None else late_ms > (self.above_ms or 0)


class RepeatStep(Strict):
    """A factor for occurrences beyond a number. The two words differ in the occurrence with exactly that number."""

    more_than: Whole | None = Field(None, description="Beyond this number, without it.")
    at_least: Whole | None = Field(None, description="From this number on.")
    factor: Factor = Field(description="What the rate is multiplied by.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.more_than is None) == (self.at_least is None):
            raise Misplaced([(("more_than",), "or at_least: sources differ on the equal case, so say which")])
        return self

    def holds(self, repeats: int) -> bool:
        return repeats >= self.at_least if self.at_least is not None else repeats > (self.more_than or 0)
