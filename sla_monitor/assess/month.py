"""Contract + record + sla -> Assessment: everything that a contract says about one month, as known at one instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sla_monitor.assess.acknowledgements import acknowledged
from sla_monitor.assess.assessment import VIEWS, Assessment, ContractAssessment, Imported, ServiceAssessment
from sla_monitor.assess.booked_maintenance import booked_maintenance
from sla_monitor.assess.contract_context import ContractContext, is_over
from sla_monitor.assess.counting_in_words import accounting
from sla_monitor.assess.credit_inputs import month_input
from sla_monitor.assess.excerpt import held_keys
from sla_monitor.assess.exclusions import allowance_uses
from sla_monitor.assess.forecast import forecast
from sla_monitor.assess.history import Cache, contract_context_of, earlier_months, setting_of
from sla_monitor.assess.indicators import KpiEvaluation
from sla_monitor.assess.kpi_evaluation import evaluated_kpis
from sla_monitor.assess.kpi_outages import kpi_outages
from sla_monitor.assess.measuring import excused
from sla_monitor.assess.obligations import obligations_of
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.reconciliation import Reconciliation, RecordedList, reconciliation
from sla_monitor.assess.recovery import credit_account
from sla_monitor.assess.sample_cache import SampleCache
from sla_monitor.assess.service_and_kpi import kpi_assessments, service_assessment
from sla_monitor.assess.settlement import (
    entries_of,
    missing_figures,
    report_due_ms,
    restatement,
    shares_of,
    status_of,
)
from sla_monitor.assess.together import Together
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import month_at, period_of, run_of
from sla_monitor.periods.intervals import length
from sla_monitor.register.entries import OutageList
from sla_monitor.register.redaction import last_shared
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.money.claim_deadlines import claim_by
from sla_monitor.sla.money.month_engine import period_result
from sla_monitor.sla.results import PeriodResult


def never_yield() -> None:
    """Nobody waits."""


@dataclass(frozen=True, slots=True)
class AssessmentRun:
    """One assessment at an instant. `cache`: what its contract keeps from one to the next; `yield_control` is called
    between services, KPIs and months."""

    now_ms: int
    cache: Cache
    yield_control: Callable[[], None] = never_yield


def assess(
    contracts: Iterable[Contract],
    evidence: Evidence,
    now_ms: int,
    yield_control: Callable[[], None] = never_yield,
    caches: dict[str, Cache] | None = None,
) -> Assessment:
    """Every contract's running month at `now_ms`. `yield_control` is called between services, KPIs and months: the
    daemon lets probes that are due go first, because working out thousands of endpoints in one go would make them late.
    `caches`, by contract, are kept from one assessment to the next."""
    kept, contracts = {} if caches is None else caches, tuple(contracts)
    together = Together(evidence, [contract.id for contract in contracts])
    several = [
        _running(contract, together, AssessmentRun(now_ms, kept.setdefault(contract.id, Cache()), yield_control))
        for contract in contracts
    ]
    return Assessment(now_ms, tuple(several))


def assess_month(
    contract: Contract,
    evidence: Evidence,
    month: str,
    now_ms: int,
    history: Sequence[PeriodResult] | None = None,
    cache: Cache | None = None,
) -> ContractAssessment:
    """One contract in one month of its term (2026-10), as known at `now_ms`: everything that it says, with working.

    `history`: the results of all months before, if the caller has them. Raises ValueError for a month outside the
    term or one that has not begun.
    """
    period = period_of(contract, month)
    if period.start_ms >= period.end_ms:
        raise ValueError(f"{month} is not in the term of {contract.id}")
    if period.start_ms > now_ms:
        raise ValueError(f"{month} has not begun")
    return _assessed(contract, evidence, month, AssessmentRun(now_ms, cache or Cache()), history)


def assess_contract(contract: Contract, evidence: Evidence, now_ms: int) -> ContractAssessment:
    """One contract's month that holds `now_ms`, so far. Before its term it has no time; once that is over, the last
    month stands."""
    return _running(contract, evidence, AssessmentRun(now_ms, Cache()))


def reconcile_month(
    contract: Contract, evidence: Evidence, month: str, now_ms: int, supposed: RecordedList | None = None
) -> Reconciliation | None:
    """A month's outages against the supplier's lists that are kept, and against one more; None: none speaks of it."""
    contract_context = contract_context_of(contract, evidence, now_ms, Cache())
    return _reconciled(PeriodContext(contract_context, (month,)), (supposed,) if supposed else ())


def _running(contract: Contract, evidence: Evidence, run: AssessmentRun) -> ContractAssessment:
    last, now = run_of(contract).last, month_at(run.now_ms, contract.time_zone)
    found = _assessed(contract, evidence, min(now, last or now), run)
    if found.reconciliation is not None or not run.cache.effective.of(OutageList):
        return found
    contract_context = contract_context_of(contract, evidence, run.now_ms, run.cache)
    return replace(found, reconciliation=_newest_reconciliation(contract_context, run.cache))


def _newest_reconciliation(contract_context: ContractContext, cache: Cache) -> Reconciliation | None:
    """Of the last month that a list speaks of: a supplier's list of a month comes after its end."""
    lists = contract_context.effective.of(OutageList)
    month = max((month_at(said.end_ms - 1, contract_context.contract.time_zone) for _, said in lists), default=None)
    if month is None or not contract_context.run.first <= month < contract_context.this_month:
        return None
    if month not in cache.reconciled:
        context = PeriodContext(contract_context, (month,))
        found = _reconciled(context)
        if found is None or not is_over(contract_context, context.period):
            return found
        cache.reconciled[month] = found
    return cache.reconciled[month]


