"""Terms that every KPI has: target, bands, rounding, repeats, and when it is priced."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Day, Identifier, Misplaced, Strict, Whole, YesNo
from sla_monitor.contract.kpis.bands import Band, Direction, Level, Rounding, tiling_problems
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.rules.plain_values import RuleProblem

if TYPE_CHECKING:
    from sla_monitor.contract.kpis.kpi import RatioKpi
    from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
    from sla_monitor.contract.terms import Terms

Factor = Annotated[Level, Field(ge=0, le=1000)]


class Repeat(Strict):
    """What a failure in consecutive measurement periods costs: the points of this period's band, times the factor."""

    factor: Factor = Field(description="What the points are multiplied by.")
    compounding: YesNo = Field(False, description="true: the factor once more for every further failure of the run.")
    on_missing: Literal["breaks", "keeps", "counts"] = Field(
        description="A period without a figure ends the run, is passed over, or is taken as a failure in it."
    )


class Related(Strict):
    """KPIs that one incident fails together. exclude_samples is applied where the samples are counted."""

    group: Identifier = Field(description="The same name in all of them.")
    dedupe: Literal["none", "highest", "exclude_samples"] = Field(
        description="All cost points, only the one with the most, or samples of an outage are left out."
    )


class KpiTerms(Strict):
    """What every KPI has, and what every indicator answers about itself. Levels are in the indicator's unit."""

    unit: ClassVar[str] = ""
    is_probed: ClassVar[bool] = False
    """Whether its figure is made of what is seen at endpoints, where its service has some."""
    is_of_samples: ClassVar[bool] = False
    """Whether its figure is made of each probe by itself, and not of the time between them, whatever its terms are."""
    takes_counts: ClassVar[bool] = False
    """Whether somebody may report it as so many in target of so many."""

    id: Identifier = Field(description="The contract's own number, for example KPI1.")
    title: str = Field("", description="What is promised, in words.")
    clause: str = Field("", description="Where the contract says so.")
    kind: Literal["KPI", "PI"] = Field("KPI", description="A PI is reported and not priced.")
    service: Identifier | None = Field(None, description="The id of the service.")
    direction: Direction = Field("higher_is_better", description="Which way is worse.")
    target: Level = Field(description="The result that keeps the promise.")
    threshold: Level | None = Field(None, description="The floor: worse than this is below threshold.")
    bands: tuple[Band, ...] = Field((), description="Best first; they tile the line.")
    rounding: Rounding | None = Field(None, description="Required with bands; mode none: no rounding.")
    repeat: Repeat | None = Field(None, description="What failing again costs.")
    related: Related | None = Field(None, description="Which other KPIs the same incident fails.")
    average_with_previous: Annotated[Whole, Field(ge=0, le=12)] = Field(
        0, description="How many earlier measurement periods are averaged in before banding."
    )
    measurement_months: Annotated[Literal[1, 3, 6, 12], Field(description="Months of a measurement period.")] = 1
    bedding_in_until: Day | None = Field(None, description="Points and no money before this date.")
    source_of_truth: Literal["authority", "supplier", "joint"] = Field(
        "authority", description="Whose figure counts until both agree on one; joint: neither's where they differ."
    )
    publishable: YesNo = Field(False, description="Whether results may be published.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        problems = [(("bands", *path), message) for path, message in tiling_problems(self.bands, self.direction)]
        problems += [] if problems else self._edges()
        if self.bands and self.rounding is None:
            problems.append((("rounding",), "is missing (write rounding: {mode: none}, or mode and places)"))
        if self.threshold is not None and self.is_worse(self.threshold, self.target) is False:
            problems.append((("threshold",), "must be worse than the target"))
        if self.kind == "PI" and any(band.points for band in self.bands):
            problems.append((("kind",), "a PI has no points (write KPI, or take the points out of its bands)"))
        if self.kind == "PI" and any(band.amount for band in self.bands):
            problems.append((("kind",), "a PI costs nothing (write KPI, or take the amounts out of its bands)"))
        if problems:
            raise Misplaced(problems)
        return self

    def _edges(self) -> list[tuple[tuple[str | int, ...], str]]:
        cuts = {cut.value for band in self.bands for cut in (band.lower, band.upper) if cut}
        levels = {"target": self.target, "threshold": self.threshold}
        return [
            ((key,), "is no edge of a band (change it, or the bands)")
            for key, level in levels.items()
            if self.bands and level is not None and level not in cuts
        ]

    @property
    def gives_points(self) -> bool:
        """Whether any result of it costs service points."""
        return any(band.points for band in self.bands)

    @cached_property
    def target_ratio(self) -> Fraction:
        """The target as a part of 1 where it is per cent, and otherwise as it is."""
        return Fraction(self.target) / (100 if self.unit == "percent" else 1)

    @property
    def needs_samples(self) -> bool:
        """Whether its figure needs each probe by itself, by its terms."""
        return self.is_of_samples

    @property
    def downtime_counting(self) -> Counting | None:
        """How the time counts in which its service is down, against an allowance of it; None: it has no such time."""
        return None

    @property
    def ticket_terms(self) -> RatioKpi | None:
        """Which tickets of the register it counts, and how; None: it counts none."""
        return None

    @property
    def asked_source(self) -> PrometheusSource | None:
        """The Prometheus that its figure is asked of; None: it is asked of none."""
        return None

    @property
    def least_denominator(self) -> int:
        """Where it is reported as so many of so many, the late ones are divided by no fewer than this."""
        return 0

    @property
    def value_without_events(self) -> Fraction | None:
        """Its figure where it is reported that nothing happened; None: it has none."""
        return None

    @property
    def named_endpoints(self) -> tuple[str, ...]:
        """The endpoints that it names; none: it is of all of its service."""
        return ()

    @property
    def part_kpis(self) -> tuple[str, ...]:
        """The KPIs that it is made of; none: it is no composite."""
        return ()

    def counting_words(self) -> Iterator[str]:
        """How its figure is counted, in words: a line for each rule of its own. They stand on every report."""
        yield from ()

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        """What is allowed and cannot work well, with the path of the term below the KPI."""
        yield from ()

    def is_worse(self, one: Decimal | Fraction, other: Decimal | Fraction) -> bool:
        """Whether one result is worse than another, in this KPI's direction."""
        return one < other if self.direction == "higher_is_better" else one > other
