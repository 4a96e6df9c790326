"""KPIs: what is measured, what was promised, and what a result is worth. One class for each indicator.

A class says all that is asked of its indicator outside of the maths. To add one: docs/how-to/add-a-kpi-indicator.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Percent, Strict, Whole, rounded_duration
from sla_monitor.contract.kpis.bands import Direction
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi_terms import Factor, KpiTerms
from sla_monitor.contract.kpis.minutes import in_minutes
from sla_monitor.contract.kpis.prometheus_source import AskedKpi
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.usual_month import agreed_in_period_ms, allowed_share

if TYPE_CHECKING:
    from sla_monitor.contract.terms import Terms

AKpi = TypeVar("AKpi", bound=KpiTerms)

PAGE_BURN = Fraction(144, 10)
"""The usual rule wakes somebody when an hour burns the month's allowance this many times too fast."""

LEAST_RESULT = "The least result that keeps the promise, per hundred."
FLOOR = "The floor: worse than this is below threshold."
MINUTE_MS = 60_000
LONGEST_MONTH = Fraction(31, 30)
"""Months are up to so much longer than the usual one."""

SEEN_AT = "Where it is seen; none: at all endpoints of its service, and without these in the register."


Measures = Literal["resolution", "response"]
CLOCK_STOPS = "What stops a ticket's clock for good."
NoEvents = Literal["not_measured", "met"]
NOTHING_HAPPENED = "A period in which nothing happened."


def with_percentile(kpi: AKpi, statistic: str, percentile: Decimal | None) -> AKpi:
    """The KPI, if it has a percentile where that is its statistic, and nowhere else. Raises Misplaced."""
    if (statistic == "percentile") != bool(percentile):
        raise Misplaced([(("percentile",), "belongs to statistic: percentile (write for example percentile: 95)")])
    return kpi


class PercentKpi(KpiTerms):
    """A KPI whose results are per cent."""

    unit: ClassVar[str] = "percent"
    target: Percent = Field(description=LEAST_RESULT)
    threshold: Percent | None = Field(None, description=FLOOR)


class LowerKpi(KpiTerms):
    """A KPI that is the better the less there is of it."""

    direction: Direction = Field("lower_is_better", description="Which way is worse.")


class MinutesKpi(LowerKpi):
    """A KPI of minutes. Its levels are minutes, or durations such as `4h`."""

    unit: ClassVar[str] = "minutes"
    _minutes = model_validator(mode="before")(in_minutes)


class ServiceTimeKpi(KpiTerms):
    """A promise about the agreed time in which a service is down."""

    is_probed: ClassVar[bool] = True
    service: Identifier = Field(description="The id of the service.")
    counting: Counting = Field(Counting(), description="Which time counts, and as what.")

    @property
    def needs_samples(self) -> bool:
        return self.counting.needs_samples

    @property
    def downtime_counting(self) -> Counting:
        return self.counting

    def doubts(self, terms: Terms) -> Iterator[RuleProblem]:
        yield from self._alarm(terms)
        yield from self._fixed_month(terms)
        yield from self._places(terms)

    def _alarm(self, terms: Terms) -> Iterator[RuleProblem]:
        """With everything down, an hour burns the allowance 1 / (share allowed) times too fast, and never faster."""
        allowed = allowed_share(terms, self)
        if allowed * PAGE_BURN > 1:
            fastest = f"{float(1 / allowed):.3g}"
            message = f"allows so much that the alarm at {float(PAGE_BURN):g} times its pace can never go off"
            remedy = f"with everything down the pace is {fastest} times (write a lower one for this alarm)"
            yield ("target",), f"{message}: {remedy}"

    def _fixed_month(self, terms: Terms) -> Iterator[RuleProblem]:
        """A fixed month of more time than there is: downtime weighs less in it than it lasts."""
        fixed_ms, agreed_ms = self.counting.denominator_ms, agreed_in_period_ms(terms, self)
        if fixed_ms is not None and agreed_ms and fixed_ms > agreed_ms * LONGEST_MONTH:
            message = (
                f"denominator is longer than the agreed time of a measurement period ({rounded_duration(agreed_ms)})"
            )
            yield ("counting",), f"{message}: with everything down it would still not be 0 per cent"

    def _places(self, terms: Terms) -> Iterator[RuleProblem]:
        """A quorum of more places than there are, and answers that we do not wait for as long as the contract does."""
        quorum, slow = self.counting.quorum, self.counting.slow_as_down
        probing = [endpoint for _, endpoint in terms.endpoints_of(self)]
        if quorum and probing and quorum.min_active > len(probing):
            count = f"{quorum.min_active}, more than the endpoints ({len(probing)})"
            message = f"quorum.min_active is {count}: nothing is ever known"
            yield ("counting",), f"{message} (add endpoints, or write a smaller number)"
        failed = self.counting.failed_requests
        for endpoint in probing:
            if failed is not None and endpoint.every_ms * 2 > failed.slot_ms:
                slot = f"a slot of {rounded_duration(failed.slot_ms)} holds"
                message = f"{slot} one probe of {endpoint.id} at most, which fails or does not"
                yield ("counting",), f"{message} (a longer slot, or probe more often)"
        limit_ms = None if slow is None else slow.promised_ms * Fraction(slow.multiple)
        for endpoint in probing:
            if limit_ms is not None and endpoint.timeout_ms <= limit_ms:
                waited = f"{endpoint.id} is down after {rounded_duration(endpoint.timeout_ms)}"
                message = f"{waited}, and an answer is none only after {rounded_duration(limit_ms)} (a longer timeout)"
                yield ("counting",), message


