"""Forecasts for the rest of a period: rates, the instant at which the allowance is used up, the bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sla_monitor.assess.assessment import NO_FIGURE, Figure, Forecast, KpiForecast, Outlook
from sla_monitor.assess.credit_inputs import ending, with_measured
from sla_monitor.assess.downtime_by_day import at_worst, downtime_by_day
from sla_monitor.assess.history import setting_of
from sla_monitor.assess.indicators import BEST, INDICATORS, WORST, Bounds, KpiEvaluation, SoFar, figure_of
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_time import Lost, Time
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.periods.intervals import Intervals, first, intersect, length, subtract
from sla_monitor.sla.downtime import time_that_counts
from sla_monitor.sla.measure import KpiInput, measured
from sla_monitor.sla.money.month_engine import period_result
from sla_monitor.sla.results import Measured, MonthInput, PeriodResult, recent
from sla_monitor.sla.scoring import kpi_result

TRAILING_MS = 7 * 86_400_000
ALL_DOWN = Fraction(1)


def kpi_forecast(
    context: PeriodContext,
    counting: Counting,
    evaluation: KpiEvaluation,
    allowance_ms: Fraction,
    history: Sequence[PeriodResult],
) -> tuple[KpiForecast, Bounds]:
    """For a KPI that loses downtime, whose measurement period runs. `context`: the month that runs."""
    kpi = evaluation.kpi
    whole, time = whole_of(context, evaluation), evaluation.times["agreed"]
    down_ms = Fraction(time_that_counts(time.seconds, counting)[1])
    ahead = whole.ahead(kpi.service or "")
    whole_ms = time.agreed_ms + length(ahead)
    allowed = allowance_ms / whole_ms if whole_ms else Fraction(0)
    recent_down_ms, recent_ms = _recent(context, kpi, counting)
    left_ms = allowance_ms - down_ms
    used_up_ms = _used_up(context, kpi, counting, left_ms) if left_ms <= 0 else None
    best, worst = (_ended(whole, counting, evaluation, ahead, is_down) for is_down in (False, True))
    past = recent(history, kpi, max(1, kpi.average_with_previous))
    figures = [
        figure_of(kpi, kpi_result(kpi, context.month, found, past), then.seconds) for found, then in (best, worst)
    ]
    return KpiForecast(
        burn_rate=_rate(down_ms, time.agreed_ms * allowed),
        trailing_burn_rate=_rate(recent_down_ms, recent_ms * allowed),
        runs_out_ms=used_up_ms or _runs_out(whole, left_ms, _rate(down_ms, Fraction(time.agreed_ms)), ahead),
        trailing_runs_out_ms=used_up_ms or _runs_out(whole, left_ms, _rate(recent_down_ms, Fraction(recent_ms)), ahead),
        best=figures[0],
        worst=figures[1],
    ), Bounds(best[0], worst[0])


def other_forecast(whole: PeriodContext, name: str, known: SoFar) -> tuple[KpiForecast, Bounds]:
    """For a KPI whose measurement period runs, and that is not made of a service's time. `whole`: that period."""
    one = known.evaluations[name]
    found = INDICATORS[one.kpi.indicator].ends(whole, one.kpi, one, known)
    so_far = one.measured["agreed"]
    best, worst = (
        replace(so_far, value=end.value, working=end.working) if end is not None else None
        for end in (found.best, found.worst)
    )
    figures = _figure(whole, one, best, known), _figure(whole, one, worst, known)
    return KpiForecast(None, None, None, None, *figures), Bounds(best, worst)


def _figure(whole: PeriodContext, one: KpiEvaluation, end: Measured | None, known: SoFar) -> Figure:
    return NO_FIGURE if end is None else figure_of(one.kpi, known.result(whole, one, end))


def whole_of(context: PeriodContext, evaluation: KpiEvaluation) -> PeriodContext:
    """The measurement period of a KPI in which a month is."""
    return context if len(evaluation.months) == 1 else PeriodContext(context.contract_context, evaluation.months)


