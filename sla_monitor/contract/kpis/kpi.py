"""KPIs: what is measured, what was promised, and what a result is worth. One class for each indicator.

A class says all that is asked of its indicator outside of the maths. To add one: docs/how-to/add-a-kpi-indicator.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Percent, Strict, Whole, rounded_duration
from sla_monitor.contract.kpis.bands import Direction
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi_terms import Factor, KpiTerms
from sla_monitor.contract.kpis.prometheus_source import AskedKpi
from sla_monitor.contract.rules.plain_values import RuleProblem

if TYPE_CHECKING:
    from sla_monitor.contract.terms import Terms

PAGE_BURN = Fraction(144, 10)
"""The usual rule wakes somebody when an hour burns the month's allowance this many times too fast."""

SEEN_AT = "Where it is seen; none: at all endpoints of its service, and without these in the register."


class PercentKpi(KpiTerms):
    """A KPI whose results are per cent."""

    unit: ClassVar[str] = "percent"
    target: Percent = Field(description="The least result that keeps the promise, per hundred.")
    threshold: Percent | None = Field(None, description="The floor: worse than this is below threshold.")


class LowerKpi(KpiTerms):
    """A KPI that is the better the less there is of it."""

    direction: Direction = Field("lower_is_better", description="Which way is worse.")


class AvailabilityKpi(PercentKpi):
    """A promise of availability: the part of the agreed time that counts in which the service was not down."""

    is_probed: ClassVar[bool] = True
    indicator: Literal["availability"] = Field("availability", description="What is measured.")
    service: Identifier = Field(description="The id of the service.")
    counting: Counting = Field(Counting(), description="Which time counts, and as what.")

    @property
    def target_percent(self) -> Decimal:
        return self.target

    @property
    def needs_samples(self) -> bool:
        return self.counting.slow_as_down is not None  # an answer that is too slow is none

    @property
    def downtime_counting(self) -> Counting:
        return self.counting

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        yield from self._alarm()
        yield from self._places(terms)

    def _alarm(self) -> Iterator[RuleProblem]:
        """With everything down, an hour burns the allowance 1 / (1 - target) times too fast, and never faster."""
        allowed = 1 - self.target_ratio
        if allowed * PAGE_BURN > 1:
            fastest = f"{float(1 / allowed):.3g}"
            message = f"allows so much that the alarm at {float(PAGE_BURN):g} times its pace can never go off"
            remedy = f"with everything down the pace is {fastest} times (an alarm of its own, lower)"
            yield ("target",), f"{message}: {remedy}"

    def _places(self, terms: Terms) -> Iterator[RuleProblem]:
        """A quorum of more places than there are, and answers that we do not wait for as long as the contract does."""
        quorum, slow = self.counting.quorum, self.counting.slow_as_down
        probing = [endpoint for _, endpoint in terms.endpoints_of(self)]
        if quorum and probing and quorum.min_active > len(probing):
            count = f"{quorum.min_active}, more than the endpoints ({len(probing)})"
            message = f"quorum.min_active is {count}: nothing is ever known"
            yield ("counting",), f"{message} (add endpoints, or write a smaller number)"
        limit_ms = None if slow is None else slow.promised_ms * Fraction(slow.multiple)
        for endpoint in probing:
            if limit_ms is not None and endpoint.timeout_ms <= limit_ms:
                waited = f"{endpoint.id} is down after {rounded_duration(endpoint.timeout_ms)}"
                message = f"{waited}, and an answer is none only after {rounded_duration(limit_ms)} (a longer timeout)"
                yield ("counting",), message


