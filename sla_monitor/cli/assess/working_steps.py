"""The working of an assessment, step by step: with it and a calculator anybody gets the same penny."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment, KpiAssessment, Outage, ServiceAssessment
from sla_monitor.cli.assess.charges_table import told_charges
from sla_monitor.cli.assess.late_tickets import late_tickets
from sla_monitor.cli.shared.table_figures import told_seconds, told_time
from sla_monitor.cli.shared.terminal import plain, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.downtime import Seconds
from sla_monitor.sla.working import Working


def told_working(one: ContractAssessment, contract: Contract, columns: int | None) -> str:
    """The way of counting, the outages, then every KPI, credit line, cap and trigger."""
    blocks = [("How time is counted", list(one.accounting))]
    blocks += [_outages(service, ZoneInfo(one.time_zone)) for service in one.services if service.outages]
    for kpi in one.kpis:
        blocks += _of_kpi(kpi, is_running=one.status == "running")
        blocks += [(f"{kpi.kpi}, tickets", late_tickets(one, contract, kpi.terms))]
    blocks += [("Charges of the month", told_charges(one, contract)), *_money(one)]
    return "\n\n".join(_block(heading, lines, columns) for heading, lines in blocks if lines)


def _money(one: ContractAssessment) -> Iterator[tuple[str, list[str]]]:
    if one.result is None:
        return
    credit = one.result.credit
    for line in credit.lines:
        yield f"Credit {line.rule}", _steps(line.working)
    for cap in credit.caps:
        yield f"Cap {cap.cap} of {cap.scope or 'the contract'}", _steps(cap.working)
    yield "Claims", _steps(credit.working)
    for trigger in one.result.triggers:
        yield f"Trigger {trigger.trigger}", _steps(trigger.working)
    for name, working in one.shares_working.items():
        yield f"Share of {name}", _steps(working)


def _outages(service: ServiceAssessment, zone: ZoneInfo) -> tuple[str, list[str]]:
    """One after the other, and what they add up to. KPIs with rules of their own may count less of each."""
    gross, counts = told_seconds(service.gross_downtime_ms), told_seconds(service.downtime_ms)
    lines = [*(_outage(outage, zone) for outage in service.outages), f"in all: {gross}, after exclusions {counts}"]
    return f"Outages of {service.service} in its hours", lines


def _outage(outage: Outage, zone: ZoneInfo) -> str:
    until = "it goes on" if outage.end_ms is None else told_time(outage.end_ms, zone)
    found = f", {outage.reason.value}" if outage.reason else ""
    entries = f" ({', '.join(f'#{number}' for number in outage.entries)})" if outage.entries else ""
    counts = f"{told_seconds(outage.gross_ms)}, after exclusions {told_seconds(outage.downtime_ms)}{entries}"
    return f"{told_time(outage.start_ms, zone)} to {until}, {', '.join(outage.endpoints)}{found}: {counts}"


def _of_kpi(kpi: KpiAssessment, *, is_running: bool) -> Iterator[tuple[str, list[str]]]:
    """Each working once, with the views that it is of; the agreed one up to its points after repeats."""
    found: dict[tuple[Seconds | None, Working], list[str]] = {}
    for view, figure in kpi.views.items():
        is_final = view == "agreed" and kpi.result is not None
        working = kpi.result.working if kpi.result and is_final else figure.working
        found.setdefault((figure.seconds, working), []).append(view)
    for (seconds, working), views in found.items():
        yield f"{kpi.kpi}, {' and '.join(views)}", [*_classes(seconds, is_running=is_running), *_steps(working)]


def _classes(time: Seconds | None, *, is_running: bool) -> Iterator[str]:
    """The time that an availability is made of, before any of its rules."""
    if time is not None:
        classes = {"excluded": time.excluded_ms, "unseen": time.unknown_ms, "degraded": time.degraded_ms}
        classes |= {"down": sum(loss.counted_ms for loss in time.losses)}
        told = ", ".join(f"{name} {told_seconds(ms)}" for name, ms in classes.items())
        so_far = " so far" if is_running else ""
        yield f"agreed time{so_far}: {told_seconds(time.agreed_ms)}; of it {told}, the rest was up"


def _steps(working: Working) -> list[str]:
    return [str(step) for step in working]


def _block(heading: str, lines: list[str], columns: int | None) -> str:
    """Wrapped on a terminal only: a file holds one step in one line."""
    told = [f"  {plain(line)}" for line in lines]
    return "\n".join([heading, *(wrapped(line, columns, "  ") if columns else line for line in told)])
