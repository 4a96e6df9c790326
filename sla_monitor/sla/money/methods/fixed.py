"""A stated amount for each KPI that missed its target."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import FixedCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine


def lines(rule: FixedCredit, case: CreditInput) -> Iterator[CreditLine]:
    """A stated amount for each KPI that missed its target."""
    for result in case.priced(tuple(rule.amounts)):
        if result.is_met is False:
            amount = rule.amounts[result.kpi]
            yield case.line(rule, result.kpi, Fraction(amount), f"{result.kpi} missed its target")