class ErrorRateKpi(PercentKpi):
    """100 less the mean of the error rates of all slots (of five minutes, say); a slot without requests has none."""

    is_probed: ClassVar[bool] = True
    is_of_samples: ClassVar[bool] = True
    indicator: Literal["error_rate"] = Field(description="What is measured.")
    endpoints: tuple[Identifier, ...] = Field((), description=SEEN_AT)
    slot_ms: DurationMs = Field(300_000, alias="slot", description="How long a slot is.")

    @property
    def named_endpoints(self) -> tuple[str, ...]:
        return self.endpoints

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        slot = rounded_duration(self.slot_ms)
        for _, endpoint in terms.endpoints_of(self):
            if endpoint.every_ms > self.slot_ms:
                every = f"{rounded_duration(endpoint.every_ms)}, the interval of {endpoint.id}"
                message = f"{slot} is shorter than {every}: most slots hold no probe of it"
                yield ("slot",), f"{message} (a longer slot, or probe more often)"


class ResponseTimeKpi(LowerKpi, AskedKpi):
    """Mean or percentile of response times, in milliseconds."""

    unit: ClassVar[str] = "ms"
    is_probed: ClassVar[bool] = True
    is_of_samples: ClassVar[bool] = True
    indicator: Literal["response_time"] = Field(description="What is measured.")
    statistic: Literal["mean", "percentile"] = Field(description="What is made of the times.")
    percentile: Percent | None = Field(None, description="Nearest rank: the smallest time that so many do not exceed.")
    endpoints: tuple[Identifier, ...] = Field((), description=SEEN_AT)
    phase: Literal["total", "first_byte"] = Field(
        "total", description="Up to the end of the answer, or to its first byte."
    )

    @property
    def named_endpoints(self) -> tuple[str, ...]:
        return self.endpoints

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        yield from super().doubts(terms)
        endpoints = [endpoint for _, endpoint in terms.endpoints_of(self)]
        if self.source is not None and endpoints:
            yield ("source",), "is not used: its service has endpoints, whose probes decide (leave service out)"
        for endpoint in endpoints:
            if not endpoint.has_response_time:
                message = f"{endpoint.id} is a heartbeat, which has no response time (name other endpoints)"
                yield ("endpoints",), message
            elif self.phase == "first_byte" and not endpoint.has_first_byte:
                yield ("phase",), f"{endpoint.id} speaks no HTTP and has no first byte (write total, or name others)"

    @model_validator(mode="after")
    def _percentile(self) -> Self:
        if (self.statistic == "percentile") != bool(self.percentile):
            raise Misplaced([(("percentile",), "belongs to statistic: percentile (write for example percentile: 95)")])
        return self

    def _misfits(self) -> Iterator[RuleProblem]:
        yield from super()._misfits()
        if self.source is not None and self.endpoints:
            yield (), "or endpoints: write one of the two (what is seen at endpoints is not asked for)"


class TicketClock(Strict):
    """When a ticket's clock runs: the hours of a calendar, without the stops that the contract lists."""

    calendar: Identifier = Field("always", description="The name of a calendar.")
    stops: tuple[Identifier, ...] = Field((), description="Reasons that stop the clock; no other does.")


class RatioKpi(PercentKpi, AskedKpi):
    """The share of events in target: tickets of the register that were `within` a time, or else counts that somebody
    submits (calls answered, samples passed)."""

    takes_counts: ClassVar[bool] = True
    indicator: Literal["ratio_in_target"] = Field(description="What is measured.")
    priorities: tuple[Identifier, ...] = Field((), description="Tickets of these priorities; none: of all.")
    measures: Literal["resolution", "response"] = Field(
        "resolution", description="What stops a ticket's clock for good."
    )
    within_ms: DurationMs | None = Field(None, alias="within", description="For tickets: the time that is in target.")
    clock: TicketClock = Field(TicketClock(), description="When time runs for a ticket.")
    counted_when: Literal["opened", "ended"] = Field("opened", description="Which period a ticket belongs to.")
    min_denominator: Annotated[Whole, Field(ge=0)] = Field(
        0, description="Low volume: the late ones are divided by no fewer than this."
    )
    no_events: Literal["not_measured", "met"] = Field("not_measured", description="A period in which nothing happened.")

    @property
    def ticket_terms(self) -> RatioKpi | None:
        return None if self.within_ms is None else self

    def covers(self, priority: str, service: str | None) -> bool:
        """Whether it counts tickets of a priority and a service; a ticket of no service is of all of them."""
        is_ours = self.service is None or service in {None, self.service}
        return is_ours and (not self.priorities or priority in self.priorities)

    @property
    def least_denominator(self) -> int:
        return self.min_denominator

    @property
    def value_without_events(self) -> Fraction | None:
        return Fraction(100) if self.no_events == "met" else None

    def counting_words(self) -> Iterator[str]:
        if self.min_denominator:
            yield f"late ones are divided by no fewer than {self.min_denominator}"

    def _misfits(self) -> Iterator[RuleProblem]:
        """Good and total, or the share itself: all but tickets, which are counted here."""
        if self.source is not None and self.within_ms is not None:
            yield (), "or within: write one of the two (tickets are counted from the register)"


