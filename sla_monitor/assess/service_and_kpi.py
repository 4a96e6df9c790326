"""The services and KPIs of a month, as all outputs read them.

Of a service: its time by class, outages with their reasons, and what is left out and why. Of a KPI: its figures by
view, its allowance and result, and what the rest of the period may bring.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from operator import attrgetter

from sla_monitor.assess.assessment import NO_FIGURE, Figure, ImpactCost, KpiAssessment, Lanes, Outage, ServiceAssessment
from sla_monitor.assess.endpoint_states import DownSpan
from sla_monitor.assess.forecast import kpi_forecast, other_forecast, whole_of
from sla_monitor.assess.indicators import Bounds, KpiEvaluation, SoFar
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.service_sweep import PLAIN, state_now
from sla_monitor.assess.service_time import Spell, Through
from sla_monitor.assess.sight import place_times, sights
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.intervals import Intervals, intersect, length
from sla_monitor.periods.terms_slices import TermsSlice
from sla_monitor.register.entries import Correction, Impact
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import money, shown
from sla_monitor.sla.working import step


def service_assessment(context: PeriodContext, service: Service) -> ServiceAssessment:
    """One service in a month so far, as its own terms say: excluded and unseen time on neither side of the ratio."""
    whole, slices, seen = context.whole_slices(service.id), context.slices(service.id), context.through(service.id)
    excluded = context.excluded(service.id, "agreed")
    time = context.time_without(service.id, excluded)
    outages = tuple(_outages(context, slices, seen, excluded))
    downtime_ms = sum(outage.downtime_ms for outage in outages)
    return ServiceAssessment(
        service=service.id,
        name=service.name or service.id,
        criticality=service.criticality,
        participants=service.participants,
        state=_state(context, slices),
        agreed_ms=time.agreed_ms,
        period_agreed_ms=sum(length(one.hours) for one in whole),
        downtime_ms=downtime_ms,
        unknown_ms=time.unknown_ms,
        outages=outages,
        degraded_ms=time.degraded_ms,
        excluded_ms=time.excluded_ms,
        gross_downtime_ms=sum(outage.gross_ms for outage in outages),
        excluded=context.exclusions.listed(service.id),
        lanes=_lanes(whole, seen, excluded),
        imported_ms=length(context.imported_time(service, [when for _, when in context.imported])),
        is_probed=any(one.service.endpoints for one in whole),
        impact_cost=_impact_cost(service, downtime_ms, context.terms.currency),
        places=place_times(context.endpoints, slices),
    )


def _impact_cost(service: Service, downtime_ms: int, currency: str) -> ImpactCost | None:
    """By the price at the month's end."""
    if service.impact_cost_per_hour is None:
        return None
    hours = Fraction(downtime_ms, 3_600_000)
    amount = money(hours * Fraction(service.impact_cost_per_hour), currency)
    formula = f"{shown(hours)} h × {service.impact_cost_per_hour} an hour"
    return ImpactCost(amount, (step("cost of the downtime to the authority, not credited", formula, amount),))


def _lanes(whole: Sequence[TermsSlice], seen: Through, excluded: Intervals) -> Lanes:
    hours = [pair for one in whole for pair in one.hours]
    left_out = intersect(seen.hours, excluded) if excluded else []
    return Lanes(hours, seen.up, seen.degraded, seen.down, seen.unknown, left_out)


def _state(context: PeriodContext, slices: Sequence[TermsSlice]) -> Outcome:
    """The service at this moment; of a month that is over, and of a service that is gone, nothing is known."""
    if not slices or slices[-1].end_ms < context.contract_context.now_ms:
        return Outcome.UNKNOWN
    return state_now(slices[-1], context.endpoints)


def outages_of(context: PeriodContext, service: str, counting: Counting) -> tuple[Outage, ...]:
    """A service's outages as a way of counting sees them, with nothing excluded."""
    return tuple(_outages(context, context.slices(service), context.through(service, counting), [], counting))


def _outages(
    context: PeriodContext,
    slices: Sequence[TermsSlice],
    seen: Through,
    excluded: Intervals,
    counting: Counting = PLAIN,
) -> Iterator[Outage]:
    """The service's outages from beginning to end, also where that lies outside the hours or the period; only those
    with a part inside, and the open one."""
    if not seen.spells:
        return
    now_ms, entries = context.contract_context.now_ms, _entries(context, slices[-1].service)
    unseen = {start_ms for start_ms, _ in seen.unknown}
    for spell, downs in zip(seen.spells, _causes(seen.spells, _downs(context, slices)), strict=True):
        start_ms, end_ms, _, gross = spell
        gross_ms, is_open = gross.weighted_ms, end_ms >= now_ms
        if gross_ms or is_open:
            counted_ms = spell.outside(excluded).weighted_ms if excluded else gross_ms
            names, reason = tuple(dict.fromkeys([down.endpoint for down in downs])), downs[0].reason if downs else None
            numbers = {number for start, end, number in entries if start < end_ms and end > start_ms} if entries else ()
            until_ms = None if is_open else end_ms
            places = sights(context.endpoints, slices, (start_ms, end_ms), counting)
            numbered, is_seen = tuple(sorted(numbers)), is_open or end_ms not in unseen
            yield Outage(start_ms, until_ms, counted_ms, reason, names, gross_ms, numbered, 0, places, is_seen)


