"""Deductions that were not reported, made after all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import MisreportingCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown


def lines(rule: MisreportingCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F9: the deduction that was left out, and a surcharge on it."""
    for report in case.seen.misreports:
        percent = Fraction(rule.deliberate_percent if report.is_deliberate else rule.otherwise_percent)
        if report.is_corrected and rule.none_if_corrected:
            percent = Fraction(0)
        formula = f"{report.omitted} + {shown(percent)} % × {report.omitted}"
        yield case.line(rule, None, Fraction(report.omitted) * (1 + percent / 100), formula)
