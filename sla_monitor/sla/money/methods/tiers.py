"""A percentage of the charges read off a table of results."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import TierCredit
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def lines(rule: TierCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F3: the highest percentage of the tiers that hold the result."""
    for result in case.costing([rule.kpi]):
        value = case.value_of(result)
        percent = max((Fraction(tier.percent) for tier in rule.tiers if tier.holds(value)), default=Fraction(0))
        if percent:
            said = step("tier", shown(value), f"{shown(percent)} %", rule.clause)
            charges, summed = case.period_charges(rule, result.kpi)
            yield case.line(rule, result.kpi, *percent_of(percent, charges), (said, *summed))
