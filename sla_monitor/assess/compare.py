"""Comparison: one history under the contract and under a draft of it, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sla_monitor.assess.history import Cache, contract_context_of, earlier_months
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.results import KpiResult, PeriodResult


@dataclass(frozen=True, slots=True)
class Totals:
    """Points and money, of a month or of several. `credit` is after the caps; `withheld` comes on top of it."""

    points: Fraction = Fraction(0)
    before_caps: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    withheld: Decimal = Decimal(0)

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.points + other.points,
            self.before_caps + other.before_caps,
            self.credit + other.credit,
            self.withheld + other.withheld,
        )

    def __sub__(self, other: Totals) -> Totals:
        return Totals(
            self.points - other.points,
            self.before_caps - other.before_caps,
            self.credit - other.credit,
            self.withheld - other.withheld,
        )


@dataclass(frozen=True, slots=True)
class BandChange:
    """A KPI that falls into another band, or costs other points. None: no figure, or no such KPI."""

    kpi: str
    band: str | None
    draft_band: str | None
    points: Fraction
    draft_points: Fraction


@dataclass(frozen=True, slots=True)
class MonthCompared:
    """One month under both. `set_off` and `draft_set_off`: the ids of the triggers."""

    month: str
    present: Totals
    draft: Totals
    changes: tuple[BandChange, ...]
    set_off: tuple[str, ...]
    draft_set_off: tuple[str, ...]

    @property
    def is_different(self) -> bool:
        return bool(self.changes) or self.present != self.draft or self.set_off != self.draft_set_off


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every month of either, oldest first, and the sums over all of them."""

    contract: str
    currency: str
    months: tuple[MonthCompared, ...]

    @property
    def present(self) -> Totals:
        return sum((month.present for month in self.months), Totals())

    @property
    def draft(self) -> Totals:
        return sum((month.draft for month in self.months), Totals())


def compared(contract: str, currency: str, ours: Sequence[PeriodResult], draft: Sequence[PeriodResult]) -> Comparison:
    """`ours` and `draft`: the same months, assessed under the contract and under the draft. A month that only one of
    them has is nothing under the other: the draft may begin or end on another day."""
    one, other = ({result.month: result for result in results} for results in (ours, draft))
    months = sorted({*one, *other})
    return Comparison(contract, currency, tuple(_month(name, one.get(name), other.get(name)) for name in months))


def moved(before: PeriodResult, now: PeriodResult) -> Iterator[tuple[KpiResult | None, KpiResult]]:
    """The KPIs of a month whose figure, band or points are others now, each as it was (None: there was no such KPI)
    and as it is."""
    for result in now.kpis:
        was = before.kpi(result.kpi)
        if was is None or (was.value, was.band, was.points) != (result.value, result.band, result.points):
            yield was, result


def _month(name: str, ours: PeriodResult | None, draft: PeriodResult | None) -> MonthCompared:
    return MonthCompared(
        month=name,
        present=_sums(ours),
        draft=_sums(draft),
        changes=tuple(_changes(ours, draft)),
        set_off=_triggers(ours),
        draft_set_off=_triggers(draft),
    )


def _sums(result: PeriodResult | None) -> Totals:
    if result is None:
        return Totals()
    return Totals(result.points, result.credit.before_caps, result.credit.total, result.withheld)


def _triggers(result: PeriodResult | None) -> tuple[str, ...]:
    return tuple(trigger.trigger for trigger in result.triggers) if result else ()


def _changes(ours: PeriodResult | None, draft: PeriodResult | None) -> Iterable[BandChange]:
    one, other = ({k.kpi: k for k in result.kpis} if result else {} for result in (ours, draft))
    for name in dict.fromkeys([*one, *other]):
        a, b = one.get(name), other.get(name)
        change = BandChange(
            name,
            a.band if a else None,
            b.band if b else None,
            a.points if a else Fraction(0),
            b.points if b else Fraction(0),
        )
        if (change.band, change.points) != (change.draft_band, change.draft_points):
            yield change


def what_if(
    ours: Contract,
    draft: Contract,
    evidence: Evidence,
    until_month: str,
    now_ms: int,
    caches: tuple[Cache, Cache] | None = None,
) -> Comparison:
    """The months before `until_month` that are over. Both contracts have the same id and currency. `caches`: what is
    known of the one and of the other."""
    known: dict[str, str] = {}  # what both measure alike is measured once
    mine, theirs = (
        _months(one, evidence, until_month, now_ms, known, cache)
        for one, cache in zip((ours, draft), caches or (Cache(), Cache()), strict=True)
    )
    return compared(ours.id, ours.currency, mine, theirs)


def _months(
    contract: Contract, evidence: Evidence, until_month: str, now_ms: int, known: dict[str, str], cache: Cache
) -> Sequence[PeriodResult]:
    contract_context = replace(contract_context_of(contract, evidence, now_ms, cache), known=known)
    return earlier_months(contract_context, until_month, cache)
