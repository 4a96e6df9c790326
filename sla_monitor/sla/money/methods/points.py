"""Points, each at a percentage of the charges."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import PointsCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def lines(rule: PointsCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F1: points × per cent a point × charges."""
    charges, points = case.charges(rule), case.points(rule.kpis)
    if points:
        whose = " + ".join(f"{shown(one.points)} ({one.kpi})" for one in case.costing(rule.kpis) if one.points)
        formula = f"{shown(points)} points × {shown(rule.per_point_percent)} % × {charges}"
        amount = points * Fraction(rule.per_point_percent) / 100 * Fraction(charges)
        yield case.line(rule, None, amount, formula, (step("points", whose, points, rule.clause),))
