"""Indicators: what each is made of in a measurement period, and what the rest of the period may bring.

Forecasts use known facts only: tickets that are open, slots that the terms say will come, counts that only grow.
How fast answers will be, how many tickets come, and what somebody will report, nobody knows: that is not forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter
from typing import Any

from sla_monitor.assess.assessment import Figure, View
from sla_monitor.assess.measuring import (
    error_rate,
    excused,
    figure,
    is_seen,
    made_of_samples,
    reported_counts,
    response_time,
    tickets,
)
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_time import Time
from sla_monitor.contract.kpis.kpi import (
    BacklogAgeKpi,
    CompositeKpi,
    ErrorRateKpi,
    Kpi,
    RatioKpi,
    ResponseTimeKpi,
    TicketKpi,
)
from sla_monitor.periods.intervals import Intervals, normal, subtract
from sla_monitor.sla.composite import composite
from sla_monitor.sla.downtime import MINUTE_MS, Seconds, time_that_counts
from sla_monitor.sla.measure import KpiInput, measured
from sla_monitor.sla.results import KpiResult, Measured, PeriodResult, recent
from sla_monitor.sla.scoring import kpi_result
from sla_monitor.sla.tickets import backlog, business_ms
from sla_monitor.sla.working import step


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a KPI would have measured at best and at worst; None: it is not forecast."""

    best: Measured | None = None
    worst: Measured | None = None


NOT_FORECAST = Bounds()
End = Callable[[Bounds], Measured | None]
BEST: End = attrgetter("best")
WORST: End = attrgetter("worst")


@dataclass(frozen=True, slots=True)
class KpiEvaluation:
    """A KPI in its measurement period so far: what was measured and what that comes to, by view."""

    kpi: Kpi
    months: tuple[str, ...]
    measured: Mapping[View, Measured]
    results: Mapping[View, KpiResult]
    times: Mapping[View, Time]

    def figures(self) -> dict[View, Figure]:
        """What each view shows; views that do not differ share one."""
        made: dict[int, Figure] = {}
        for view, result in self.results.items():
            if id(result) not in made:
                seconds = self.times[view].seconds if view in self.times else None
                made[id(result)] = figure_of(self.kpi, result, seconds)
        return {view: made[id(result)] for view, result in self.results.items()}


def figure_of(kpi: Kpi, result: KpiResult, seconds: Seconds | None = None) -> Figure:
    """A result as a view shows it: points are the band's own."""
    base_ms = downtime_ms = None
    counting = kpi.downtime_counting
    if seconds is not None and counting is not None:
        base_ms, downtime_ms = map(Fraction, time_that_counts(seconds, counting))
    return Figure(
        value=result.value,
        rounded=result.rounded,
        band=result.band,
        is_met=result.is_met,
        points=result.own_points,
        downtime_ms=downtime_ms,
        base_ms=base_ms,
        seconds=seconds,
        working=result.working,
    )


@dataclass(frozen=True, slots=True)
class SoFar:
    """The KPIs of a month, how those before one in the terms may end, and the results of the months before."""

    evaluations: Mapping[str, KpiEvaluation]
    ends: Mapping[str, Bounds]
    history: Sequence[PeriodResult]

    def result(self, whole: PeriodContext, one: KpiEvaluation, end: Measured) -> KpiResult:
        """What a KPI of the month comes to with a figure."""
        past = recent(self.history, one.kpi, max(1, one.kpi.average_with_previous))
        return kpi_result(one.kpi, whole.month, end, past)


def _left_out(whole: PeriodContext, kpi: Kpi, view: View, _: Mapping[str, KpiEvaluation]) -> object:
    """The time that a view leaves out."""
    return [whole.excluded(service.id, view, kpi.id) for service, _ in whole.terms.endpoints_of(kpi)]


def _error_rate(context: PeriodContext, kpi: ErrorRateKpi, view: View, given: KpiInput) -> KpiInput:
    statistic = error_rate(kpi, context.period.start_ms)
    return replace(given, made=made_of_samples(context, kpi, view, statistic))


