"""Credits that only a repeated failure brings, and that then reach back to the failures before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.credit_methods import Credit, RepeatedCreditTerms
from sla_monitor.contract.money.credit_tables import OnlyIfRepeated
from sla_monitor.sla.money.credit_input import CreditInput
from sla_monitor.sla.results import CreditLine, KpiResult, PeriodResult
from sla_monitor.sla.working import step


def due_and_held(
    rule: Credit, lines: Sequence[CreditLine], case: CreditInput
) -> tuple[tuple[CreditLine, ...], tuple[CreditLine, ...]]:
    """A rule's lines that are due in the month, with those that were held back before and are due now; and the lines
    that are held back."""
    condition = rule.only_if_repeated if isinstance(rule, RepeatedCreditTerms) else None
    if condition is None:
        return tuple(lines), ()
    due = tuple(line for line in lines if _run(line, case) >= condition.periods)
    held = tuple(_held(line, condition, case, rule.clause) for line in lines if _run(line, case) < condition.periods)
    return (*due, *_released(rule, condition, case)), held


def _run(line: CreditLine, case: CreditInput) -> int:
    """How many failures in a row there are with this one; without a failure, none."""
    return case.results[line.kpi].failures_in_a_row if line.kpi in case.results else 0


def _held(line: CreditLine, condition: OnlyIfRepeated, case: CreditInput, clause: str) -> CreditLine:
    reason = f"{_run(line, case)} of {condition.periods} failures in a row"
    what = "held back until the failure repeats" if condition.pays == "all" else "nothing for want of a repeat"
    return replace(line, working=(*line.working, step(what, reason, line.amount, clause)))


def _released(rule: Credit, condition: OnlyIfRepeated, case: CreditInput) -> Iterator[CreditLine]:
    """What was held back in the run of failures that has become long enough in this month, oldest first."""
    if condition.pays != "all":
        return
    for result in case.results.values():
        before = list(_run_before(case.kpis[result.kpi], case.earlier))
        was_long_enough = bool(before) and before[0][1].failures_in_a_row >= condition.periods
        if result.failures_in_a_row < condition.periods or was_long_enough:
            continue
        for past, _ in reversed(before):
            for line in past.credit.held:
                if (line.rule, line.kpi) == (rule.id, result.kpi):
                    reason = f"{result.failures_in_a_row} failures in a row"
                    said = step(f"held back in {past.month}, due now", reason, line.amount, rule.clause)
                    yield replace(line, month=past.month, working=(*line.working, said))


def _run_before(kpi: KpiTerms, earlier: Iterable[PeriodResult]) -> Iterator[tuple[PeriodResult, KpiResult]]:
    """The months and results of the run of failures up to now, the last first; a period that is passed over for want of
    a figure is in it."""
    keeps = kpi.repeat is not None and kpi.repeat.on_missing == "keeps"
    for past in reversed([*earlier]):
        result = past.kpi(kpi.id)
        if result is None:
            continue
        if not result.failures_in_a_row:
            return
        yield past, result
        if result.failures_in_a_row == 1 and not (keeps and result.is_met is None):
            return
