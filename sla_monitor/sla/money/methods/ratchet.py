"""A price for each point, which rises with their number."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import RatchetCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown


def lines(rule: RatchetCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F5: points over the free ones × price × the factor of the slice that each point falls into."""
    points, begin = case.points(rule.kpis), Fraction(rule.free)
    total, terms = Fraction(0), list[str]()
    for one in rule.slices:
        end = points if one.up_to is None else min(points, Fraction(one.up_to))
        if end > begin:
            total += (end - begin) * Fraction(rule.per_point) * Fraction(one.factor)
            terms.append(f"{shown(end - begin)} × {rule.per_point} × {shown(one.factor)}")
            begin = end
    if total:
        yield case.line(rule, None, total, " + ".join(terms))