def _response_time(context: PeriodContext, kpi: ResponseTimeKpi, view: View, given: KpiInput) -> KpiInput:
    return replace(given, made=made_of_samples(context, kpi, view, response_time(kpi)))


def _tickets(context: PeriodContext, kpi: TicketKpi, view: View, given: KpiInput) -> KpiInput:
    return given if kpi.ticket_terms is None else replace(given, tickets=tickets(context, kpi, view))


def _excused(whole: PeriodContext, kpi: TicketKpi, view: View, _: Mapping[str, KpiEvaluation]) -> object:
    return excused(whole, kpi, view)


def _parts_in(_: PeriodContext, kpi: CompositeKpi, view: View, others: Mapping[str, KpiEvaluation]) -> object:
    return [others[part].results[view] for part in kpi.part_kpis if part in others]


def _open_tickets(whole: PeriodContext, kpi: RatioKpi, one: KpiEvaluation, _: SoFar) -> Bounds:
    """At best, whatever is open and not late yet ends in target. At worst more come, and nobody knows how many."""
    if kpi.within_ms is None:
        return NOT_FORECAST
    given, best = seen(whole, kpi, "agreed"), one.measured["agreed"]
    if any(each.ended_ms is None for each in given.tickets):
        ended = (replace(each, ended_ms=each.ended_ms or whole.until_ms) for each in given.tickets)
        best = measured(kpi, replace(given, tickets=tuple(ended)), whole.frame)
    return Bounds(None if best.value is None else best)


def _backlog_ahead(whole: PeriodContext, kpi: BacklogAgeKpi, one: KpiEvaluation, _: SoFar) -> Bounds:
    """At best every ticket ends before the period does. At worst only the oldest stays, its clock running from now on;
    where none is open, one that is opened now."""
    calendar, until_ms, end_ms = whole.terms.calendars.get(kpi.clock.calendar), whole.until_ms, whole.period.end_ms
    zone = whole.frame.zone
    running = backlog(seen(whole, kpi, "agreed").tickets, kpi, calendar, zone, until_ms)
    ages_ms = [business_ms(calendar, zone, until_ms, end_ms)]
    ages_ms += [running_ms + ages_ms[0] for _, running_ms, _ in running]
    best = step("every open ticket ends, minutes", f"{len(running)} open", 0)
    worst = step("the oldest stays open to the end of the period, minutes", "", Fraction(max(ages_ms), MINUTE_MS))
    return Bounds(Measured(Fraction(0), working=(best,)), Measured(Fraction(max(ages_ms), MINUTE_MS), working=(worst,)))


def _slots_ahead(whole: PeriodContext, kpi: ErrorRateKpi, one: KpiEvaluation, _: SoFar) -> Bounds:
    """Every slot that has not begun is free of errors, or fails as a whole."""
    so_far = one.measured["agreed"]
    if not is_seen(whole, kpi):
        return NOT_FORECAST
    ahead = _count(kpi.slot_ms, whole, _hours(whole, kpi))
    if not so_far.of + ahead:
        return NOT_FORECAST
    return Bounds(_mean(so_far, ahead, 100), _mean(so_far, ahead, 0))


def _mean(so_far: Measured, ahead: int, each: int) -> Measured:
    value = ((so_far.value or Fraction(0)) * so_far.of + each * ahead) / (so_far.of + ahead)
    told = step(f"{so_far.of} slots so far, {ahead} to come at {each}", "", value)
    return Measured(value, working=(*so_far.working, told))


def _hours(whole: PeriodContext, kpi: ErrorRateKpi) -> Intervals:
    """The time ahead in which observations will count."""
    services = {service.id for service, _ in whole.terms.endpoints_of(kpi)}
    several = [subtract(whole.ahead(name), whole.excluded(name, "agreed", kpi.id)) for name in services]
    return normal(pair for one in several for pair in one)


