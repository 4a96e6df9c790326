"""Unit rates: a price for every block of time, or every unit of a count, of unavailability."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TypeAlias

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.money.credit_methods import UnitRateCredit
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine, Occurrence
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step

Counted: TypeAlias = tuple[str, Fraction, Fraction, tuple[Fraction, ...], str | None]
"""What is said of the blocks, the blocks, the weight, the factors, and the KPI."""


def lines(rule: UnitRateCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F6: rate × weight × blocks × factors, no more than so many blocks in a month."""
    rate, said = _rate(rule, case)
    left = None if rule.max_blocks is None else Fraction(rule.max_blocks)
    for said_of, blocks, weight, factors, kpi in _counted(rule, case):
        paid = blocks if left is None else min(blocks, left)
        left = None if left is None else left - paid
        formula = f"{said} × {shown(weight)} × {shown(paid)} blocks" + "".join(f" × {shown(one)}" for one in factors)
        amount = rate * weight * paid
        for factor in factors:
            amount *= factor
        what = f"{shown(blocks)} blocks" + ("" if paid == blocks else f", {shown(paid)} of them priced")
        yield case.line(rule, kpi, amount, formula, (step("blocks", said_of, what, rule.clause),))


def repeat_modifier(rule: UnitRateCredit, repeats: int) -> Fraction:
    """The factor of the last step that holds; 1 where none does."""
    holding = [Fraction(one.factor) for one in rule.repeats if one.holds(repeats)]
    return holding[-1] if holding else Fraction(1)


def is_put_right(rule: UnitRateCredit, duration_ms: int) -> bool:
    """Whether an outage was over within the time for rectification, and so is taken not to have been."""
    return rule.rectified_within_ms is not None and duration_ms <= rule.rectified_within_ms


def blocks_of(rule: UnitRateCredit, duration_ms: int) -> Fraction:
    """How many blocks an outage is, begun ones as the contract counts them; none if it was put right in time."""
    if is_put_right(rule, duration_ms):
        return Fraction(0)
    exact = Fraction(duration_ms, rule.block_ms or 1)
    return {"full": Fraction(floor(exact)), "begun": Fraction(ceil(exact)), "prorata": exact}[rule.blocks]


def _counted(rule: UnitRateCredit, case: CreditInput) -> Iterator[Counted]:
    """Everything that is priced."""
    if rule.kpi is not None:
        for result in case.priced([rule.kpi]):
            yield "", case.value_of(result), Fraction(1), (), rule.kpi
    else:
        by_rule_or_service = case.seen.occurrences
        for one in by_rule_or_service.get(rule.id, by_rule_or_service.get(rule.service or "", ())):
            weight = Fraction(rule.weights.get(one.area, Decimal(1)))
            yield (
                _length(rule, one),
                blocks_of(rule, one.duration_ms),
                weight,
                tuple(_factors(rule, one)),
                None,
            )


def _length(rule: UnitRateCredit, one: Occurrence) -> str:
    """How long it was, against the length of a block or the time in which it was put right."""
    lasted = spelled_duration(one.duration_ms)
    if is_put_right(rule, one.duration_ms):
        return f"{lasted}, put right within {spelled_duration(rule.rectified_within_ms or 0)}"
    return f"{lasted} / {spelled_duration(rule.block_ms or 1)}"


def _factors(rule: UnitRateCredit, one: Occurrence) -> Iterator[Fraction]:
    if one.is_used:
        yield Fraction(rule.used_factor)
    if repeat_modifier(rule, one.repeats) != 1:
        yield repeat_modifier(rule, one.repeats)


def _rate(rule: UnitRateCredit, case: CreditInput) -> tuple[Fraction, str]:
    if rule.rate is not None:
        return Fraction(rule.rate), f"{rule.rate}"
    return Fraction(rule.share or 0) * Fraction(case.charges(rule)), f"{rule.share} of {case.charges(rule)}"
