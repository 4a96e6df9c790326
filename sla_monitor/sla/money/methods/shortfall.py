"""Steps by which a result misses its target, each at a rate of the charges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import ShortfallCredit
from sla_monitor.sla.money.credit_input import CreditInput, percent_of
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import Step, step

PARTIAL = {"prorata": "in proportion", "floor": "full ones", "ceil": "begun ones"}


def lines(rule: ShortfallCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F2: steps under the target × rate × charges; begun steps as the contract says."""
    for result in case.priced(rule.kpis):
        terms = case.kpis[result.kpi]
        value = case.value_of(result)
        if not terms.is_worse(value, terms.target):
            continue
        begin = Fraction(rule.begins_at(terms))
        short = _distance(terms, begin, value)
        before = [step("shortfall", f"|{shown(begin)} − {shown(value)}|", short, rule.clause)]
        if rule.slices:
            ends = [None if one.to is None else _distance(terms, begin, Fraction(one.to)) for one in rule.slices]
            percent = _of_slices(rule, ends, short, before)
        else:
            percent = _of_steps(rule, short, before)
        if rule.max_percent is not None and percent > rule.max_percent:
            percent = Fraction(rule.max_percent)
            before.append(step("per cent", "no more than", percent, rule.clause))
        charges, summed = case.period_charges(rule, result.kpi)
        yield case.line(rule, result.kpi, *percent_of(percent, charges), (*before, *summed))


def _distance(terms: KpiTerms, begin: Fraction, level: Fraction) -> Fraction:
    """How much worse a level is; nothing where it is not."""
    return abs(begin - level) if terms.is_worse(level, begin) else Fraction(0)


def _steps(rule: ShortfallCredit, length: Fraction, working: list[Step]) -> Fraction:
    """How many steps so much is, begun ones as the contract says."""
    exact = length / Fraction(rule.step)
    steps = {"prorata": exact, "floor": Fraction(floor(exact)), "ceil": Fraction(ceil(exact))}[rule.partial]
    if rule.step != 1:
        formula = f"{shown(length)} / {shown(rule.step)}, {PARTIAL[rule.partial]}"
        working.append(step("steps", formula, steps, rule.clause))
    return steps


def _of_steps(rule: ShortfallCredit, short: Fraction, working: list[Step]) -> Fraction:
    steps = _steps(rule, short, working)
    rate = Fraction(rule.rate_percent or 0) if rule.share is None else Fraction(rule.share) * 100
    said = shown(rate) if rule.share is None else f"{rule.share} × 100"
    working.append(step("per cent", f"{shown(steps)} × {said}", steps * rate, rule.clause))
    return steps * rate


def _of_slices(
    rule: ShortfallCredit, ends: Sequence[Fraction | None], short: Fraction, working: list[Step]
) -> Fraction:
    """What each slice holds of the shortfall at its own rate, or what the open one says of a result in it. `ends`: how
    far each slice goes."""
    parts: list[Fraction] = []
    passed = Fraction(0)
    for one, end in zip(rule.slices, ends, strict=True):
        if short <= passed:
            break
        if one.percent is not None:
            working.append(step("per cent, beyond the slices before", "", one.percent, rule.clause))
            return Fraction(one.percent)
        reached = short if end is None else min(short, end)
        where = "the rest" if one.to is None else f"to {shown(one.to)}"
        steps, rate = _steps(rule, max(reached - passed, Fraction(0)), working), Fraction(one.rate_percent or 0)
        working.append(step(f"per cent, {where}", f"{shown(steps)} × {shown(rate)}", steps * rate, rule.clause))
        parts.append(steps * rate)
        passed = max(passed, reached)
    working.append(step("per cent", " + ".join(map(shown, parts)), sum(parts, Fraction(0)), rule.clause))
    return sum(parts, Fraction(0))
