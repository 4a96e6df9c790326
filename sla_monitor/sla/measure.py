"""From what was seen of a KPI in a measurement period to its figure: one function for each indicator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import (
    AvailabilityKpi,
    BacklogAgeKpi,
    DowntimeKpi,
    ErrorRateKpi,
    FirstTimeFixKpi,
    Kpi,
    RatioKpi,
    ResponseTimeKpi,
    TicketTimeKpi,
)
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.edges import Period
from sla_monitor.sla.downtime import (
    MINUTE_MS,
    CountedOutage,
    Seconds,
    availability_percent,
    downtime_minutes,
    time_that_counts,
)
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
from sla_monitor.sla.tickets import (
    LateTicket,
    Ticket,
    TimedTicket,
    backlog,
    decided_tickets,
    ended_tickets,
    timed_tickets,
)
from sla_monitor.sla.working import Step, step


@dataclass(frozen=True, slots=True)
class SampleStatistics:
    """What so many response times, or slots of time, have come to: microseconds, or per cent."""

    of: int
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class KpiInput:
    """What is known of one KPI in one measurement period; each indicator reads its own part.

    `figure`: a count, days late, a score, or whatever somebody gave as the result. `samples_us`: response times in
    microseconds. `made`: what samples or slots have come to, for a caller who does not hold them. `counts`: events that
    somebody reported. `outages`: those that the downtime in `seconds` is made of.
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