def _causes(spells: Sequence[Spell], downs: Sequence[DownSpan]) -> Iterator[list[DownSpan]]:
    """What was seen down in each outage, in one walk along both."""
    ahead, beside = deque(downs), list[DownSpan]()
    for spell in spells:
        while ahead and ahead[0].start_ms < spell.end_ms:
            beside.append(ahead.popleft())
        beside = [down for down in beside if down.end_ms > spell.start_ms]
        yield beside


def _downs(context: PeriodContext, slices: Sequence[TermsSlice]) -> list[DownSpan]:
    """Everything that was seen down, in order of time."""
    endpoints = {endpoint.id: endpoint for one in slices for endpoint in one.service.endpoints}
    found = [down for endpoint in endpoints.values() for down in context.endpoints.downs(endpoint)]
    return sorted(found, key=attrgetter("start_ms", "end_ms"))


def _entries(context: PeriodContext, service: Service) -> list[tuple[int, int, int]]:
    """(from, to, number) of the register entries about a service's time."""
    effective = context.contract_context.effective
    spans = [(*one.asked, one.entry) for one in context.exclusions.of(service.id)]
    spans += [(said.start_ms, said.end_ms, e.number) for e, said in effective.of(Impact) if said.service == service.id]
    spans += [
        (said.start_ms, said.end_ms, e.number) for e, said in effective.of(Correction) if _is_about(said, service)
    ]
    return spans


def _is_about(said: Correction, service: Service) -> bool:
    return service.id in said.services or any(endpoint.id in said.endpoints for endpoint in service.endpoints)


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
            if one.times and kpi.downtime_counting is not None:
                then, ends[name] = kpi_forecast(context, kpi.downtime_counting, one, told.allowance_ms, earlier)
            else:
                then, ends[name] = other_forecast(whole, name, SoFar(evaluations, ends, earlier))
            told = replace(told, forecast=then)
        found.append(told)
        yield_control()
    return tuple(found), ends


def _kpi(
    one: KpiEvaluation, whole: PeriodContext, services: Mapping[str, ServiceAssessment], result: PeriodResult
) -> KpiAssessment:
    kpi, agreed, priced = one.kpi, one.measured["agreed"], result.kpi(one.kpi.id)
    # A period that ended with the month and has no result was measured by nobody: a nought of it would be a claim.
    is_unmeasured = priced is None and one.months[-1] == result.month
    allowance_ms, target = _allowance(whole, one)
    return KpiAssessment(
        kpi=kpi.id,
        title=kpi.title or kpi.id,
        clause=kpi.clause,
        service=services.get(kpi.service or "") if kpi.downtime_counting is not None else None,
        target_ratio=target,
        allowance_ms=allowance_ms,
        is_assessable=one.results["agreed"].band is not None and not is_unmeasured,
        terms=kpi,
        period=whole.period,
        views=one.figures() if not is_unmeasured else {view: _blank(each) for view, each in one.figures().items()},
        submitted=agreed.submitted,
        difference=one.results["agreed"].difference,
        coverage_ratio=agreed.coverage,
        result=priced,
        is_of_nothing=agreed.is_of_nothing,
    )


def _blank(figure: Figure) -> Figure:
    """The time that was agreed, and no figure of it."""
    return replace(NO_FIGURE, downtime_ms=figure.downtime_ms, base_ms=figure.base_ms, seconds=figure.seconds)


def _allowance(whole: PeriodContext, one: KpiEvaluation) -> tuple[Fraction, Fraction]:
    """The allowance is that of each version's target over its own agreed time; the target shown is the one that gives
    the same allowance over the whole, which with one version is that version's."""
    kpi = one.kpi
    if kpi.downtime_counting is None or kpi.service is None:
        return Fraction(0), kpi.target_ratio
    slices = whole.whole_slices(kpi.service)
    promised = [(_promised(kpi, each.terms, whole.terms), length(each.hours)) for each in slices]
    whole_ms = sum(agreed_ms for _, agreed_ms in promised)
    if not whole_ms:
        return Fraction(0), kpi.target_ratio if kpi.unit == "percent" else Fraction(0)
    if len(promised) == 1:
        allowance = promised[0][0].allowed_ms(whole_ms)
    else:
        allowance = sum((one.allowed_ms(whole_ms) * agreed_ms / whole_ms for one, agreed_ms in promised), Fraction(0))
    return allowance, max(1 - allowance / (kpi.downtime_counting.denominator_ms or whole_ms), Fraction(0))


def _promised(kpi: Kpi, terms: Terms, ours: Terms) -> Kpi:
    """A KPI in a version of the terms; `ours` are those that the KPI is of."""
    if terms is ours:
        return kpi
    promising = (one for one in terms.kpis if one.id == kpi.id and one.downtime_counting is not None)
    return next(promising, kpi)
