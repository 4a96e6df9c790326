"""Every KPI in the measurement period that holds a month, in three views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sla_monitor.assess.assessment import VIEWS, Outage, View
from sla_monitor.assess.contract_context import ContractContext, is_over
from sla_monitor.assess.indicators import INDICATORS, KpiEvaluation, seen
from sla_monitor.assess.measuring import figure, is_seen
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_time import Time, joined
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.sla.composite import with_parts
from sla_monitor.sla.measure import measured
from sla_monitor.sla.results import KpiResult, Measured, PeriodResult, recent
from sla_monitor.sla.scoring import kpi_result

AGREED: tuple[View, ...] = ("agreed",)


@dataclass(slots=True)
class ServiceTimes:
    """The time of KPIs that lose downtime, in months that are over: a year need not be read again every few seconds."""

    known: dict[object, Time] = field(default_factory=dict)
    outages: dict[object, tuple[Outage, ...]] = field(default_factory=dict)
    _last: PeriodContext | None = None

    def of(self, context: PeriodContext, kpi: Kpi, view: View) -> Time | None:
        """The time of a KPI's measurement period so far; None where it loses no downtime, or its service has no
        endpoints."""
        counting = kpi.downtime_counting
        if counting is None or kpi.service is None or not is_seen(context, kpi):
            return None
        time = context.time(kpi.service, view, kpi.id, counting)
        return time if kpi.measurement_months == 1 else joined([*self._before(context, kpi, counting, view), time])

    def _before(self, context: PeriodContext, kpi: Kpi, counting: Counting, view: View) -> Iterable[Time]:
        for month in context.contract_context.run.period_months(context.month, kpi.measurement_months):
            if month < context.month:
                key = (month, kpi.id, kpi.service, counting, view)
                time = self.known.get(key)
                if time is None:
                    earlier = self._context(context.contract_context, month)
                    time = earlier.time(kpi.service or "", view, kpi.id, counting)
                    if is_over(context.contract_context, earlier.period):
                        self.known[key] = time
                yield time

    def _context(self, contract_context: ContractContext, month: str) -> PeriodContext:
        """The last one asked for, which several KPIs and views ask for in a row."""
        if self._last is None or self._last.contract_context is not contract_context or self._last.month != month:
            self._last = PeriodContext(contract_context, (month,))
        return self._last


def evaluated_kpis(
    context: PeriodContext,
    earlier: Sequence[PeriodResult],
    times: ServiceTimes,
    views: Sequence[View] = VIEWS,
    yield_control: Callable[[], None] = lambda: None,
) -> dict[str, KpiEvaluation]:
    """The KPIs of the month's terms, by id. `context` is one month; `earlier` are the results of the months before."""
    result: dict[str, KpiEvaluation] = {}
    for kpi in context.terms.kpis:
        result[kpi.id] = _evaluated(context, kpi, earlier, EvaluationContext(times, views, result))
        yield_control()
    return result


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What a KPI is worked out with. `others`: the KPIs above it, of which it may be made."""

    times: ServiceTimes
    views: Sequence[View]
    others: Mapping[str, KpiEvaluation]


def _evaluated(
    context: PeriodContext, kpi: Kpi, earlier: Sequence[PeriodResult], surroundings: EvaluationContext
) -> KpiEvaluation:
    times, others = surroundings.times, surroundings.others
    months = context.contract_context.run.period_months(context.month, kpi.measurement_months)
    whole = context if len(months) == 1 else PeriodContext(context.contract_context, months)
    history = recent(earlier, kpi, max(1, kpi.average_with_previous))
    figures: dict[View, Measured] = {}
    results: dict[View, KpiResult] = {}
    spent: dict[View, Time] = {}
    bases: dict[View, object] = {}
    for view in surroundings.views:
        if time := times.of(context, kpi, view):
            spent[view] = time
        basis = spent.get(view) or INDICATORS[kpi.indicator].rests_on(whole, kpi, view, others)
        same = next((one for one, its in bases.items() if its is basis or its == basis), None)
        if same is None:
            figures[view] = _measured(whole, kpi, view, spent.get(view), others)
            results[view] = kpi_result(kpi, context.month, figures[view], history)
        else:  # nothing differs between the two views, and the working need not be written twice
            figures[view], results[view] = figures[same], results[same]
        bases[view] = basis
    return KpiEvaluation(kpi, months, figures, results, spent)


def _measured(
    whole: PeriodContext, kpi: Kpi, view: View, time: Time | None, others: Mapping[str, KpiEvaluation]
) -> Measured:
    found = measured(kpi, seen(whole, kpi, view, time), whole.frame)
    parts = {name: others[name] for name in kpi.part_kpis if name in others}
    # a part whose own measurement period ends elsewhere has no result yet, now or when the month is over
    ending = {name: part.results[view] for name, part in parts.items() if part.months[-1] == whole.month}
    return with_parts(kpi, found, ending)


def unmeasured(contract_context: ContractContext, evaluations: Mapping[str, KpiEvaluation]) -> frozenset[str]:
    """The KPIs whose measurement period was over before anything was probed, or any ticket recorded: nobody
    measured them, and that is nobody's failure, nor a month without tickets. A figure that somebody reported all the
    same is one."""
    found: set[str] = set()
    contexts = {one.months: PeriodContext(contract_context, one.months) for one in evaluations.values()}
    for name, one in evaluations.items():
        context, agreed = contexts[one.months], one.measured["agreed"]
        is_ticketed = one.kpi.ticket_terms is not None
        begun_ms = contract_context.recorded_ms if is_ticketed else contract_context.first_ms
        is_before = begun_ms is None or context.period.end_ms <= begun_ms
        given = agreed.submitted, agreed.agreed, figure(context, one.kpi, "authority") if is_ticketed else None
        is_watched = is_ticketed or is_seen(context, one.kpi) or not found.isdisjoint(one.kpi.part_kpis)
        if is_before and is_watched and given == (None, None, None):
            found.add(name)
    return frozenset(found)