def _count(slot_ms: int, whole: PeriodContext, hours: Intervals) -> int:
    """The slots that begin after now and have some of the hours in them."""
    start_ms, counted = whole.period.start_ms, 0
    next_slot = (whole.until_ms - start_ms) // slot_ms + 1
    for begin_ms, end_ms in hours:
        first = max((begin_ms - start_ms) // slot_ms, next_slot)
        after = (end_ms - 1 - start_ms) // slot_ms + 1
        counted += max(after - first, 0)
        next_slot = max(after, next_slot)
    return counted


def _growing(_: PeriodContext, kpi: Kpi, one: KpiEvaluation, __: SoFar) -> Bounds:
    """What is told of a period that runs can only grow."""
    so_far = one.measured["agreed"]
    is_less_better = kpi.direction == "lower_is_better"
    return Bounds(so_far) if so_far.value is not None and is_less_better else NOT_FORECAST


def _parts_at_end(whole: PeriodContext, kpi: CompositeKpi, _: KpiEvaluation, known: SoFar) -> Bounds:
    """Of its parts as they end."""
    best, worst = (
        None if (made := composite(kpi, dict(_parts(whole, kpi, known, end)))).value is None else made
        for end in (BEST, WORST)
    )
    return Bounds(best, worst)


def _parts(whole: PeriodContext, kpi: CompositeKpi, known: SoFar, end: End) -> Iterator[tuple[str, KpiResult]]:
    for part in kpi.parts:
        other, found = known.evaluations.get(part.kpi), end(known.ends.get(part.kpi, NOT_FORECAST))
        if other is not None and found is not None and other.months[-1] == whole.month:
            yield part.kpi, known.result(whole, other, found)


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is asked of an indicator in a measurement period; each function gets the KPI with the terms of its own.

    `gather`: adds what is seen, in a view, to what the parties gave. `rests_on`: all that the figure takes from a view,
    so that views which do not differ share one. `ends`: the figure at best and at worst, while the period runs. An
    indicator that loses downtime gets its service's time without asking (`ServiceTimes`), and has a forecast of its own
    (`forecast.py`).
    """

    gather: Callable[[PeriodContext, Any, View, KpiInput], KpiInput] = lambda _, __, ___, given: given
    rests_on: Callable[[PeriodContext, Any, View, Mapping[str, KpiEvaluation]], object] = _left_out
    ends: Callable[[PeriodContext, Any, KpiEvaluation, SoFar], Bounds] = lambda _, __, ___, ____: NOT_FORECAST


INDICATORS: Mapping[str, Indicator] = {
    "availability": Indicator(),
    "downtime": Indicator(),
    "error_rate": Indicator(gather=_error_rate, ends=_slots_ahead),
    "response_time": Indicator(gather=_response_time),
    "ratio_in_target": Indicator(gather=_tickets, rests_on=_excused, ends=_open_tickets),
    "ticket_time": Indicator(gather=_tickets, rests_on=_excused),
    "backlog_age": Indicator(gather=_tickets, rests_on=_excused, ends=_backlog_ahead),
    "first_time_fix": Indicator(gather=_tickets, rests_on=_excused),
    "count": Indicator(ends=_growing),
    "days_late": Indicator(ends=_growing),
    "score": Indicator(),
    "submitted": Indicator(),
    "composite": Indicator(rests_on=_parts_in, ends=_parts_at_end),
}
"""Every indicator by its name."""


def seen(context: PeriodContext, kpi: Kpi, view: View, time: Time | None = None) -> KpiInput:
    """Everything that is known of a KPI. `time`: of one that loses downtime, the whole measurement period's."""
    submitted, agreed, ours = (figure(context, kpi, party) for party in ("supplier", "agreed", "authority"))
    counts, counting = reported_counts(context, kpi), kpi.downtime_counting
    if time is None or counting is None:
        given = KpiInput(submitted=submitted, agreed=agreed, figure=ours, counts=counts)
    else:
        seconds, outages = time.seconds, time.outages(counting)
        given = KpiInput(seconds, submitted=submitted, agreed=agreed, figure=ours, counts=counts, outages=outages)
    return INDICATORS[kpi.indicator].gather(context, kpi, view, given)
