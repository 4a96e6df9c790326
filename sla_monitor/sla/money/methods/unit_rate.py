"""Unit rates: a price for every block of time, or every unit of a count, of unavailability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import UnitRateCredit
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


@dataclass(frozen=True, slots=True)
class PricedBlocks:
    """What is priced in one line. `what` it is and what is `told` of its length; `kpi`: of which it is; `waived`: who
    let it pass, where somebody did."""

    what: str
    told: str
    number: Fraction
    weight: Fraction = Fraction(1)
    factors: tuple[Fraction, ...] = ()
    kpi: str | None = None
    waived: str | None = None


def lines(rule: UnitRateCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F6: rate × weight × blocks × factors, no more than so many blocks in a month."""
    rate, said = _rate(rule, case)
    left = None if rule.max_blocks is None else Fraction(rule.max_blocks)
    for one in _counted(rule, case):
        if one.waived is not None:
            before = (step(one.what, one.told, f"{shown(one.number)} blocks", rule.clause),)
            yield case.line(rule, one.kpi, Fraction(0), f"waived, {one.waived}", before)
            continue
        paid = one.number if left is None else min(one.number, left)
        left = None if left is None else left - paid
        formula = f"{said} × {shown(one.weight)} × {shown(paid)} blocks"
        formula += "".join(f" × {shown(factor)}" for factor in one.factors)
        amount = rate * one.weight * paid
        for factor in one.factors:
            amount *= factor
        what = f"{shown(one.number)} blocks" + ("" if paid == one.number else f", {shown(paid)} of them priced")
        yield case.line(rule, one.kpi, amount, formula, (step(one.what, one.told, what, rule.clause),))


def repeat_modifier(rule: UnitRateCredit, repeats: int) -> Fraction:
    """The factor of the last step that holds; 1 where none does."""
    holding = [Fraction(one.factor) for one in rule.repeats if one.holds(repeats)]
    return holding[-1] if holding else Fraction(1)


def is_put_right(rule: UnitRateCredit, duration_ms: int) -> bool:
    """Whether an outage was over within the time for rectification, and so is taken not to have been."""
    return rule.rectified_within_ms is not None and duration_ms <= rule.rectified_within_ms


def blocks_of(rule: UnitRateCredit, duration_ms: Fraction | int) -> Fraction:
    """How many blocks so much of an outage is, begun ones as the contract counts them."""
    exact = Fraction(duration_ms) / (rule.block_ms or 1)
    return {"full": Fraction(floor(exact)), "begun": Fraction(ceil(exact)), "prorata": exact}[rule.blocks]


def _counted(rule: UnitRateCredit, case: CreditInput) -> Iterator[PricedBlocks]:
    """Everything that has a price, in the order of the file."""
    if rule.kpi is not None:
        for result in case.priced([rule.kpi]):
            yield PricedBlocks("blocks", "", case.value_of(result), kpi=rule.kpi)
        return
    recorded = rule.recorded(case.kpis.values())
    for kpi in recorded:
        yield from _recorded(rule, case, kpi)
    yield from _entered(rule, case, [kpi.id for kpi in recorded] or list(case.kpis))


def _recorded(rule: UnitRateCredit, case: CreditInput, kpi: KpiTerms) -> Iterator[PricedBlocks]:
    """The outages that a KPI's downtime is made of, agreed view. Each is the next of its service in the period; whether
    it was put right in time is judged on the whole of it."""
    result, measured = case.results.get(kpi.id), case.seen.measured.get(kpi.id)
    waiver = case.seen.waived.get(kpi.id)
    if result is None or measured is None or not (result.is_priced or waiver):
        return
    weight = Fraction(rule.weights.get(kpi.service or "", Decimal(1)))
    waived, repeats = None if waiver is None else waiver.why, 0
    for outage in measured.outages:
        if not outage.counted_ms:
            continue
        what = f"blocks, outage of {kpi.service} at {format_utc(outage.start_ms)}"
        if is_put_right(rule, outage.end_ms - outage.start_ms):
            told = _put_right(rule, outage.end_ms - outage.start_ms)
            yield PricedBlocks(what, told, Fraction(0), weight, (), kpi.id, waived)
            continue
        repeats += 1
        factors = tuple(_factors(rule, is_used=False, repeats=repeats))
        blocks = blocks_of(rule, outage.counted_ms)
        yield PricedBlocks(what, _lasted(rule, outage.counted_ms), blocks, weight, factors, kpi.id, waived)


def _entered(rule: UnitRateCredit, case: CreditInput, kpis: Sequence[str]) -> Iterator[PricedBlocks]:
    """What people entered. It is waived where all of the KPIs that the rule is about are."""
    waivers = [case.seen.waived.get(name) for name in kpis]
    waived = waivers[0].why if waivers and waivers[0] and all(waivers) else None
    by_rule_or_service = case.seen.occurrences
    for one in by_rule_or_service.get(rule.id, by_rule_or_service.get(rule.service or "", ())):
        weight = Fraction(rule.weights.get(one.area, Decimal(1)))
        if is_put_right(rule, one.duration_ms):
            yield PricedBlocks("blocks", _put_right(rule, one.duration_ms), Fraction(0), weight, waived=waived)
        else:
            factors = tuple(_factors(rule, is_used=one.is_used, repeats=one.repeats))
            blocks = blocks_of(rule, one.duration_ms)
            yield PricedBlocks("blocks", _lasted(rule, one.duration_ms), blocks, weight, factors, waived=waived)


def _lasted(rule: UnitRateCredit, duration_ms: Fraction | int) -> str:
    """How long it was, against the length of a block."""
    whole = Fraction(duration_ms)
    lasted = spelled_duration(int(whole)) if whole.denominator == 1 else f"{shown(whole)} ms"
    return f"{lasted} / {spelled_duration(rule.block_ms or 1)}"


def _put_right(rule: UnitRateCredit, duration_ms: int) -> str:
    return f"{spelled_duration(duration_ms)}, put right within {spelled_duration(rule.rectified_within_ms or 0)}"


def _factors(rule: UnitRateCredit, *, is_used: bool, repeats: int) -> Iterator[Fraction]:
    if is_used:
        yield Fraction(rule.used_factor)
    if repeat_modifier(rule, repeats) != 1:
        yield repeat_modifier(rule, repeats)


def _rate(rule: UnitRateCredit, case: CreditInput) -> tuple[Fraction, str]:
    if rule.rate is not None:
        return Fraction(rule.rate), f"{rule.rate}"
    return Fraction(rule.share or 0) * Fraction(case.charges(rule)), f"{rule.share} of {case.charges(rule)}"
