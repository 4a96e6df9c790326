"""What a month's results differ in, before and after something, as rows for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from sla_monitor.sla.rounding import shown
from sla_monitor.wording.figures import format_apart
from sla_monitor.wording.numbers import format_counted_points, format_money, format_points
from sla_monitor.wording.text import format_list, plain
from sla_monitor.wording.vocabulary import describe_id

if TYPE_CHECKING:
    from sla_monitor.contract.kpis.kpi_terms import KpiTerms
    from sla_monitor.contract.terms import Terms
    from sla_monitor.sla.results import PeriodResult

MET = {True: "met", False: "missed", None: "not assessable"}
NONE = "-"
"""In place of what is not there."""

Changes = list[dict[str, str]]
"""Rows of month, figure, before and after."""


class ToldResult(Protocol):
    """What is told of a KPI's result."""

    @property
    def value(self) -> Fraction | None: ...
    @property
    def band(self) -> str | None: ...
    @property
    def is_met(self) -> bool | None: ...
    @property
    def points(self) -> Fraction: ...


class ToldMonth(Protocol):
    """What was told of a month."""

    @property
    def is_measured(self) -> bool: ...
    @property
    def points(self) -> Fraction: ...
    @property
    def deducted(self) -> Decimal: ...
    @property
    def triggers(self) -> Sequence[str]: ...
    @property
    def kpis(self) -> Mapping[str, ToldResult]: ...


def told_differences(month: str, before: ToldMonth, after: ToldMonth, terms: Terms) -> Iterator[dict[str, str]]:
    """What a month that was told twice differs in. `terms`: those at its end."""
    kpis = {kpi.id: kpi for kpi in terms.kpis}
    for name in dict.fromkeys((*after.kpis, *before.kpis)):
        was, now, kpi = before.kpis.get(name), after.kpis.get(name), kpis.get(name)
        if was != now:
            yield from change_row(month, name, format_result(was, now, kpi), format_result(now, was, kpi))
    both = (before, after)
    points = (format_points(each.points) if each.is_measured else NONE for each in both)
    money = (format_money(each.deducted, terms.currency) if each.is_measured else NONE for each in both)
    yield from change_row(month, "points", *points)
    yield from change_row(month, f"credit, {terms.currency}", *money)
    yield from change_row(month, "triggers", *(", ".join(map(describe_id, each.triggers)) or NONE for each in both))


def differences(before: PeriodResult, after: PeriodResult, terms: Terms) -> Iterator[dict[str, str]]:
    """What one month's two results differ in, as people read it. `terms`: those at the month's end."""
    kpis = {kpi.id: kpi for kpi in terms.kpis}
    for name in dict.fromkeys(one.kpi for one in (*after.kpis, *before.kpis)):
        was, now = before.kpi(name), after.kpi(name)
        kpi = kpis.get(name)
        yield from change_row(after.month, name, format_result(was, now, kpi), format_result(now, was, kpi))
    points = (format_points(one.points) if one.is_measured else NONE for one in (before, after))
    money = (format_money(one.deducted, terms.currency) if one.is_measured else NONE for one in (before, after))
    yield from change_row(after.month, "points", *points)
    yield from change_row(after.month, f"credit, {terms.currency}", *money)
    triggers = (", ".join(describe_id(one.trigger) for one in result.triggers) or NONE for result in (before, after))
    yield from change_row(after.month, "triggers", *triggers)


def describe_set_off(result: PeriodResult | None) -> tuple[str, ...]:
    """What a month's results set off, a sentence for each trigger: `Set off: rectification (rectification plan).`"""
    several = result.triggers if result is not None else ()
    effects = (format_list([describe_id(effect) for effect in one.effects]) for one in several)
    return tuple(
        f"Set off: {describe_id(plain(one.trigger))} ({told})." for one, told in zip(several, effects, strict=True)
    )


def titles_of(terms: Terms) -> dict[str, str]:
    """What each KPI promises, in words, by its id: a row names it by that; empty: it has no other name."""
    return {kpi.id: plain(kpi.title if kpi.title != kpi.id else "") for kpi in terms.kpis}


def change_row(month: str, what: str, before: str, after: str) -> Iterator[dict[str, str]]:
    """A figure of a month, where it is another one now."""
    if before != after:
        yield {"month": month, "figure": what, "before": before, "after": after}


def format_result(result: ToldResult | None, other: ToldResult | None, kpi: KpiTerms | None) -> str:
    """A result; its figure to so many digits that it does not look like another one."""
    if result is None or result.value is None:
        return NONE
    band = describe_id(result.band or MET[result.is_met])
    beside = other.value if other else None
    figure = format_apart(result.value, beside, kpi) if kpi else shown(result.value)
    return f"{figure} ({band}, {format_counted_points(result.points, 'point')})"
