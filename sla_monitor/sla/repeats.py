"""Repeat failures and related failures: what a run of bad periods, and one incident that fails two KPIs, cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from sla_monitor.contract.promise import Related, Repeat
from sla_monitor.sla.results import KpiResult
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
    the contract keeps them. A failure that loses its points is still a failure, also in a run."""
    keepers: dict[str, KpiResult] = {}
    for result in results:
        rule = related.get(result.kpi)
        if rule and rule.dedupe == "highest":
            best = keepers.setdefault(rule.group, result)
            keepers[rule.group] = result if result.points > best.points else best
    return tuple(_deduped(result, related.get(result.kpi), keepers) for result in results)


def _deduped(result: KpiResult, rule: Related | None, keepers: Mapping[str, KpiResult]) -> KpiResult:
    keeper = keepers.get(rule.group) if rule and rule.dedupe == "highest" else None
    if keeper is None or keeper is result or not result.points:
        return result
    said = step("related failure", f"one incident, the points of {keeper.kpi} stand", Fraction(0))
    return replace(result, points=Fraction(0), working=(*result.working, said))
