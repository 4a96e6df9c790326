"""What is known of one month, as the engine of points and money takes it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.kpi_evaluation import KpiEvaluation, unborn
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.assess.relief import is_granted
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import CompositeKpi, Kpi
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.money.credit_methods import UnitRateCredit
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, period_of
from sla_monitor.periods.months import last_day
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

PARTIES = ("supplier", "authority", "agreed")


def month_input(ground: PeriodContext, judged: Mapping[str, KpiEvaluation]) -> MonthInput:
    """A month's KPIs, agreed view, with its charges and what the register says about its money."""
    return with_measured(ground, judged, ending(ground, judged))


def ending(ground: PeriodContext, judged: Mapping[str, KpiEvaluation]) -> dict[str, Measured]:
    """The KPIs whose measurement period ends with the month. The engine makes composites of the others itself, unless
    somebody has reported their figure."""
    return {
        name: one.measured["agreed"]
        for name, one in judged.items()
        if ground.month == one.months[-1] and not (isinstance(one.kpi, CompositeKpi) and not _is_reported(ground, name))
    }


def _is_reported(ground: PeriodContext, kpi: str) -> bool:
    return any(ground.world.standing.figure(kpi, ground.month, party) for party in PARTIES)


def with_measured(
    ground: PeriodContext, judged: Mapping[str, KpiEvaluation], measured: Mapping[str, Measured]
) -> MonthInput:
    """The same with other figures."""
    world, month = ground.world, ground.month
    standing = world.standing
    return MonthInput(
        month=month,
        measured=measured,
        charges=charges(world.contract, month),
        coming=_coming(ground),
        occurrences=_occurrences(ground),
        misreports=tuple(
            Misreport(said.omitted, said.deliberate, said.corrected, f"entry {entry.number}")
            for entry, said in standing.of(register.Misreported)
            if said.month == month
        ),
        unborn=unborn(world, judged),
        waived={**_relieved(ground), **_waived(ground)},
        earned_back=tuple(
            EarnedBack(said.amount, _told(entry))
            for entry, said in standing.of(register.EarnedBackEntry)
            if said.month == month
        ),
        claim=_claim(world, month),
    )


def charges(contract: Contract, month: str) -> dict[str, Decimal]:
    """A month's charges by service, by the days for which each version's were in force."""
    parts = [(terms.charges, days) for terms, days in terms_by_day(contract, month)]
    return month_charges(parts, last_day(month).day, contract.currency)


def terms_by_day(contract: Contract, month: str) -> list[tuple[Terms, int]]:
    """The terms that hold in the part of a month that the contract runs, each with its days."""
    period, zone = period_of(contract, month), contract.time_zone
    return [
        (terms, (local_date(end_ms, zone) - local_date(start_ms, zone)).days)
        for start_ms, end_ms, terms in contract.versions_in(period.start_ms, period.end_ms)
    ]


def _coming(ground: PeriodContext) -> dict[str, dict[str, Decimal]]:
    """The charges of the rest of the contract year, by what the terms say already of those months: asked for by caps
    alone."""
    is_asked = any(cap.base == "contract_year" for cap in ground.terms.caps)
    year = ground.world.run.year_months(ground.month) if is_asked else ()
    return {month: charges(ground.world.contract, month) for month in year if month > ground.month}


def _occurrences(ground: PeriodContext) -> dict[str, tuple[Occurrence, ...]]:
    """By rule: each unit rate has its own, also where there are none."""
    rules = [rule.id for rule in ground.terms.credits if isinstance(rule, UnitRateCredit)]
    found = [said for _, said in ground.world.standing.of(register.Occurred) if said.month == ground.month]
    return {
        rule: tuple(
            Occurrence(said.duration_ms, said.area, said.used, said.repeats) for said in found if said.rule == rule
        )
        for rule in rules
    }


def _waived(ground: PeriodContext) -> dict[str, Waived]:
    result: dict[str, Waived] = {}
    for entry, said in ground.world.standing.of(register.Waiver):
        if said.month == ground.month:
            names = said.kpis or [kpi.id for kpi in ground.terms.kpis]
            result |= dict.fromkeys(names, Waived(_told(entry), said.what == "money"))
    return result


def _relieved(ground: PeriodContext) -> dict[str, Waived]:
    """KPIs with a granted claim for their measurement period itself: those whose figure is not made of time or tickets
    here, and cannot be worked out again without some of it."""
    case, terms = ground.world.case, ground.terms
    return {
        kpi.id: Waived(f"relief, {_told(entry)}")
        for entry, said in case.standing.of(register.Claim)
        for kpi in (terms.kpis if said.kpis else ())
        if kpi.id in said.kpis and _overlaps(said, _measurement(ground, kpi)) and lets_pass(kpi, terms)
        if is_granted(case, entry, said)
    }


def _measurement(ground: PeriodContext, kpi: Kpi) -> Period:
    months = ground.world.run.period_months(ground.month, kpi.measurement_months)
    return period_of(ground.world.contract, months[0], months[-1])


def _overlaps(said: register.Timed, period: Period) -> bool:
    return said.start_ms < period.end_ms and said.end_ms > period.start_ms


def _claim(world: ContractContext, month: str) -> ClaimMade:
    zone = world.contract.time_zone
    made = [said for _, said in world.standing.of(register.CreditClaim) if said.month == month]
    first = min((said.claimed_ms for said in made), default=None)
    return ClaimMade(None if first is None else local_date(first, zone), local_date(world.now_ms, zone))


def _told(entry: register.Entry) -> str:
    return f"entry {entry.number}" + (f" ({entry.reference})" if entry.reference else "")
