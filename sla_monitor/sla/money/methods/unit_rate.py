"""Unit rates: a price for every block of time, or every unit of a count, of unavailability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from sla_monitor.sla.working import Step, Working, step


@dataclass(frozen=True, slots=True)
class PricedBlocks:
    """What is priced in one line. `what` it is and what is `told` of its length; `before`: what that is made of; `kpi`:
    of which it is; `waived`: who let it pass, where somebody did; `outage_ms`: when the only outage of it began."""

    what: str
    told: str
    number: Fraction
    weight: Fraction = Fraction(1)
    factors: tuple[Fraction, ...] = ()
    kpi: str | None = None
    waived: str | None = None
    before: Working = ()
    outage_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Unavailability:
    """One time that something was unavailable: `counted_ms` of `whole_ms`, of which `free_ms` costs nothing.
    `start_ms`: of an outage on record."""

    name: str
    counted_ms: Fraction | int
    whole_ms: int
    weight: Fraction
    factors: tuple[Fraction, ...] = ()
    kpi: str | None = None
    waived: str | None = None
    free_ms: int = 0
    area: str = ""
    start_ms: int | None = None


def lines(rule: UnitRateCredit, case: CreditInput) -> Iterator[CreditLine]:
    """F6: rate × weight × blocks × factors, no more than so many blocks in a month."""
    rate, said = _rate(rule, case)
    left = None if rule.max_blocks is None else Fraction(rule.max_blocks)
    for one in _counted(rule, case):
        if one.waived is not None:
            before = (*one.before, step(one.what, one.told, _counted_blocks(one.number), rule.clause))
            line = case.line(rule, one.kpi, Fraction(0), f"waived, {one.waived}", before)
            yield replace(line, outage_ms=one.outage_ms)
            continue
        paid = one.number if left is None else min(one.number, left)
        left = None if left is None else left - paid
        formula = f"{said} × {shown(one.weight)} × {_counted_blocks(paid)}"
        formula += "".join(f" × {shown(factor)}" for factor in one.factors)
        amount = rate * one.weight * paid
        for factor in one.factors:
            amount *= factor
        what = _counted_blocks(one.number) + ("" if paid == one.number else f", {shown(paid)} of them priced")
        line = case.line(rule, one.kpi, amount, formula, (*one.before, step(one.what, one.told, what, rule.clause)))
        yield replace(line, outage_ms=one.outage_ms)


def _counted_blocks(number: Fraction) -> str:
    return f"{shown(number)} block{'' if number == 1 else 's'}"


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
        for result in case.costing([rule.kpi]):
            yield PricedBlocks("blocks", "", case.value_of(result), kpi=rule.kpi)
        return
    recorded = rule.recorded(case.kpis.values())
    several = [one for kpi in recorded for one in _recorded(rule, case, kpi)]
    several += _entered(rule, case, recorded)
    if rule.blocks_of == "outage":
        yield from (_alone(rule, one) for one in several)
        return
    ours = {kpi.service or "": kpi.id for kpi in recorded}
    if len(recorded) == 1 and not rule.weights:  # what is entered without an area can only be of this one
        ours[""] = recorded[0].id
    together: dict[tuple[str | None, str], list[Unavailability]] = {}
    for one in several:
        kpi = one.kpi or ours.get(one.area)
        together.setdefault((kpi, "" if kpi else one.area), []).append(one)
    yield from (_together(rule, group) for group in together.values())


def _recorded(rule: UnitRateCredit, case: CreditInput, kpi: KpiTerms) -> Iterator[Unavailability]:
    """The outages that a KPI's downtime is made of, agreed view. Each is the next of its service in the period; whether
    it was put right in time is judged on the whole of it."""
    result, measured = case.results.get(kpi.id), case.seen.measured.get(kpi.id)
    waiver = case.seen.waived.get(kpi.id)
    if result is None or measured is None or not (result.is_priced or waiver):
        return
    weight = Fraction(rule.weights.get(kpi.service or "", Decimal(1)))
    waived, repeats = None if waiver is None else waiver.why, 0
    for start_ms, end_ms, counted_ms in measured.outages:
        if counted_ms:
            repeats += not is_put_right(rule, end_ms - start_ms)
            name = f"outage of {kpi.service} at {format_utc(start_ms)}"
            factors = tuple(_factors(rule, is_used=False, repeats=repeats))
            passed_ms = max(measured.begins_ms - start_ms, 0)
            free_ms = max((rule.after_ms or 0) - passed_ms, 0)
            whole_ms, of = end_ms - start_ms, kpi.id
            yield Unavailability(name, counted_ms, whole_ms, weight, factors, of, waived, free_ms, "", start_ms)


def _entered(rule: UnitRateCredit, case: CreditInput, recorded: Sequence[KpiTerms]) -> Iterator[Unavailability]:
    """What people entered. It is waived where all of the KPIs that the rule is about are."""
    waivers = [case.seen.waived.get(name) for name in ([kpi.id for kpi in recorded] or case.kpis)]
    waived = waivers[0].why if waivers and waivers[0] and all(waivers) else None
    by_rule_or_service = case.seen.occurrences
    for one in by_rule_or_service.get(rule.id, by_rule_or_service.get(rule.service or "", ())):
        weight = Fraction(rule.weights.get(one.area, Decimal(1)))
        factors = tuple(_factors(rule, is_used=one.is_used, repeats=one.repeats))
        lasted_ms, free_ms = one.duration_ms, rule.after_ms or 0
        yield Unavailability("", lasted_ms, lasted_ms, weight, factors, None, waived, free_ms, one.area)


def _alone(rule: UnitRateCredit, one: Unavailability) -> PricedBlocks:
    """An outage with blocks of its own."""
    what = f"blocks, {one.name}" if one.name else "blocks"
    told, blocks = _put_right(rule, one.whole_ms), Fraction(0)
    factors: tuple[Fraction, ...] = ()
    if not is_put_right(rule, one.whole_ms):
        told, factors = _lasted(rule, one.counted_ms, one.free_ms), one.factors
        blocks = blocks_of(rule, max(Fraction(one.counted_ms) - one.free_ms, Fraction(0)))
    return PricedBlocks(what, told, blocks, one.weight, factors, one.kpi, one.waived, (), one.start_ms)


def _together(rule: UnitRateCredit, several: Sequence[Unavailability]) -> PricedBlocks:
    """All outages of a KPI, or of an area, as one."""
    first, total = several[0], Fraction(0)
    before: list[Step] = []
    for one in several:
        name = one.name or (f"outage of {one.area}" if one.area else "outage")
        if is_put_right(rule, one.whole_ms):
            before.append(step(name, _put_right(rule, one.whole_ms), "0m", rule.clause))
        else:
            total += one.counted_ms
            before.append(step(name, "", _length(one.counted_ms), rule.clause))
    free_ms = rule.after_ms or 0
    blocks, told = blocks_of(rule, max(total - free_ms, Fraction(0))), _lasted(rule, total, free_ms)
    what = "blocks of the period"
    return PricedBlocks(what, told, blocks, first.weight, (), first.kpi, first.waived, tuple(before))


def _lasted(rule: UnitRateCredit, duration_ms: Fraction | int, free_ms: int) -> str:
    """How long it was but for what costs nothing, against the length of a block."""
    lasted = _length(duration_ms)
    if duration_ms and duration_ms <= free_ms:
        return f"{lasted}, no longer than {spelled_duration(free_ms)}"
    return f"{f'({lasted} − {spelled_duration(free_ms)})' if free_ms else lasted} / {_length(rule.block_ms or 1)}"


def _length(duration_ms: Fraction | int) -> str:
    whole = Fraction(duration_ms)
    if not whole:
        return "0m"
    return spelled_duration(int(whole)) if whole.denominator == 1 else f"{shown(whole)} ms"


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
