"""Bands: the steps into which a contract cuts the results of a KPI, and the rule that they tile the line.

A band says itself on which side an edge belongs: `at_least` and `at_most` hold their edge, `above` and `below` do not.
So no result can fall between two bands or into both, whatever the number of digits the schedule was printed with.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sla_monitor.contract.fields import UNITS_MS, Identifier, Misplaced, Money, Strict, Whole, YesNo, parse_duration

Direction = Literal["higher_is_better", "lower_is_better"]
Problems = list[tuple[tuple[str | int, ...], str]]


def _level(value: Any) -> Any:
    """A number in the KPI's unit; a duration such as `500ms` is a number of milliseconds."""
    if isinstance(value, str) and value[-1:] in {unit[-1] for unit in UNITS_MS}:
        return Decimal(parse_duration(value))
    if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
        raise ValueError("must be a number (write for example 99.9)")
    return value


Level = Annotated[
    Decimal,
    BeforeValidator(_level),
    Field(max_digits=18, decimal_places=9),
    WithJsonSchema({"type": ["number", "string"], "examples": [99.9, "500ms"]}),
]
"""A result of a KPI: per cent, milliseconds (or a duration), days, or a count, as the indicator says."""

Points = Annotated[
    Decimal,
    BeforeValidator(_level),
    Field(ge=0, max_digits=9, decimal_places=3),
    WithJsonSchema({"type": ["number", "string"]}),
]
"""Service points."""


class Cut(NamedTuple):
    """A place between two results: just below the value (`after` False), or just above it."""

    value: Decimal
    after: bool

    def is_below(self, value: Fraction) -> bool:
        return self.value < value or (self.value == value and not self.after)

    def __str__(self) -> str:
        return f"{self.value:f}"


class Band(Strict):
    """One step of a KPI's results. Best first; the best and the worst are open on one side."""

    name: Identifier = Field(description="met, minor, serious, severe or below_threshold, unless the contract says so.")
    at_least: Level | None = Field(None, description="Lower edge, which belongs to the band.")
    above: Level | None = Field(None, description="Lower edge, which does not.")
    below: Level | None = Field(None, description="Upper edge, which does not belong to the band.")
    at_most: Level | None = Field(None, description="Upper edge, which does.")
    points: Points = Field(Decimal(0), description="Service points of a result in this band.")
    amount: Money = Field(Decimal(0), description="What it costs by a rule of credits with method: bands.")
    material: YesNo = Field(False, description="A failure that brings the rectification process.")

    @model_validator(mode="after")
    def _one_edge_a_side(self) -> Self:
        for one, other in (("at_least", "above"), ("below", "at_most")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise Misplaced([((other,), f"conflicts with {one} (write one of them: does the edge belong here?)")])
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise Misplaced([(("name",), f"holds no result between {self.lower} and {self.upper}")])
        return self

    @cached_property
    def lower(self) -> Cut | None:
        return _cut(self.at_least, after=False) or _cut(self.above, after=True)

    @cached_property
    def upper(self) -> Cut | None:
        return _cut(self.below, after=False) or _cut(self.at_most, after=True)

    @cached_property
    def edges(self) -> str:
        """In words: `at least 98, below 99`."""
        words = ("at_least", "above", "below", "at_most")
        given = ((word.replace("_", " "), getattr(self, word)) for word in words)
        return ", ".join(f"{word} {value:f}" for word, value in given if value is not None)

    def holds(self, value: Fraction) -> bool:
        """Whether a result falls into this band."""
        is_over = self.lower is None or self.lower.is_below(value)
        return is_over and (self.upper is None or not self.upper.is_below(value))


def _cut(value: Decimal | None, *, after: bool) -> Cut | None:
    return None if value is None else Cut(value, after)


def tiling_problems(bands: Sequence[Band], direction: Direction) -> Problems:
    """Why bands do not tile the line, best first: gaps, overlaps, ends that are not open, points that fall."""
    if not bands:
        return []
    inner, outer = ("lower", "upper") if direction == "higher_is_better" else ("upper", "lower")
    problems: Problems = []
    for position, band, end in ((0, bands[0], outer), (len(bands) - 1, bands[-1], inner)):
        if getattr(band, end) is not None:
            side = "upper" if end == "upper" else "lower"
            problems.append(((position,), f"needs no {side} edge: nothing is beyond it (leave the edge out)"))
    for position, (better, worse) in enumerate(pairwise(bands), start=1):
        message = _between(getattr(better, inner), getattr(worse, outer), direction)
        if message:
            problems.append(((position,), message))
        if worse.points < better.points:
            problems.append(((position, "points"), "must not be fewer than in the better band above"))
        if worse.amount < better.amount:
            problems.append(((position, "amount"), "must not be less than in the better band above"))
    return problems


def _between(ends: Cut | None, begins: Cut | None, direction: Direction) -> str:
    """What is wrong where a better band ends and the next one begins; nothing if they meet."""
    if ends is None or begins is None:
        return "needs an edge where the band above ends (put the best band first)"
    if ends == begins:
        return ""
    is_gap = (begins < ends) == (direction == "higher_is_better")
    if ends.value == begins.value:
        said = f"{ends} is in {'neither' if is_gap else 'both'}"
    else:
        low, high = min(ends, begins), max(ends, begins)
        said = f"what lies between {low} and {high} is in {'neither' if is_gap else 'both'}"
    return f"does not begin where the band above ends: {said} (let one band have each edge)"


class Rounding(Strict):
    """How the contract rounds a result, and whether it bands what is rounded."""

    mode: Literal["half_up", "half_even", "down", "up", "none"] = Field(
        description="What happens to a half, or that results are cut (down), raised (up), or left as they are."
    )
    places: Annotated[Whole, Field(ge=0, le=9)] = Field(0, description="Digits after the point.")
    when: Literal["before_banding", "after"] = Field("before_banding", description="after: only for display.")
