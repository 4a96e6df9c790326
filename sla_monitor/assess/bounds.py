"""Bounds: best and worst case of KPIs that are not made of a service's time.

Forecasts use known facts only: tickets that are open, slots that the terms say will come, counts that only grow.
How fast answers will be, how many tickets come, and what somebody will report, nobody knows: that is not forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter

from sla_monitor.assess.assessment import NO_FIGURE, Figure, KpiForecast
from sla_monitor.assess.kpi_evaluation import KpiEvaluation, figure_of
from sla_monitor.assess.measuring import is_seen, seen
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.kpis.kpi import CompositeKpi, ErrorRateKpi, RatioKpi
from sla_monitor.periods.intervals import Intervals, normal, subtract
from sla_monitor.sla.composite import composite
from sla_monitor.sla.measure import measured
from sla_monitor.sla.results import KpiResult, Measured, PeriodResult, recent
from sla_monitor.sla.scoring import kpi_result
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
class SoFar:
    """The KPIs of a month, how those before one in the terms may end, and the results of the months before."""

    evaluations: Mapping[str, KpiEvaluation]
    ends: Mapping[str, Bounds]
    history: Sequence[PeriodResult]


def other_forecast(whole: PeriodContext, name: str, known: SoFar) -> tuple[KpiForecast, Bounds]:
    """For a KPI whose measurement period runs, and that is not made of a service's time. `whole`: that period."""
    one = known.evaluations[name]
    found = INDICATORS[one.kpi.indicator](whole, one, known)
    so_far = one.measured["agreed"]
    best, worst = (
        replace(so_far, value=end.value, working=end.working) if end is not None else None
        for end in (found.best, found.worst)
    )
    figures = _figure(whole, one, best, known), _figure(whole, one, worst, known)
    return KpiForecast(None, None, None, None, *figures), Bounds(best, worst)


def _figure(whole: PeriodContext, one: KpiEvaluation, end: Measured | None, known: SoFar) -> Figure:
    return NO_FIGURE if end is None else figure_of(one.kpi, _result(whole, one, end, known))


def _result(whole: PeriodContext, one: KpiEvaluation, end: Measured, known: SoFar) -> KpiResult:
    past = recent(known.history, one.kpi, max(1, one.kpi.average_with_previous))
    return kpi_result(one.kpi, whole.month, end, past)


def _not_forecast(_: PeriodContext, __: KpiEvaluation, ___: SoFar) -> Bounds:
    return NOT_FORECAST


def _tickets(whole: PeriodContext, one: KpiEvaluation, _: SoFar) -> Bounds:
    """At best, whatever is open and not late yet ends in target. At worst more come, and nobody knows how many."""
    kpi = one.kpi
    if not isinstance(kpi, RatioKpi) or kpi.within_ms is None:
        return NOT_FORECAST
    given, best = seen(whole, kpi, "agreed"), one.measured["agreed"]
    if any(each.ended_ms is None for each in given.tickets):
        ended = (replace(each, ended_ms=each.ended_ms or whole.until_ms) for each in given.tickets)
        best = measured(kpi, replace(given, tickets=tuple(ended)), whole.frame)
    return Bounds(None if best.value is None else best)


def _slots(whole: PeriodContext, one: KpiEvaluation, _: SoFar) -> Bounds:
    """Every slot that has not begun is free of errors, or fails as a whole."""
    kpi, so_far = one.kpi, one.measured["agreed"]
    if not isinstance(kpi, ErrorRateKpi) or not is_seen(whole, kpi):
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


def _counts(_: PeriodContext, one: KpiEvaluation, __: SoFar) -> Bounds:
    """What is told of a period that runs can only grow."""
    so_far = one.measured["agreed"]
    is_less_better = one.kpi.direction == "lower_is_better"
    return Bounds(so_far) if so_far.value is not None and is_less_better else NOT_FORECAST


def _composite(whole: PeriodContext, one: KpiEvaluation, known: SoFar) -> Bounds:
    """Of its parts as they end."""
    kpi = one.kpi
    if not isinstance(kpi, CompositeKpi):
        return NOT_FORECAST
    best, worst = (
        None if (made := composite(kpi, dict(_parts(whole, kpi, known, end)))).value is None else made
        for end in (BEST, WORST)
    )
    return Bounds(best, worst)


def _parts(whole: PeriodContext, kpi: CompositeKpi, known: SoFar, end: End) -> Iterator[tuple[str, KpiResult]]:
    for part in kpi.parts:
        other, found = known.evaluations.get(part.kpi), end(known.ends.get(part.kpi, NOT_FORECAST))
        if other is not None and found is not None and other.months[-1] == whole.month:
            yield part.kpi, _result(whole, other, found, known)


INDICATORS: Mapping[str, Callable[[PeriodContext, KpiEvaluation, SoFar], Bounds]] = {
    "availability": _not_forecast,
    "error_rate": _slots,
    "response_time": _not_forecast,
    "ratio_in_target": _tickets,
    "count": _counts,
    "days_late": _counts,
    "score": _not_forecast,
    "submitted": _not_forecast,
    "composite": _composite,
}
"""The best and worst case of every indicator, by its name. An availability that is seen has a forecast of its own
(`forecast.py`)."""
