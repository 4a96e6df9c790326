"""KPIs as everyone reads them: figures by view, allowance, result, and what the rest of the period may bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sla_monitor.assess.assessment import KpiAssessment, ServiceAssessment
from sla_monitor.assess.bounds import Bounds, SoFar, other_forecast
from sla_monitor.assess.forecast import kpi_forecast, whole_of
from sla_monitor.assess.kpi_evaluation import KpiEvaluation, target_ratio
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.intervals import length
from sla_monitor.sla.results import PeriodResult


def kpi_assessments(
    context: PeriodContext,
    services: Mapping[str, ServiceAssessment],
    evaluations: Mapping[str, KpiEvaluation],
    result: PeriodResult,
    earlier: Sequence[PeriodResult],
    yield_control: Callable[[], None],
) -> tuple[tuple[KpiAssessment, ...], dict[str, Bounds]]:
    """The KPIs of a month, and what those that run would measure at best and at worst. `result`: of the month;
    `earlier`: of the months before."""
    ends: dict[str, Bounds] = {}
    found = []
    for name, one in evaluations.items():
        kpi, whole = one.kpi, whole_of(context, one)
        told = _kpi(one, whole, services, result)
        if context.contract_context.now_ms < whole.period.end_ms:
            if isinstance(kpi, AvailabilityKpi) and one.times:
                then, ends[name] = kpi_forecast(context, kpi, one, told.allowance_ms, earlier)
            else:
                then, ends[name] = other_forecast(whole, name, SoFar(evaluations, ends, earlier))
            told = replace(told, forecast=then)
        found.append(told)
        yield_control()
    return tuple(found), ends


def _kpi(
    one: KpiEvaluation, whole: PeriodContext, services: Mapping[str, ServiceAssessment], result: PeriodResult
) -> KpiAssessment:
    kpi, agreed = one.kpi, one.measured["agreed"]
    allowance_ms, target = _allowance(whole, one)
    return KpiAssessment(
        kpi=kpi.id,
        title=kpi.title or kpi.id,
        clause=kpi.clause,
        service=services.get(kpi.service or "") if kpi.has_downtime else None,
        target_ratio=target,
        allowance_ms=allowance_ms,
        is_assessable=one.results["agreed"].band is not None,
        terms=kpi,
        period=whole.period,
        views=one.figures(),
        submitted=agreed.submitted,
        difference=one.results["agreed"].difference,
        coverage_ratio=agreed.coverage,
        result=result.kpi(kpi.id),
    )


def _allowance(whole: PeriodContext, one: KpiEvaluation) -> tuple[Fraction, Fraction]:
    """The allowance is that of each version's target over its own agreed time; the target shown is the one that gives
    the same allowance over the whole, which with one version is that version's."""
    kpi = one.kpi
    if not isinstance(kpi, AvailabilityKpi) or kpi.service is None:
        return Fraction(0), target_ratio(kpi)
    slices = whole.whole_slices(kpi.service)
    promised = [(_promised(kpi, each.terms, whole.terms), length(each.hours)) for each in slices]
    if len(promised) == 1:
        target, agreed_ms = promised[0]
        return agreed_ms * (1 - target), target
    allowance = sum((agreed_ms * (1 - target) for target, agreed_ms in promised), Fraction(0))
    whole_ms = sum(agreed_ms for _, agreed_ms in promised)
    return allowance, 1 - allowance / whole_ms if whole_ms else kpi.target_ratio


def _promised(kpi: AvailabilityKpi, terms: Terms, ours: Terms) -> Fraction:
    """A KPI's target in a version of the terms; `ours` are those that the KPI is of."""
    if terms is ours:
        return kpi.target_ratio
    return next((one.target_ratio for one in terms.availability_kpis if one.id == kpi.id), kpi.target_ratio)
