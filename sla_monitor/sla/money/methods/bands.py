"""The amounts that the bands of results have."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import BandCredit
from sla_monitor.sla.banding import band_of
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.working import step


def lines(rule: BandCredit, case: CreditInput) -> Iterator[CreditLine]:
    """The amount of the one band that holds a result."""
    for result in case.costing(rule.kpis):
        band = band_of(case.kpis[result.kpi], result.value or Fraction(0))
        if band.amount:
            said = step(f"amount of {band.name}", band.edges, band.amount, rule.clause)
            yield case.line(rule, result.kpi, Fraction(band.amount), f"{result.kpi} is in {band.name}", (said,))
