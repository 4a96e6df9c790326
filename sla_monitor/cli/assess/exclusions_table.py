"""What was taken out of a month, or should have been: time, tickets, and failures that were let pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import ContractAssessment, Excluded, KpiAssessment, ServiceAssessment
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.rulings import Case
from sla_monitor.cli.shared.table_figures import told_seconds, told_time
from sla_monitor.cli.shared.terminal import plain, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.intervals import Intervals, intersect, length
from sla_monitor.register.effective import standing
from sla_monitor.register.entries import Claim, Entry, Maintenance

FOUND = {"granted": "taken out", "pending": "not yet", "refused": "not taken out"}

Ruled = tuple[int, int, str, str]
"""From, to, what became of it, and why."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a piece of time is of one service: agreed time so far, the part of it that was down, and the KPIs."""

    agreed_ms: int
    down_ms: int
    kpis: tuple[str, ...]


def told_exclusions(one: ContractAssessment, contract: Contract, columns: int | None) -> Iterator[str]:
    """Every entry of the register that takes something out, or asks to, with what became of it."""
    entries = {entry.number: entry for entry in one.entries}
    lines = [line for line in _time(one, entries) if line]
    lines += [*_tickets(one, contract, entries), *_let_pass(one.kpis)]
    if lines:
        yield "\n".join(["Exclusions", *(wrapped(line, columns, "  ") for line in lines)])


def _time(one: ContractAssessment, entries: Mapping[int, Entry]) -> Iterator[str]:
    """The pieces of each entry in order of time, then what all of them come to."""
    zone = ZoneInfo(one.time_zone)
    for number, pieces in sorted(_by_entry(one).items()):
        yield f"  {_heading(number, entries.get(number))}"
        for (start_ms, end_ms, found, why), services in pieces.items():
            span = f"{told_time(start_ms, zone)} to {told_time(end_ms, zone)}"
            yield f"    {FOUND[found]}: {span}, {_decided(why, entries)}"
            yield from (f"      {share}" for share in _shares(services))
    out = [
        f"{service.service} {told_seconds(service.excluded_ms)} of {told_seconds(service.agreed_ms)}"
        for service in one.services
        if service.excluded_ms
    ]
    yield f"  Taken out for all KPIs, each instant once: {'; '.join(out)}" if out else ""


def _by_entry(one: ContractAssessment) -> dict[int, dict[Ruled, dict[str, Share]]]:
    """By entry and piece: the services that it is taken out of, each with its share."""
    found: dict[int, dict[Ruled, dict[str, Share]]] = {}
    for service in one.services:
        for piece in service.excluded:
            if _is_read(service, piece, one.kpis):
                became = "granted" if piece.granted else "pending" if piece.is_pending else "refused"
                ruled = piece.start_ms, piece.end_ms, became, piece.why
                pieces = found.setdefault(piece.entry, {})
                pieces.setdefault(ruled, {})[service.service] = _share(service, piece, one.at_ms)
    return found


def _is_read(service: ServiceAssessment, piece: Excluded, kpis: Iterable[KpiAssessment]) -> bool:
    """Whether a piece for some KPIs alone is about a KPI of this service."""
    return not piece.kpis or any(kpi.kpi in piece.kpis and kpi.service_id == service.service for kpi in kpis)


def _share(service: ServiceAssessment, piece: Excluded, at_ms: int) -> Share:
    hours, down = (service.lanes.hours, service.lanes.down) if service.lanes else ([], [])
    inside: Intervals = [(piece.start_ms, min(piece.end_ms, at_ms))] if piece.start_ms < at_ms else []
    return Share(length(intersect(hours, inside)), length(intersect(down, inside)), piece.kpis)


def _shares(services: Mapping[str, Share]) -> Iterator[str]:
    """Services of which it is as much are told together."""
    alike: dict[Share, list[str]] = {}
    for service, share in services.items():
        alike.setdefault(share, []).append(service)
    for share, names in alike.items():
        each = " each" if len(names) > 1 else ""
        alone = f", for {', '.join(share.kpis)} alone" if share.kpis else ""
        told = f"{told_seconds(share.agreed_ms)}{each} of agreed time, {told_seconds(share.down_ms)} of it down"
        yield f"{', '.join(names)}: {told}{alone}"


def _heading(number: int, entry: Entry | None) -> str:
    """What an entry is, who said it, and its reason."""
    if entry is None:
        return f"#{number}"
    said = entry.said
    what = f"{said.kind}, {said.cause}" if isinstance(said, Claim) else said.kind
    what += ", emergency" if isinstance(said, Maintenance) and said.emergency else ""
    parts = [f"#{number} {what}, by {entry.actor}", entry.reference, entry.note]
    return plain("; ".join(part for part in parts if part))


def _decided(why: str, entries: Mapping[int, Entry]) -> str:
    """Why, and of a decision also by whom and for which reason."""
    number = why.rpartition(" ")[2]
    decision = entries.get(int(number)) if "decision" in why and number.isdecimal() else None
    if decision is None:
        return why
    reason = "; ".join(part for part in (decision.reference, decision.note) if part)
    return plain(f"{why.replace(number, f'#{number}')} by {decision.actor}" + (f": {reason}" if reason else ""))


def _tickets(one: ContractAssessment, contract: Contract, entries: Mapping[int, Entry]) -> Iterator[str]:
    """Claims about tickets, which leave no time out."""
    case = Case(contract, standing(entries.values()))
    for entry, said in case.standing.of(Claim):
        if said.tickets:
            decision = case.standing.decision_on(entry.number)
            found = "taken out" if is_granted(case, entry, said) else "not taken out" if decision else "not yet"
            yield f"  {_heading(entry.number, entry)}"
            by = f", decision #{decision[0].number} by {decision[0].actor}" if decision else ", awaits a decision"
            yield plain(f"    {found}: {_counted(said.tickets)}{by}")


def _counted(tickets: Sequence[str]) -> str:
    return f"{'ticket' if len(tickets) == 1 else 'tickets'} {', '.join(tickets)}"


def _let_pass(kpis: Iterable[KpiAssessment]) -> Iterator[str]:
    """Failures that cost less than they would, or nothing."""
    for kpi in kpis:
        for step in kpi.result.working if kpi.result else ():
            if step.what == "waived":
                yield plain(f"  {kpi.kpi}: the failure is let pass by {step.formula}: {step.result}")