class AvailabilityKpi(ServiceTimeKpi):
    """A promise of availability: the part of the agreed time that counts in which the service was not down."""

    unit: ClassVar[str] = "percent"
    indicator: Literal["availability"] = Field("availability", description="What is measured.")
    target: Percent = Field(description=LEAST_RESULT)
    threshold: Percent | None = Field(None, description=FLOOR)

    def allowed_ms(self, agreed_ms: Fraction | int) -> Fraction:
        """A fixed month allows the same in a short month as in a long one."""
        return (1 - self.target_ratio) * (self.counting.denominator_ms or agreed_ms)


class DowntimeKpi(MinutesKpi, ServiceTimeKpi):
    """A promise of availability in minutes: how long the service may be down in a measurement period."""

    indicator: Literal["downtime"] = Field(description="What is measured.")
    service: Identifier = Field(description="The id of the service.")

    def allowed_ms(self, agreed_ms: Fraction | int) -> Fraction:
        """The target itself, however long the measurement period is."""
        return Fraction(self.target) * MINUTE_MS

    @model_validator(mode="after")
    def _is_no_ratio(self) -> Self:
        if self.counting.denominator_ms is not None:
            message = "is for availability per cent: minutes are divided by nothing (leave it out)"
            raise Misplaced([(("counting", "denominator"), message)])
        return self


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
        return with_percentile(self, self.statistic, self.percentile)

    def _misfits(self) -> Iterator[RuleProblem]:
        yield from super()._misfits()
        if self.source is not None and self.endpoints:
            yield (), "or endpoints: write one of the two (what is seen at endpoints is not asked for)"


class TicketClock(Strict):
    """When a ticket's clock runs: the hours of a calendar, without the stops that the contract lists."""

    calendar: Identifier = Field("always", description="The name of a calendar.")
    stops: tuple[Identifier, ...] = Field((), description="Reasons that stop the clock; no other does.")


class TicketKpi(KpiTerms):
    """A KPI that counts tickets of the register."""

    priorities: tuple[Identifier, ...] = Field((), description="Tickets of these priorities; none: of all.")
    clock: TicketClock = Field(TicketClock(), description="When time runs for a ticket.")

    @property
    def ticket_terms(self) -> TicketKpi | None:
        return self

    @property
    def limit_ms(self) -> int | None:
        """After so much time on its clock a ticket is late; None: none ever is."""
        return None

    @property
    def is_of_responses(self) -> bool:
        """Whether a ticket's clock stops for good once somebody takes it up."""
        return False

    @property
    def counts_open_tickets(self) -> bool:
        """Whether a ticket counts that has not ended by the end of the period."""
        return False

    def covers(self, priority: str, service: str | None) -> bool:
        """Whether it counts tickets of a priority and a service; a ticket of no service is of all of them."""
        is_ours = self.service is None or service in {None, self.service}
        return is_ours and (not self.priorities or priority in self.priorities)


