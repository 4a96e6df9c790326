"""Service credits: one function for each method, each giving lines that are rounded once, at the end.

A line's working ends with the amount; the same numbers on a calculator give the same penny.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

from sla_monitor.contract.money.credit_methods import (
    Credit,
    FixedCredit,
    LadderCredit,
    MisreportingCredit,
    PointsCredit,
    RatchetCredit,
    ShortfallCredit,
    TierCredit,
)
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.money.pool import by_pool
from sla_monitor.sla.money.unit_rate import by_unit_rate
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def by_points(rule: PointsCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F1: points × per cent a point × charges."""
    charges, points = case.charges(rule), case.points(rule.kpis)
    if points:
        whose = " + ".join(f"{shown(one.points)} ({one.kpi})" for one in case.priced(rule.kpis) if one.points)
        formula = f"{shown(points)} points × {shown(rule.per_point_percent)} % × {charges}"
        amount = points * Fraction(rule.per_point_percent) / 100 * Fraction(charges)
        yield case.line(rule, None, amount, formula, (step("points", whose, points, rule.clause),))


def by_shortfall(rule: ShortfallCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F2: percentage points under the target × rate × charges; begun points as the contract says."""
    charges = case.charges(rule)
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
        yield case.line(rule, result.kpi, *percent_of(percent, charges), tuple(before))


def by_tiers(rule: TierCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F3: the highest percentage of the tiers that hold the result."""
    charges = case.charges(rule)
    for result in case.priced([rule.kpi]):
        value = case.value_of(result)
        percent = max((Fraction(tier.percent) for tier in rule.tiers if tier.holds(value)), default=Fraction(0))
        if percent:
            said = step("tier", shown(value), f"{shown(percent)} %", rule.clause)
            yield case.line(rule, result.kpi, *percent_of(percent, charges), (said,))


def by_ladder(rule: LadderCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F5: a percentage read off a table of points."""
    points = case.points(rule.kpis)
    percent = _rung(rule, points)
    if percent:
        said = step("rung", f"{shown(points)} points", f"{shown(percent)} %", rule.clause)
        yield case.line(rule, None, *percent_of(percent, case.charges(rule)), (said,))


def _rung(rule: LadderCredit, points: Fraction) -> Fraction:
    below = [rung for rung in rule.rungs if rung.at_least <= points]
    above = [rung for rung in rule.rungs if rung.at_least > points]
    at, percent = (Fraction(below[-1].at_least), Fraction(below[-1].percent)) if below else (Fraction(0), Fraction(0))
    if not above or rule.between == "step_down" or points == at:
        return percent
    following = Fraction(above[0].percent)
    if rule.between == "step_up":
        return following if points else percent
    return percent + (following - percent) * (points - at) / (Fraction(above[0].at_least) - at)


def by_ratchet(rule: RatchetCredit, case: CreditInput) -> Iterator[CreditLine]:
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


def by_fixed_amount(rule: FixedCredit, case: CreditInput) -> Iterator[CreditLine]:
    """A stated amount for each KPI that missed its target."""
    for result in case.priced(tuple(rule.amounts)):
        if result.is_met is False:
            amount = rule.amounts[result.kpi]
            yield case.line(rule, result.kpi, Fraction(amount), f"{result.kpi} missed its target")


def by_misreporting(rule: MisreportingCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F9: the deduction that was left out, and a surcharge on it."""
    for report in case.seen.misreports:
        percent = Fraction(rule.deliberate_percent if report.is_deliberate else rule.otherwise_percent)
        if report.is_corrected and rule.none_if_corrected:
            percent = Fraction(0)
        formula = f"{report.omitted} + {shown(percent)} % × {report.omitted}"
        yield case.line(rule, None, Fraction(report.omitted) * (1 + percent / 100), formula)


METHODS: dict[str, Callable[[Any, CreditInput], Iterator[CreditLine]]] = {
    "points": by_points,
    "shortfall": by_shortfall,
    "tiers": by_tiers,
    "at_risk_pool": by_pool,
    "ladder": by_ladder,
    "ratchet": by_ratchet,
    "unit_rate": by_unit_rate,
    "fixed": by_fixed_amount,
    "misreporting": by_misreporting,
}


def credit_lines(rule: Credit, case: CreditInput) -> tuple[CreditLine, ...]:
    """What one rule gives in one month; nothing where nothing failed."""
    return tuple(METHODS[rule.method](rule, case))