def _rate(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole else None


def _recent(context: PeriodContext, kpi: Kpi, counting: Counting) -> tuple[Fraction, int]:
    """Downtime and agreed time of the last seven days, as far as this month holds them."""
    window: Intervals = [(context.until_ms - TRAILING_MS, context.until_ms)]
    down = sum(
        (share * length(intersect([span], window)) for span, share in _lost(context, kpi, counting)), Fraction(0)
    )
    return down, length(intersect(context.through(kpi.service or "", counting).hours, window))


def _used_up(context: PeriodContext, kpi: Kpi, counting: Counting, left_ms: Fraction) -> int:
    """When so much downtime before now was over: backwards from now. By its month's beginning, where it was earlier."""
    over_ms = -left_ms
    for (start_ms, end_ms), share in reversed(list(_lost(context, kpi, counting))):
        lost_ms = share * (end_ms - start_ms)
        if lost_ms >= over_ms:
            return end_ms - int(over_ms / share) if share else end_ms
        over_ms -= lost_ms
    return context.period.start_ms


def _lost(context: PeriodContext, kpi: Kpi, counting: Counting) -> Iterator[tuple[tuple[int, int], Fraction]]:
    """The pieces of outages that count, ascending, with the share of the service that each of them took."""
    excluded = context.excluded(kpi.service or "", "agreed", kpi.id, counting)
    for spell in context.through(kpi.service or "", counting).spells:
        for piece in spell.pieces:
            for span in subtract([(piece.start_ms, piece.end_ms)], excluded):
                yield span, piece.share


def _runs_out(context: PeriodContext, left_ms: Fraction, rate: Fraction | None, ahead: Intervals) -> int | None:
    """When the allowance is used up if downtime goes on at a rate per agreed time."""
    needed = left_ms / rate if rate else None
    if needed is None or needed > length(ahead):
        return None
    until = first(ahead, -int(-needed // 1))
    return until[-1][1] if until else context.until_ms


def _ended(
    context: PeriodContext, counting: Counting, evaluation: KpiEvaluation, ahead: Intervals, is_down: bool
) -> tuple[Measured, Time]:
    """The period at its end, if from now on nothing, or everything, is down. Maintenance that is granted ahead stays
    out of it."""
    kpi, time = evaluation.kpi, evaluation.times["agreed"]
    excluded = context.excluded(kpi.service or "", "agreed", kpi.id, counting)
    kept = context.kept(kpi.service or "", "agreed", kpi.id, counting)
    counted_ms = length(subtract(ahead, excluded))
    then = replace(
        time,
        end_ms=context.period.end_ms,
        agreed_ms=time.agreed_ms + length(ahead),
        excluded_ms=time.excluded_ms + length(ahead) - counted_ms,
        kept_ms=time.kept_ms + length(intersect(ahead, kept)),
    )
    if is_down and counted_ms:
        outage = Lost(context.until_ms, context.period.end_ms, ((ALL_DOWN, counted_ms),))
        then = replace(then, lost=(*then.lost, outage))
    found = evaluation.measured["agreed"]
    outages = then.outages(counting)
    seen = KpiInput(seconds=then.seconds, outages=outages, submitted=found.submitted, agreed=found.agreed)
    return measured(kpi, seen, context.frame), then


def forecast(
    context: PeriodContext,
    evaluations: Mapping[str, KpiEvaluation],
    ends: Mapping[str, Bounds],
    history: Sequence[PeriodResult],
) -> Forecast:
    """The month's points and money as they stand, at best and at worst. KPIs that are not forecast stay as they are."""
    now = ending(context, evaluations)
    best, worst = (
        {name: found for name, one in ends.items() if name in now and (found := end(one)) is not None}
        for end in (BEST, WORST)
    )
    by_day = downtime_by_day(context)
    return Forecast(
        _outlook(context, with_measured(context, evaluations, now, by_day), history),
        _outlook(context, with_measured(context, evaluations, now | best, by_day), history),
        _outlook(context, with_measured(context, evaluations, now | worst, at_worst(context, by_day)), history),
    )


def _outlook(context: PeriodContext, seen: MonthInput, history: Sequence[PeriodResult]) -> Outlook:
    result = period_result(setting_of(context.contract_context), context.terms, seen, history)
    return Outlook(result.points, Decimal(result.deducted), tuple(one.trigger for one in result.triggers))
