"""Weighted at-risk pools: each KPI in default takes its weight out of the part of the charges that is at risk."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import PoolCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine, KpiResult, recent
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def lines(rule: PoolCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F4: pool × allocation × (at-risk percentage × charges), never more than the amount at risk in a month; and what
    is earned back."""
    charges = case.charges(rule)
    at_risk = Fraction(rule.at_risk_percent) / 100 * Fraction(charges)
    told = step("amount at risk", f"{shown(rule.at_risk_percent)} % × {charges}", at_risk, rule.clause)
    left = at_risk
    for result in case.earning(tuple(rule.allocation)):
        history = [*recent(case.earlier, case.kpis[result.kpi], _reach(rule)), result]
        if is_default(rule, history):
            share = Fraction(rule.pool_percent) * Fraction(rule.allocation[result.kpi]) / 10_000
            amount = min(share * at_risk, left)
            formula = f"{shown(rule.pool_percent)} % × {shown(rule.allocation[result.kpi])} % × {shown(at_risk)}"
            limit = "" if amount == share * at_risk else f", no more than the {shown(left)} left at risk"
            yield case.line(rule, result.kpi, amount, formula + limit, (told,))
            left -= amount
        if rule.earn_back:
            yield from _earned_back(rule, rule.earn_back.periods, history, case)


def _reach(rule: PoolCredit) -> int:
    """How many measurement periods before this one the rule looks at."""
    return max(rule.in_periods - 1, rule.earn_back.periods if rule.earn_back else 0)


def is_default(rule: PoolCredit, history: list[KpiResult]) -> bool:
    """Whether the last result is a default: below threshold once, or the target missed too often."""
    if history[-1].is_below_threshold:
        return True
    missed = [result for result in history[-rule.in_periods :] if result.is_met is False]
    return history[-1].is_met is False and len(missed) >= rule.misses


def _earned_back(rule: PoolCredit, periods: int, history: list[KpiResult], case: CreditInput) -> Iterator[CreditLine]:
    """The credit of so many measurement periods ago, if the mean of the results since then is at target or better.
    What the caps took from it was never paid and does not come back."""
    if len(history) <= periods:
        return
    then, since = history[-periods - 1], [result.value for result in history[-periods:]]
    known = [value for value in since if value is not None]
    terms, mean = case.kpis[then.kpi], sum(known, Fraction(0)) / periods
    if len(known) < periods or terms.is_worse(mean, Fraction(terms.target)):
        return
    formula = f"({' + '.join(map(shown, known))}) / {periods}"
    told = step(f"mean of {periods} periods since {then.month}", formula, mean, rule.clause)
    for paid in (past.credit for past in case.earlier if past.month == then.month and past.credit.before_caps):
        for line in paid.lines:
            if (line.rule, line.kpi) == (rule.id, then.kpi) and line.amount > 0:
                back = -Fraction(line.amount) * Fraction(paid.total) / Fraction(paid.before_caps)
                yield case.line(rule, then.kpi, back, f"credit of {then.month} earned back", (told,))