class CountKpi(LowerKpi, AskedKpi):
    """How often something happened."""

    unit: ClassVar[str] = "count"
    indicator: Literal["count"] = Field(description="What is measured.")


class DaysLateKpi(LowerKpi):
    """Days by which something was late."""

    unit: ClassVar[str] = "days"
    indicator: Literal["days_late"] = Field(description="What is measured.")


class ScoreKpi(AskedKpi):
    """A mark somebody gave: a survey, an audit."""

    unit: ClassVar[str] = "score"
    indicator: Literal["score"] = Field(description="What is measured.")


class SubmittedKpi(AskedKpi):
    """A figure that the supplier or the authority reports."""

    indicator: Literal["submitted"] = Field(description="What is measured.")


class CompositePart(Strict):
    """One KPI in a composite; the weight is for `combine: weighted`."""

    kpi: Identifier = Field(description="The id of a KPI above this one.")
    weight: Factor = Field(Decimal(1), description="Its share of the weighted mean.")


class CompositeKpi(PercentKpi):
    """Several KPIs as one: 100 when all of them are met and 0 otherwise, or the weighted mean of their results."""

    indicator: Literal["composite"] = Field(description="What is measured.")
    combine: Literal["all_of", "weighted"] = Field(description="How the parts make one figure.")
    parts: tuple[CompositePart, ...] = Field(min_length=1, description="The KPIs that it is made of.")

    @property
    def part_kpis(self) -> tuple[str, ...]:
        return tuple(part.kpi for part in self.parts)


def _indicator(value: Any) -> Any:
    """Availability goes without saying; what is no mapping is told so by its model."""
    if isinstance(value, dict):
        return str(value.get("indicator", "availability"))
    return getattr(value, "indicator", "availability")


Kpi = Annotated[
    Annotated[AvailabilityKpi, Tag("availability")]
    | Annotated[ErrorRateKpi, Tag("error_rate")]
    | Annotated[ResponseTimeKpi, Tag("response_time")]
    | Annotated[RatioKpi, Tag("ratio_in_target")]
    | Annotated[CountKpi, Tag("count")]
    | Annotated[DaysLateKpi, Tag("days_late")]
    | Annotated[ScoreKpi, Tag("score")]
    | Annotated[SubmittedKpi, Tag("submitted")]
    | Annotated[CompositeKpi, Tag("composite")],
    Discriminator(_indicator),
]
"""One promise."""

INDICATORS: dict[str, type[KpiTerms]] = {
    get_args(tagged)[1].tag: get_args(tagged)[0] for tagged in get_args(get_args(Kpi)[0])
}
"""The terms of every indicator by its name, in the order of the union."""


def availability_kpis(kpis: Iterable[Kpi]) -> tuple[AvailabilityKpi, ...]:
    """Those that promise availability, with the terms that only they have."""
    return tuple(kpi for kpi in kpis if isinstance(kpi, AvailabilityKpi))
