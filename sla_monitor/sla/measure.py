"""From what was seen of a KPI in a measurement period to its figure: one function for each indicator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import AvailabilityKpi, ErrorRateKpi, Kpi, RatioKpi, ResponseTimeKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.edges import Period
from sla_monitor.sla.downtime import CountedOutage, Seconds, availability_percent, time_that_counts
from sla_monitor.sla.indicators import (
    EventCounts,
    Slot,
    error_rate_percent,
    in_target_percent,
    mean,
    ordered,
    percentile,
    summed,
)
from sla_monitor.sla.results import Measured
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.tickets import LateTicket, Ticket, decided_tickets
from sla_monitor.sla.working import step


@dataclass(frozen=True, slots=True)
class SampleStatistics:
    """What so many response times, or slots of time, have come to: microseconds, or per cent."""

    of: int
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class KpiInput:
    """What is known of one KPI in one measurement period; each indicator reads its own part.

    `figure`: a count, days late, a score, or whatever somebody gave as the result. `samples_us`: response times in
    microseconds. `made`: what samples or slots have come to, for a caller who does not hold them. `outages`: those that
    the downtime in `seconds` is made of.
    """

    seconds: Seconds | None = None
    outages: tuple[CountedOutage, ...] = ()
    slots: tuple[Slot, ...] = ()
    samples_us: tuple[int, ...] = ()
    made: SampleStatistics | None = None
    counts: EventCounts | None = None
    tickets: tuple[Ticket, ...] = ()
    figure: Fraction | None = None
    submitted: Fraction | None = None
    agreed: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MeasureFrame:
    """Where and when: the measurement period, the instant up to which is told, and the contract's calendars."""

    period: Period
    now_ms: int
    zone: ZoneInfo
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    coverage_floor: Fraction = Fraction(0)


def measured(kpi: Kpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    """The KPI's figure, with the supplier's and the agreed one beside it."""
    figure = INDICATORS[kpi.indicator](kpi, seen, frame)
    if seen.submitted is None and seen.agreed is None:
        return figure
    return replace(figure, submitted=seen.submitted, agreed=seen.agreed)


def _availability(kpi: AvailabilityKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    if seen.seconds is None:
        return _given(kpi, seen, frame)
    base_ms, down_ms = time_that_counts(seen.seconds, kpi.counting)
    value, working = availability_percent(base_ms, down_ms)
    coverage = seen.seconds.coverage
    is_assessable = coverage is not None and coverage >= frame.coverage_floor
    return Measured(
        value,
        coverage=coverage,
        is_assessable=is_assessable,
        working=working,
        downtime_ms=Fraction(down_ms),
        outages=seen.outages,
        begins_ms=frame.period.start_ms,
    )


def made_of_slots(slots: Sequence[tuple[int, int]]) -> SampleStatistics:
    """Slots of time as an error rate."""
    return SampleStatistics(len(slots), error_rate_percent(slots))


def made_of_times(kpi: ResponseTimeKpi, samples_us: Iterable[int]) -> SampleStatistics:
    """Response times as the KPI's statistic."""
    if kpi.percentile is None:
        return SampleStatistics(*mean([summed(samples_us)]))
    return SampleStatistics(*percentile([ordered(samples_us)], kpi.percentile))


def _error_rate(kpi: ErrorRateKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    made = seen.made or made_of_slots(seen.slots)
    if made.value is None:
        return _given(kpi, seen, frame)
    told = step(f"100 less the mean error rate of {made.of} slots", "", made.value)
    return Measured(made.value, working=(told,), of=made.of)


def _response_time(kpi: ResponseTimeKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    made = seen.made or made_of_times(kpi, seen.samples_us)
    if made.value is None:
        return _given(kpi, seen, frame)
    what = "mean" if kpi.percentile is None else f"{shown(kpi.percentile)} per cent, nearest rank,"
    value = made.value / 1000
    return Measured(value, working=(step(f"{what} of {made.of} times, ms", "", value, kpi.clause),))


def _ratio(kpi: RatioKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    """What can be counted is counted: a figure that somebody gives stands only where nothing is."""
    counts = seen.counts
    late: tuple[LateTicket, ...] = ()
    if counts is None and kpi.within_ms is not None:
        calendar = frame.calendars.get(kpi.clock.calendar)
        counts, late = decided_tickets(seen.tickets, kpi, calendar, frame.zone, frame.period, frame.now_ms)
    if seen.figure is not None and not (counts and counts.total):
        return _given(kpi, seen, frame)
    if counts is None or (not counts.total and kpi.no_events == "not_measured"):
        return Measured(None)
    value = in_target_percent(counts, kpi.min_denominator)
    if value is None:
        return Measured(Fraction(100), working=(step("in target, per cent", "nothing happened", 100, kpi.clause),))
    missed, floor = counts.total - counts.in_target, max(counts.total, kpi.min_denominator)
    said = step("in target, per cent", f"100 − {missed} / {floor} × 100", value, kpi.clause)
    return Measured(value, working=(said,), late=late)


def _given(kpi: KpiTerms, seen: KpiInput, frame: MeasureFrame) -> Measured:
    if seen.figure is None:
        return Measured(None)
    return Measured(seen.figure, working=(step(f"figure, {kpi.unit}" if kpi.unit else "figure", "", seen.figure),))


INDICATORS: dict[str, Callable[[Any, KpiInput, MeasureFrame], Measured]] = {
    "availability": _availability,
    "error_rate": _error_rate,
    "response_time": _response_time,
    "ratio_in_target": _ratio,
    "count": _given,
    "days_late": _given,
    "score": _given,
    "submitted": _given,
    "composite": _given,
}
"""The figure of every indicator, by its name. A composite is made of the results of its parts (`composite.py`) unless
somebody gives its figure."""
