"""The working of an assessment, step by step: with it and a calculator anybody gets the same penny."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.assessment import ContractAssessment, KpiAssessment
from sla_monitor.cli.terminal import plain
from sla_monitor.sla.working import Working


def told_working(one: ContractAssessment) -> str:
    """The way of counting, then every KPI, credit line, cap and trigger."""
    blocks = [_block("How time is counted", [plain(line) for line in one.accounting])]
    blocks += [block for kpi in one.kpis for block in _of_kpi(kpi)]
    if one.result is not None:
        credit = one.result.credit
        blocks += [_steps(f"Credit {line.rule}", line.working) for line in credit.lines]
        blocks += [_steps(f"Cap {cap.cap} of {cap.scope or 'the contract'}", cap.working) for cap in credit.caps]
        blocks.append(_steps("Claims", credit.working))
        blocks += [_steps(f"Trigger {trigger.trigger}", trigger.working) for trigger in one.result.triggers]
    return "\n\n".join(block for block in blocks if block)


def _of_kpi(kpi: KpiAssessment) -> Iterator[str]:
    """Each working once, with the views that it is of; the agreed one up to its points after repeats."""
    found: dict[Working, list[str]] = {}
    for view, figure in kpi.views.items():
        is_final = view == "agreed" and kpi.result is not None
        found.setdefault(kpi.result.working if kpi.result and is_final else figure.working, []).append(view)
    for working, views in found.items():
        yield _steps(f"{kpi.kpi}, {' and '.join(views)}", working)


def _steps(heading: str, working: Working) -> str:
    return _block(heading, [plain(str(step)) for step in working])


def _block(heading: str, lines: list[str]) -> str:
    return "\n".join([heading, *(f"  {line}" for line in lines)]) if lines else ""