def _availability(kpi: AvailabilityKpi | DowntimeKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    """Downtime of the time that counts, per cent or in minutes."""
    if seen.seconds is None:
        return _given(kpi, seen, frame)
    base_ms, down_ms = time_that_counts(seen.seconds, kpi.counting)
    if isinstance(kpi, DowntimeKpi):
        value, working = downtime_minutes(base_ms, down_ms)
    else:
        base = "time that counts" if kpi.counting.denominator_ms is None else "fixed month"
        value, working = availability_percent(base_ms, down_ms, base)
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
    if kpi.within_ms is not None:
        calendar = frame.calendars.get(kpi.clock.calendar)
        ours, late = decided_tickets(seen.tickets, kpi, calendar, frame.zone, frame.period, frame.now_ms)
        counts = ours if ours.total else counts or ours
    if seen.figure is not None and not (counts and counts.total):
        return _given(kpi, seen, frame)
    if counts is None or (not counts.total and kpi.no_events == "not_measured"):
        return Measured(None)
    value = in_target_percent(counts, kpi.min_denominator)
    if value is None:
        return Measured(
            Fraction(100),
            working=(step("in target, per cent", "nothing happened", 100, kpi.clause),),
            is_of_nothing=True,
        )
    return Measured(value, working=tuple(_shared(kpi, counts, value, ("in target", "late"))), late=late)


def _shared(
    kpi: RatioKpi | FirstTimeFixKpi, counts: EventCounts, value: Fraction, words: tuple[str, str]
) -> Iterator[Step]:
    """How many of how many, and of how many where the contract sets a floor: the others stay as many. `words`: for
    those that are good, and for the others."""
    (what, others), good, whole = words, counts.in_target, counts.total
    yield step(what, "", f"{good} of {whole}")
    if whole < kpi.min_denominator:
        left, whole = whole - good, kpi.min_denominator
        good = whole - left
        yield step(f"floor {whole}, so {what}", f"{whole} − {left} {others}", f"{good} of {whole}")
    yield step(f"{what}, per cent", f"{good} / {whole} × 100", value, kpi.clause)


def _ticket_time(kpi: TicketTimeKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    calendar = frame.calendars.get(kpi.clock.calendar)
    several = timed_tickets(seen.tickets, kpi, calendar, frame.zone, frame.period, frame.now_ms)
    if several:
        return _of_times(kpi, several)
    if seen.figure is not None or kpi.no_events == "not_measured":
        return _given(kpi, seen, frame)
    return Measured(
        Fraction(0), working=(step("time of tickets, minutes", "no ticket", 0, kpi.clause),), is_of_nothing=True
    )


def _backlog_age(kpi: BacklogAgeKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    calendar, at_ms = frame.calendars.get(kpi.clock.calendar), min(frame.now_ms, frame.period.end_ms)
    several = backlog(seen.tickets, kpi, calendar, frame.zone, at_ms)
    if several:
        return _of_times(kpi, several)
    if seen.figure is not None:
        return _given(kpi, seen, frame)
    return Measured(Fraction(0), working=(step("age of open tickets, minutes", "none is open", 0, kpi.clause),))


def _of_times(kpi: TicketTimeKpi | BacklogAgeKpi, several: Sequence[TimedTicket]) -> Measured:
    """Of how many tickets, and of how many that were still open."""
    times_ms, is_open = [one.took_ms for one in several], sum(one.is_open for one in several)
    count = len(times_ms)
    what = "open ticket" if isinstance(kpi, BacklogAgeKpi) else "ticket"
    some_open = f", {is_open} of them open" if is_open and what == "ticket" else ""
    tickets = f"{count} {what}{'' if count == 1 else 's'}{some_open}"
    if kpi.percentile is not None:
        value = (percentile([ordered(times_ms)], kpi.percentile)[1] or 0) / Fraction(MINUTE_MS)
        rank = max(ceil(Fraction(kpi.percentile) / 100 * count), 1)
        said = step(f"{shown(kpi.percentile)} per cent of {tickets}, minutes", f"place {rank} of {count}", value)
    elif kpi.statistic == "mean":
        total = Fraction(sum(times_ms), MINUTE_MS)
        value = total / count
        said = step(f"mean of {tickets}, minutes", f"{shown(total)} / {count}", value)
    else:
        oldest = max(several, key=attrgetter("took_ms"))
        value = Fraction(oldest.took_ms, MINUTE_MS)
        said = step(f"oldest of {tickets}, minutes", oldest.ticket.id, value)
    return Measured(value, working=(said._replace(clause=kpi.clause),))


def _first_time_fix(kpi: FirstTimeFixKpi, seen: KpiInput, frame: MeasureFrame) -> Measured:
    several = ended_tickets(seen.tickets, kpi, frame.period)
    known = [ticket.attempts for ticket in several if ticket.attempts is not None]
    counts = EventCounts(sum(attempts == 1 for attempts in known), len(known))
    if not counts.total:
        if seen.figure is not None or kpi.no_events == "not_measured":
            return _given(kpi, seen, frame)
        return Measured(
            Fraction(100), working=(step("first-time fix, per cent", "no ticket", 100, kpi.clause),), is_of_nothing=True
        )
    value = in_target_percent(counts, kpi.min_denominator) or Fraction(0)
    left_out = len(several) - len(known)
    untold = (step("tickets without a number of attempts, left out", "", left_out),) if left_out else ()
    return Measured(value, working=(*untold, *_shared(kpi, counts, value, ("at the first attempt", "more"))))


def _given(kpi: KpiTerms, seen: KpiInput, frame: MeasureFrame) -> Measured:
    if seen.figure is None:
        return Measured(None)
    return Measured(seen.figure, working=(step(f"figure, {kpi.unit}" if kpi.unit else "figure", "", seen.figure),))


INDICATORS: dict[str, Callable[[Any, KpiInput, MeasureFrame], Measured]] = {
    "availability": _availability,
    "downtime": _availability,
    "error_rate": _error_rate,
    "response_time": _response_time,
    "ratio_in_target": _ratio,
    "ticket_time": _ticket_time,
    "backlog_age": _backlog_age,
    "first_time_fix": _first_time_fix,
    "count": _given,
    "days_late": _given,
    "score": _given,
    "submitted": _given,
    "composite": _given,
}
"""The figure of every indicator, by its name. A composite is made of the results of its parts (`composite.py`) unless
somebody gives its figure."""
