"""A percentage of the charges read off a table of points."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import LadderCredit
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def lines(rule: LadderCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F5: a percentage read off a table of points."""
    points = case.points(rule.kpis)
    percent = _rung(rule, points)
    if percent:
        said = step("rung", f"{shown(points)} points", f"{shown(percent)} %", rule.clause)
        yield case.line(rule, None, *percent_of(percent, case.charges(rule)), (said,))


def _rung(rule: LadderCredit, points: Fraction) -> Fraction:
    """The percentage of so many points. A rung holds from its points on: below the first there is nothing to rise
    from."""
    below = [rung for rung in rule.rungs if rung.at_least <= points]
    above = [rung for rung in rule.rungs if rung.at_least > points]
    if not below:
        return Fraction(0)
    at, percent = Fraction(below[-1].at_least), Fraction(below[-1].percent)
    if not above or rule.between == "step_down" or points == at:
        return percent
    following = Fraction(above[0].percent)
    if rule.between == "step_up":
        return following
    return percent + (following - percent) * (points - at) / (Fraction(above[0].at_least) - at)
