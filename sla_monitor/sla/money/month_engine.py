"""A contract's months in order, each worked out from what was seen in it and from the months before.

KPIs -> what sets off compensation -> points -> credits -> caps -> everything else that is set off
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.regime import Regime
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.composite import with_parts
from sla_monitor.sla.money.account import WHOLE, Account
from sla_monitor.sla.money.caps import cap_limit, capped
from sla_monitor.sla.money.claim_deadlines import claimed
from sla_monitor.sla.money.combined import combined
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.money.credits import credit_lines
from sla_monitor.sla.money.repeated import due_and_held
from sla_monitor.sla.money.triggers import tripped
from sla_monitor.sla.repeats import without_double_jeopardy
from sla_monitor.sla.results import (
    CreditLine,
    CreditResult,
    EarnedBack,
    KpiResult,
    MonthInput,
    PeriodResult,
    TriggerResult,
    Waived,
    recent,
)
from sla_monitor.sla.rounding import money
from sla_monitor.sla.scoring import MISSING, kpi_result
from sla_monitor.sla.working import step

NO_MONEY = CreditResult((), (), {}, Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class Setting:
    """What stays the same through a contract."""

    run: TermMonths
    currency: str


def fold(
    setting: Setting, regime_of: Callable[[str], Regime], months: Iterable[MonthInput]
) -> tuple[PeriodResult, ...]:
    """Every month's result, in order. `months` ascend; `regime_of` gives the terms in force in a month."""
    results: list[PeriodResult] = []
    for seen in months:
        results.append(period_result(setting, regime_of(seen.month), seen, results))
    return tuple(results)


def period_result(setting: Setting, regime: Regime, seen: MonthInput, earlier: Sequence[PeriodResult]) -> PeriodResult:
    """One month. `earlier`: the results of the months before, oldest first."""
    account = _account(setting, regime, seen, earlier)
    kpis = _kpi_results(setting, regime, seen, earlier)
    bare = PeriodResult(seen.month, kpis, _sum(kpis), NO_MONEY, Decimal(0), (), seen.charges, seen.by_day)
    first = [_tripped(regime, position, bare, account) for position in _positions(regime, before_money=True)]
    found = tuple(result for result in first if result is not None)
    suppressed = {effect for result in found for effect in result.effects}
    if "suppress_points" in suppressed:
        kpis = tuple(_without_points(result) for result in kpis)
    withheld = max((_withheld(regime, result, account) for result in found), default=Decimal(0))
    credit = NO_MONEY if "suppress_credits" in suppressed else _credit(setting, regime, seen, kpis, account)
    priced = replace(bare, kpis=kpis, points=_sum(kpis), credit=credit, withheld=withheld, triggers=found)
    for position in _positions(regime, before_money=False):
        result = _tripped(regime, position, priced, account)
        if result is not None:
            priced = replace(priced, triggers=(*priced.triggers, result))
    return priced


def _account(setting: Setting, regime: Regime, seen: MonthInput, earlier: Sequence[PeriodResult]) -> Account:
    estimate = regime.charges.estimated_year_1
    return Account(setting.run, seen.month, setting.currency, seen.charges, earlier, estimate, seen.coming)


def _kpi_results(
    setting: Setting, regime: Regime, seen: MonthInput, earlier: Sequence[PeriodResult]
) -> tuple[KpiResult, ...]:
    """The KPIs whose measurement period ends in the month; one without a figure has a result that says so."""
    results: dict[str, KpiResult] = {}
    for kpi in regime.kpis:
        if kpi.id in seen.unmeasured or not setting.run.ends_period(seen.month, kpi.measurement_months):
            continue
        measured = with_parts(kpi, seen.measured.get(kpi.id, MISSING), results)
        history = recent(earlier, kpi, max(1, kpi.average_with_previous))
        results[kpi.id] = kpi_result(kpi, seen.month, measured, history)
    found = with_waivers(results.values(), seen.waived)  # first: what was let pass does not shield other failures
    return without_double_jeopardy(found, {kpi.id: kpi.related for kpi in regime.kpis})


def _credit(
    setting: Setting, regime: Regime, seen: MonthInput, kpis: Sequence[KpiResult], account: Account
) -> CreditResult:
    terms: dict[str, KpiTerms] = {kpi.id: kpi for kpi in regime.kpis}
    results = {result.kpi: result for result in kpis}
    case = CreditInput(seen, setting.run, setting.currency, terms, results, account.earlier)
    lines: list[CreditLine] = []
    held: list[CreditLine] = []
    for rule in regime.credits:
        if not rule.is_bonus:
            due, not_due = due_and_held(rule, credit_lines(rule, case), case)
            lines += due
            held += not_due
    lines += returned(seen.earned_back, setting.currency)
    lines = list(combined(regime.combined, lines, seen.charges, setting.currency))
    for rule in regime.credits:
        if rule.is_bonus:
            given = sum((line.amount for line in lines), Decimal(0))
            lines += credit_lines(rule, replace(case, given=given))
    priced = replace(capped(regime.caps, lines, account), held=tuple(held))
    return claimed(priced, seen.month, regime.claims, seen.claim)


def _positions(regime: Regime, *, before_money: bool) -> list[int]:
    return [i for i, trigger in enumerate(regime.triggers) if trigger.is_before_money is before_money]


def _tripped(regime: Regime, position: int, month: PeriodResult, account: Account) -> TriggerResult | None:
    return tripped(regime.triggers[position], [*account.earlier, month], account, regime)


def _withheld(regime: Regime, result: TriggerResult, account: Account) -> Decimal:
    """The whole month's charges, as far as the trigger's cap leaves room."""
    if "withhold_period_charges" not in result.effects:
        return Decimal(0)
    charges = sum(account.charges.values(), Decimal(0))
    name = next(trigger.cap for trigger in regime.triggers if trigger.id == result.trigger)
    cap = next((one for one in regime.caps if one.id == name), None)
    if cap is None:
        return charges
    left = cap_limit(cap, WHOLE, account)[0] - account.given_before(cap.over, WHOLE)
    return min(charges, max(left, Decimal(0)))


def _without_points(result: KpiResult) -> KpiResult:
    said = step("compensation in place of points", "", Fraction(0))
    return replace(result, points=Fraction(0), working=(*result.working, said)) if result.points else result


def _sum(kpis: Sequence[KpiResult]) -> Fraction:
    return sum((result.points for result in kpis if result.points), Fraction(0))


EARNED_BACK = "earn-back"
"""The rule that lines of money returned by an entry of the register name."""


def with_waivers(results: Iterable[KpiResult], waived: Mapping[str, Waived]) -> tuple[KpiResult, ...]:
    """The results with nothing to pay for those that were waived. A failure that is let pass is still a failure, also
    in a run of failures: only what it costs is given up. A KPI that meets its target may have points for each event."""
    return tuple(_waived(result, waived.get(result.kpi)) for result in results)


def _waived(result: KpiResult, waiver: Waived | None) -> KpiResult:
    if waiver is None or not (result.is_met is False or result.points):
        return result
    points = result.points if waiver.points_stand else Fraction(0)
    said = step("waived", waiver.why, "no money" if waiver.points_stand else "no points, no money")
    return replace(result, points=points, is_priced=False, working=(*result.working, said))


def returned(several: Iterable[EarnedBack], currency: str) -> Iterator[CreditLine]:
    """A negative line for everything that is earned back: of the contract as a whole."""
    for one in several:
        amount = money(-Fraction(one.amount), currency)
        yield CreditLine(EARNED_BACK, None, "", amount, (step("earned back", one.why, amount),))
