"""What a good result earns the supplier, as a negative credit; what sets off no credit may be kept for later months."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import BonusCredit
from sla_monitor.periods.months import number_of
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import money, shown
from sla_monitor.sla.working import Step, step

NOTHING = Decimal(0)


def lines(rule: BonusCredit, case: CreditInput) -> Iterator[CreditLine]:
    """The greatest reward that holds; against credits, with what earlier months have left, no more than there are."""
    earned, working = _earned(rule, case)
    if rule.against == "charges":
        if earned:
            yield _line(rule, earned, earned, (*working, step("credit", "the bonus is paid", -earned, rule.clause)))
        return
    kept = _kept(rule, case)
    have, owed = earned + sum(kept.values(), NOTHING), max(case.given, NOTHING)
    used = min(have, owed)
    if not used and not (earned and rule.carry_forward_months):
        return
    if kept:
        told = " + ".join(f"{amount} of {month}" for month, amount in kept.items())
        working = (*working, step("carried forward", told, sum(kept.values(), NOTHING), rule.clause))
    formula = f"the smaller of {have} and the credits of {owed}, set off"
    yield _line(rule, used, earned, (*working, step("credit", formula, -used if used else NOTHING, rule.clause)))


def _line(rule: BonusCredit, used: Decimal, earned: Decimal, working: tuple[Step, ...]) -> CreditLine:
    return CreditLine(rule.id, rule.kpi, rule.service or "", -used if used else used, working, earned=earned)


def _earned(rule: BonusCredit, case: CreditInput) -> tuple[Decimal, tuple[Step, ...]]:
    """The bonus of the month; nothing in a month in which the measurement period does not end."""
    for result in case.earning([rule.kpi]):
        value = case.value_of(result)
        charges, summed = case.period_charges(rule, result.kpi)
        found = []
        for reward in rule.rewards:
            if reward.holds(value):
                of = percent_of(Fraction(reward.percent or 0), charges)
                found.append(of if reward.amount is None else (Fraction(reward.amount), ""))
        amount, formula = max(found, default=(Fraction(0), ""))
        if amount:
            earned = money(amount, case.currency, rule.rounding)
            return earned, (*summed, step(f"bonus for {shown(value)}", formula, earned, rule.clause))
    return NOTHING, ()


def _kept(rule: BonusCredit, case: CreditInput) -> dict[str, Decimal]:
    """What is left of earlier months' bonuses, by month; the oldest is used first."""
    left: dict[str, Decimal] = {}
    for past in case.earlier if rule.carry_forward_months else ():
        _drop_old(left, past.month, rule.carry_forward_months)
        for line in past.credit.lines:
            if line.rule == rule.id:
                left[past.month] = left.get(past.month, NOTHING) + line.earned
                _use(left, -line.amount)
    _drop_old(left, case.seen.month, rule.carry_forward_months)
    return {month: amount for month, amount in left.items() if amount}


def _drop_old(left: dict[str, Decimal], month: str, months: int) -> None:
    for name in [name for name in left if number_of(month) - number_of(name) > months]:
        del left[name]


def _use(left: dict[str, Decimal], amount: Decimal) -> None:
    for name in left:
        part = min(left[name], amount)
        left[name] -= part
        amount -= part
