"""Failures that are let pass, and money that goes back to the supplier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from sla_monitor.sla.results import CreditLine, EarnedBack, KpiResult, Waived
from sla_monitor.sla.rounding import money
from sla_monitor.sla.working import step

EARNED_BACK = "earn-back"
"""The rule that lines of money returned by an entry of the register name."""


def with_waivers(results: Iterable[KpiResult], waived: Mapping[str, Waived]) -> tuple[KpiResult, ...]:
    """The results with nothing to pay for those that were waived. A failure that is let pass is still a failure, also
    in a run of failures: only what it costs is given up."""
    return tuple(_waived(result, waived.get(result.kpi)) for result in results)


def _waived(result: KpiResult, waiver: Waived | None) -> KpiResult:
    if waiver is None or result.is_met is not False:
        return result
    points = result.points if waiver.points_stand else Fraction(0)
    said = step("waived", waiver.why, "no money" if waiver.points_stand else "no points, no money")
    return replace(result, points=points, is_priced=False, working=(*result.working, said))


def returned(several: Iterable[EarnedBack], currency: str) -> Iterator[CreditLine]:
    """A negative line for everything that is earned back: of the contract as a whole."""
    for one in several:
        amount = money(-Fraction(one.amount), currency)
        yield CreditLine(EARNED_BACK, None, "", amount, (step("earned back", one.why, amount),))