class RatioKpi(PercentKpi, AskedKpi, TicketKpi):
    """The share of events in target: tickets of the register that were `within` a time, or else counts that somebody
    submits (calls answered, samples passed)."""

    takes_counts: ClassVar[bool] = True
    indicator: Literal["ratio_in_target"] = Field(description="What is measured.")
    measures: Measures = Field("resolution", description=CLOCK_STOPS)
    within_ms: DurationMs | None = Field(None, alias="within", description="For tickets: the time that is in target.")
    counted_when: Literal["opened", "ended"] = Field("opened", description="Which period a ticket belongs to.")
    min_denominator: Annotated[Whole, Field(ge=0)] = Field(
        0, description="Low volume: the late ones are divided by no fewer than this."
    )
    no_events: NoEvents = Field("not_measured", description=NOTHING_HAPPENED)

    @property
    def ticket_terms(self) -> TicketKpi | None:
        return None if self.within_ms is None else self

    @property
    def limit_ms(self) -> int | None:
        return self.within_ms

    @property
    def is_of_responses(self) -> bool:
        return self.measures == "response"

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


class TicketTimeKpi(MinutesKpi, TicketKpi):
    """Mean or percentile of the times that tickets take, in minutes: the mean time to repair, say."""

    indicator: Literal["ticket_time"] = Field(description="What is measured.")
    statistic: Literal["mean", "percentile"] = Field(description="What is made of the times.")
    percentile: Percent | None = Field(None, description="Nearest rank: the smallest time that so many do not exceed.")
    measures: Measures = Field("resolution", description=CLOCK_STOPS)
    counted_when: Literal["opened", "ended"] = Field("ended", description="Which period a ticket belongs to.")
    open_tickets: Literal["left_out", "counted"] = Field(
        "left_out",
        description="Tickets whose clock runs at the period's end: left_out until they end, or counted with their time"
        " up to the period's end, or up to now.",
    )
    no_events: NoEvents = Field("not_measured", description=NOTHING_HAPPENED)

    @property
    def is_of_responses(self) -> bool:
        return self.measures == "response"

    @property
    def counts_open_tickets(self) -> bool:
        return self.open_tickets == "counted"

    def counting_words(self) -> Iterator[str]:
        what = "to a response" if self.is_of_responses else "to the end"
        yield f"tickets count by the time {what}, in the period in which they are {self.counted_when}"
        if self.counts_open_tickets:
            yield "a ticket that is open counts with its time up to the period's end, or up to now"
        else:
            yield "a ticket that is open does not count"

    @model_validator(mode="after")
    def _percentile(self) -> Self:
        return with_percentile(self, self.statistic, self.percentile)


class BacklogAgeKpi(MinutesKpi, TicketKpi):
    """How old the tickets are that are open at the end of the period, or now, in minutes on their clocks."""

    indicator: Literal["backlog_age"] = Field(description="What is measured.")
    statistic: Literal["oldest", "mean", "percentile"] = Field(description="What is made of the ages.")
    percentile: Percent | None = Field(None, description="Nearest rank: the smallest age that so many do not exceed.")

    @property
    def counts_open_tickets(self) -> bool:
        return True

    def counting_words(self) -> Iterator[str]:
        yield "the age of a ticket is the time on its clock at the period's end, or now"
        yield "without an open ticket the age is 0"

    @model_validator(mode="after")
    def _percentile(self) -> Self:
        return with_percentile(self, self.statistic, self.percentile)


class FirstTimeFixKpi(PercentKpi, TicketKpi):
    """The share of the tickets ended in the period that took one attempt."""

    indicator: Literal["first_time_fix"] = Field(description="What is measured.")
    min_denominator: Annotated[Whole, Field(ge=0)] = Field(
        0, description="Low volume: those that took more are divided by no fewer than this."
    )
    no_events: NoEvents = Field("not_measured", description=NOTHING_HAPPENED)

    def counting_words(self) -> Iterator[str]:
        yield "a ticket whose number of attempts is not on record does not count"
        if self.min_denominator:
            yield f"tickets that took more attempts are divided by no fewer than {self.min_denominator}"


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
    | Annotated[DowntimeKpi, Tag("downtime")]
    | Annotated[ErrorRateKpi, Tag("error_rate")]
    | Annotated[ResponseTimeKpi, Tag("response_time")]
    | Annotated[RatioKpi, Tag("ratio_in_target")]
    | Annotated[TicketTimeKpi, Tag("ticket_time")]
    | Annotated[BacklogAgeKpi, Tag("backlog_age")]
    | Annotated[FirstTimeFixKpi, Tag("first_time_fix")]
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


def availability_kpis(kpis: Iterable[Kpi]) -> tuple[AvailabilityKpi | DowntimeKpi, ...]:
    """Those that promise availability, per cent or in minutes, with the terms that only they have."""
    return tuple(kpi for kpi in kpis if isinstance(kpi, AvailabilityKpi | DowntimeKpi))
