"""Days read off a table of results, in place of money."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import DaysCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine, DaysGiven
from sla_monitor.sla.rounding import money, shown
from sla_monitor.sla.working import step


def lines(rule: DaysCredit, case: CreditInput) -> Iterator[CreditLine]:
    """The most days of the tiers that hold the result, as far as the contract year has any left."""
    for result in case.costing([rule.kpi]):
        value = case.value_of(result)
        days = max((tier.days for tier in rule.tiers if tier.holds(value)), default=0)
        if not days:
            continue
        working = [step("tier, days", shown(value), Fraction(days), rule.clause)]
        if rule.max_days is not None:
            before, left = _given_before(rule, case), rule.max_days
            left = max(left - before, 0)
            days = min(days, left)
            formula = f"{rule.max_days} less the {before} of earlier months"
            working.append(step("days left in the contract year", formula, Fraction(left), rule.clause))
        given, nothing = DaysGiven(days, rule.gives), money(Fraction(0), case.currency)
        working.append(step("credit", f"{given}, no money", nothing, rule.clause))
        yield CreditLine(rule.id, result.kpi, rule.service or "", nothing, tuple(working), given=given)


def _given_before(rule: DaysCredit, case: CreditInput) -> int:
    months = case.run.year_months(case.seen.month)
    earlier = (line for past in case.earlier if past.month in months for line in past.credit.lines)
    return sum(line.given.days for line in earlier if line.rule == rule.id and line.given is not None)
