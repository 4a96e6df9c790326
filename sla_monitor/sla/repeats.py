"""Repeat failures and related failures: what a run of bad periods, and one incident that fails two KPIs, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import Related, Repeat
from sla_monitor.sla.results import KpiResult
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import step


def failures_in_a_row(repeat: Repeat | None, before: int, is_met: bool | None) -> int:
    """How long the run of failures is with this measurement period. `is_met` is None where there is no figure: that
    is no pass, and the contract says what it is; without a repeat rule it ends the run."""
    if is_met is None:
        meaning = {"breaks": 0, "keeps": before, "counts": before + 1}
        return meaning[repeat.on_missing if repeat else "breaks"]
    return 0 if is_met else before + 1


def repeat_factor(repeat: Repeat | None, failures: int) -> Fraction:
    """What the points of the last failure of a run are multiplied by: 1 for the first."""
    if repeat is None or failures < 2:
        return Fraction(1)
    return Fraction(repeat.factor) ** (failures - 1 if repeat.compounding else 1)


def without_double_jeopardy(
    results: Sequence[KpiResult], related: Mapping[str, Related | None]
) -> tuple[KpiResult, ...]:
    """The results with only the most points of each group that is deduped by the highest; of equals, the first in
    the contract keeps them. A failure that loses its points is still a failure, also in a run.

    Waive before this: what was let pass has no points left, and shields nobody. Where the most points cost no money
    (their failure is bedding in, or its money alone was waived), so many of them as the worst failure that does cost
    money has are that one's: the incident has no more points than before, and is not free.
    """
    groups: dict[str, list[KpiResult]] = {}
    for result in results:
        rule = related.get(result.kpi)
        if rule and rule.dedupe == "highest" and result.points:
            groups.setdefault(rule.group, []).append(result)
    kept = {name: pair for several in groups.values() for name, pair in _kept(several).items()}
    return tuple(_deduped(result, *kept[result.kpi]) if result.kpi in kept else result for result in results)


def _kept(group: Sequence[KpiResult]) -> dict[str, tuple[Fraction, str]]:
    """What each of one group's failures keeps, and whose points stand in place of the rest."""
    worst = max(group, key=lambda result: result.points)
    payer = max((result for result in group if result.is_priced), key=lambda result: result.points, default=worst)
    kept = {result.kpi: (Fraction(0), worst.kpi) for result in group}
    kept[worst.kpi] = worst.points - payer.points, payer.kpi
    kept[payer.kpi] = payer.points, payer.kpi
    return kept


def _deduped(result: KpiResult, points: Fraction, keeper: str) -> KpiResult:
    if points == result.points:
        return result
    lost = f"{shown(result.points - points)} of its points are those of {keeper}"
    said = step("related failure", f"one incident, {lost if points else f'the points of {keeper} stand'}", points)
    return replace(result, points=points, working=(*result.working, said))
