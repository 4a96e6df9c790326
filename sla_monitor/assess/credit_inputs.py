"""Inputs of the month engine: the facts of one month from which points and money follow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.downtime_by_day import ByDay, downtime_by_day
from sla_monitor.assess.indicators import KpiEvaluation
from sla_monitor.assess.kpi_evaluation import unmeasured
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.relief import is_granted
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, period_of
from sla_monitor.periods.months import Window, last_day
from sla_monitor.register import entries as register
from sla_monitor.register.affected_figures import lets_pass
from sla_monitor.sla.money.charges import month_charges
from sla_monitor.sla.results import (
    ClaimMade,
    EarnedBack,
    Measured,
    Misreport,
    MonthInput,
    Occurrence,
    Waived,
)

WINDOWS: tuple[Window, ...] = ("quarter", "contract_year", "calendar_year")
"""Those whose charges are partly to come."""

PARTIES = ("supplier", "authority", "agreed")


def month_input(context: PeriodContext, evaluations: Mapping[str, KpiEvaluation]) -> MonthInput:
    """A month's KPIs, agreed view, with its charges and what the register says about its money."""
    return with_measured(context, evaluations, ending(context, evaluations), downtime_by_day(context))


def ending(context: PeriodContext, evaluations: Mapping[str, KpiEvaluation]) -> dict[str, Measured]:
    """The KPIs whose measurement period ends with the month. The engine makes composites of the others itself, unless
    somebody has reported their figure."""
    return {
        name: one.measured["agreed"]
        for name, one in evaluations.items()
        if context.month == one.months[-1] and (not one.kpi.part_kpis or _is_reported(context, name))
    }


def _is_reported(context: PeriodContext, kpi: str) -> bool:
    return any(context.contract_context.effective.figure(kpi, context.month, party) for party in PARTIES)


def with_measured(
    context: PeriodContext, evaluations: Mapping[str, KpiEvaluation], measured: Mapping[str, Measured], by_day: ByDay
) -> MonthInput:
    """The same with other figures."""
    contract_context, month = context.contract_context, context.month
    effective = contract_context.effective
    return MonthInput(
        month=month,
        measured=measured,
        charges=charges(contract_context.contract, month),
        coming=_coming(context),
        occurrences=_occurrences(context),
        misreports=tuple(
            Misreport(said.omitted, said.deliberate, said.corrected, f"entry {entry.number}")
            for entry, said in effective.of(register.Misreported)
            if said.month == month
        ),
        unmeasured=unmeasured(contract_context, evaluations),
        waived={**_relieved(context), **_waived(context)},
        earned_back=tuple(
            EarnedBack(said.amount, _describe_entry(entry))
            for entry, said in effective.of(register.EarnedBackEntry)
            if said.month == month
        ),
        claim=_claim(contract_context, month),
        by_day=by_day,
    )


def charges(contract: Contract, month: str) -> dict[str, Decimal]:
    """A month's charges by service, by the days for which each version's were in force."""
    parts = [(terms.charges, days) for terms, days in terms_by_day(contract, month)]
    return month_charges(parts, last_day(month).day, contract.currency)


def terms_by_day(contract: Contract, month: str) -> list[tuple[Terms, int]]:
    """The terms that hold in the part of a month that the contract runs, each with its days."""
    period, zone = period_of(contract, month), contract.time_zone
    return [
        (version.terms, (local_date(version.end_ms, zone) - local_date(version.start_ms, zone)).days)
        for version in contract.versions_in(period.start_ms, period.end_ms)
    ]


def _coming(context: PeriodContext) -> dict[str, dict[str, Decimal]]:
    """The charges of the rest of the year or the quarter, by what the terms say already of those months: asked for by
    caps alone."""
    contract, run = context.contract_context.contract, context.contract_context.run
    bases = {cap.base for cap in context.terms.caps}
    months = {month for base in WINDOWS if base in bases for month in run.window(base, context.month)}
    return {month: charges(contract, month) for month in sorted(months) if month > context.month}


def _occurrences(context: PeriodContext) -> dict[str, tuple[Occurrence, ...]]:
    """By rule: each that prices occurrences has its own, also where there are none."""
    rules = [rule.id for rule in context.terms.credits if rule.prices_occurrences]
    found = [
        said for _, said in context.contract_context.effective.of(register.Occurred) if said.month == context.month
    ]
    return {
        rule: tuple(
            Occurrence(said.duration_ms, said.area, said.used, said.repeats) for said in found if said.rule == rule
        )
        for rule in rules
    }


def _waived(context: PeriodContext) -> dict[str, Waived]:
    result: dict[str, Waived] = {}
    for entry, said in context.contract_context.effective.of(register.Waiver):
        if said.month == context.month:
            names = said.kpis or [kpi.id for kpi in context.terms.kpis]
            result |= dict.fromkeys(names, Waived(_describe_entry(entry), said.what == "money"))
    return result


def _relieved(context: PeriodContext) -> dict[str, Waived]:
    """KPIs with a granted claim for their measurement period itself: those whose figure is not made of time or tickets
    here, and cannot be worked out again without some of it."""
    case, terms = context.contract_context.case, context.terms
    return {
        kpi.id: Waived(f"relief, {_describe_entry(entry)}")
        for entry, said in case.effective.of(register.Claim)
        for kpi in (terms.kpis if said.kpis else ())
        if kpi.id in said.kpis and _overlaps(said, _measurement(context, kpi)) and lets_pass(kpi, terms)
        if is_granted(case, entry, said)
    }


def _measurement(context: PeriodContext, kpi: Kpi) -> Period:
    months = context.contract_context.run.period_months(context.month, kpi.measurement_months)
    return period_of(context.contract_context.contract, months[0], months[-1])


def _overlaps(said: register.Timed, period: Period) -> bool:
    return said.start_ms < period.end_ms and said.end_ms > period.start_ms


def _claim(contract_context: ContractContext, month: str) -> ClaimMade:
    zone = contract_context.contract.time_zone
    made = [said for _, said in contract_context.effective.of(register.CreditClaim) if said.month == month]
    first = min((said.claimed_ms for said in made), default=None)
    return ClaimMade(None if first is None else local_date(first, zone), local_date(contract_context.now_ms, zone))


def _describe_entry(entry: register.Entry) -> str:
    return f"entry {entry.number}" + (f" ({entry.reference})" if entry.reference else "")
