"""Percentage points under the target, each at a percentage of the charges."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.money.credit_methods import ShortfallCredit
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def lines(rule: ShortfallCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F2: percentage points under the target × rate × charges; begun points as the contract says."""
    for result in case.priced(rule.kpis):
        terms = case.kpis[result.kpi]
        value, target = case.value_of(result), Fraction(terms.target)
        if not terms.is_worse(value, target):
            continue
        short = abs(target - value)
        counted = {"prorata": short, "floor": Fraction(floor(short)), "ceil": Fraction(ceil(short))}[rule.partial]
        percent = counted * Fraction(rule.rate_percent)
        before = [step("shortfall", f"|{shown(target)} − {shown(value)}|", short, rule.clause)]
        before.append(step("per cent", f"{shown(counted)} × {shown(rule.rate_percent)}", percent, rule.clause))
        if rule.max_percent is not None and percent > rule.max_percent:
            percent = Fraction(rule.max_percent)
            before.append(step("per cent", "no more than", percent, rule.clause))
        charges, summed = case.period_charges(rule, result.kpi)
        yield case.line(rule, result.kpi, *percent_of(percent, charges), (*before, *summed))