def _reconciled(
    context: PeriodContext, more: Sequence[RecordedList] = (), services: Sequence[ServiceAssessment] | None = None
) -> Reconciliation | None:
    """`services`: where they are worked out already."""
    contract_context = context.contract_context
    lists = [*(RecordedList(entry.number, said) for entry, said in contract_context.effective.of(OutageList)), *more]
    if not lists:
        return None
    several = [service_assessment(context, one) for one in context.terms.services] if services is None else services
    return reconciliation(contract_context.contract, context.period, contract_context.now_ms, several, lists)


def _assessed(
    contract: Contract,
    evidence: Evidence,
    month: str,
    run: AssessmentRun,
    history: Sequence[PeriodResult] | None = None,
) -> ContractAssessment:
    cache, yield_control = run.cache, run.yield_control
    contract_context = contract_context_of(contract, evidence, run.now_ms, cache)
    is_now = month == contract_context.this_month  # asked for again and again, unlike the months before
    if is_now:
        young = replace(contract_context, evidence=SampleCache(evidence, cache.samples, run.now_ms))
    else:
        young = replace(contract_context, together=held_keys(contract, period_of(contract, month)))
    earlier = (
        earlier_months(contract_context, month, cache, yield_control, young) if history is None else tuple(history)
    )
    context = PeriodContext(young, (month,))
    services: dict[str, ServiceAssessment] = {}
    for service in context.terms.services:
        services[service.id] = service_assessment(context, service)
        yield_control()
    evaluations = evaluated_kpis(context, earlier, cache.times, VIEWS, yield_control)
    return _assessment(context, services, evaluations, earlier, run)


def _assessment(
    context: PeriodContext,
    services: Mapping[str, ServiceAssessment],
    evaluations: Mapping[str, KpiEvaluation],
    earlier: tuple[PeriodResult, ...],
    run: AssessmentRun,
) -> ContractAssessment:
    contract_context, terms, month = context.contract_context, context.terms, context.month
    result = period_result(setting_of(contract_context), terms, month_input(context, evaluations), earlier)
    version = contract_context.contract.version_at(
        max(min(contract_context.now_ms, context.period.end_ms - 1), context.period.start_ms)
    )
    entries = run.cache.entries
    run.yield_control()
    kpis, ends = kpi_assessments(context, services, evaluations, result, earlier, run.yield_control)
    kpis = tuple(
        replace(one, outages=kpi_outages(context, services, evaluations[one.kpi], run.cache.times)) for one in kpis
    )
    status, shares = status_of(context), shares_of(contract_context.contract, result)
    over = earlier if status == "running" else (*earlier, result)
    days, today = run.cache.days_of(contract_context.contract), local_date(contract_context.now_ms, terms.time_zone)
    return ContractAssessment(
        contract=contract_context.contract.id,
        title=terms.title,
        note=terms.note,
        authority=terms.authority,
        supplier=terms.supplier,
        currency=terms.currency,
        time_zone=terms.time_zone.key,
        period=context.period,
        terms_from_ms=version.from_ms,
        terms_reference=version.reference,
        services=tuple(services.values()),
        kpis=kpis,
        starts_on=terms.term.start_on,
        ends_on=terms.term.end_on,
        total_value=terms.total_value,
        at_ms=contract_context.now_ms,
        status=status,
        result=result,
        earlier=earlier,
        forecast=forecast(context, evaluations, ends, earlier) if status == "running" else None,
        accounting=accounting(terms),
        entries=entries_of(contract_context, entries, context.period),
        excused=_excused(context),
        pending=contract_context.effective.pending(contract_context.contract),
        shares={name: part for name, (part, _) in shares.items()},
        shares_working={name: working for name, (_, working) in shares.items()},
        claim_by=claim_by(month, terms.claims),
        restatement=restatement(context, result, entries),
        register_number=last_shared(entries),
        triggers=tuple(trigger.id for trigger in terms.triggers),
        missing_figures=missing_figures(contract_context, over),
        probe_after_term=terms.probe_after_term,
        imports=tuple(_imported(context)),
        allowances=tuple(allowance_uses(contract_context.case, terms, context.period, contract_context.hours)),
        report_due_ms=report_due_ms(contract_context, terms, month),
        participants={one.id: one.name or one.id for one in terms.participants},
        reconciliation=_reconciled(context, services=tuple(services.values())),
        booked=booked_maintenance(context) if status == "running" else (),
        clock_moves=tuple(contract_context.evidence.clock_moves(context.period.start_ms, context.period.end_ms)),
        acknowledged=acknowledged(context, services) if status == "running" else (),
        recovery=credit_account(contract_context, context.period, over, days),
        deadlines=days.deadlines(today) if status == "running" else (),
        obligations=obligations_of(contract_context, context.period, days),
    )


def _excused(context: PeriodContext) -> dict[str, frozenset[str]]:
    several = ((kpi, kpi.ticket_terms) for kpi in context.terms.kpis)
    left_out = {kpi.id: excused(context, terms, "agreed") for kpi, terms in several if terms is not None}
    return {kpi: tickets for kpi, tickets in left_out.items() if tickets}


def _imported(context: PeriodContext) -> Iterable[Imported]:
    for record, when in context.imported:
        times = {service.id: length(context.imported_time(service, [when])) for service in context.terms.services}
        yield Imported(record, {service: ms for service, ms in times.items() if ms})
