"""Entries of the register in words."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.register.entries import (
    Claim,
    Correction,
    Decision,
    Dispute,
    Entry,
    Maintenance,
    OutageList,
    Undo,
    Waiver,
)
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_day, format_month, format_stretch
from sla_monitor.wording.names import describe_id
from sla_monitor.wording.numbers import format_count, format_money
from sla_monitor.wording.text import format_list

KINDS = {
    "maintenance": "maintenance",
    "claim": "claim",
    "figure": "figure",
    "correction": "correction",
    "impact": "users hit",
    "waiver": "waiver",
    "earn_back": "earn-back",
    "credit_claim": "credit claimed",
    "misreport": "misreport",
}


def what(entry: Entry, case: PackInput) -> str:
    """What an entry says, in one line."""
    said = entry.said
    if isinstance(said, Maintenance):
        kind = "Emergency maintenance" if said.emergency else "Maintenance"
        return f"{kind} of {_of(said.services)}"
    if isinstance(said, Claim):
        return f"Claim of {describe_id(said.cause)} for {_of((*said.services, *said.kpis, *said.tickets))}"
    if isinstance(said, Correction):
        return f"Correction: {_of((*said.services, *said.endpoints))} was {said.outcome}"
    if isinstance(said, Waiver):
        return f"Waiver of {describe_id(said.what)} for {_of(said.kpis)}, {format_month(said.month)}"
    if isinstance(said, Decision | Undo):
        kind = "Undoing" if isinstance(said, Undo) else "Granting" if said.granted else "Refusal"
        return f"{kind} of entry {said.about}"
    return _other(entry, case)


def _other(entry: Entry, case: PackInput) -> str:
    said = entry.said
    if isinstance(said, Dispute):
        return f"Dispute by the {said.party} about {_of(said.services)}"
    if isinstance(said, OutageList):
        number = format_count(len(said.outages), "outage")
        return f"The supplier’s outage list for {_of(said.services)}: {number}"
    parts = [describe_id(said.kind).capitalize()]
    for name in ("kpi", "party", "value", "rule", "service", "outcome", "area"):
        value = getattr(said, name, None)
        if value not in {None, ""}:
            parts.append(f"{value:f}" if name == "value" else describe_id(str(value)))
    amounts = (getattr(said, name, None) for name in ("omitted", "amount", "credit"))
    parts += [format_money(amount, case.assessment.currency) for amount in amounts if amount is not None]
    if (month := getattr(said, "month", None)) is not None:
        parts.append(format_month(month))
    return ", ".join(parts)


def when(entry: Entry, case: PackInput) -> str:
    """The time that an entry is about; empty for one that is about none."""
    start_ms, end_ms = getattr(entry.said, "start_ms", None), getattr(entry.said, "end_ms", None)
    return format_stretch(start_ms, end_ms, case.zone) if start_ms is not None else ""


def decision_needed(case: PackInput) -> Iterator[str]:
    """Every entry that awaits a decision, then what the month itself asks for."""
    for entry in case.assessment.pending:
        about = when(entry, case)
        yield f"Entry {entry.number}: {what(entry, case)}{f', {about}' if about else ''}."
    for kpi, month in case.assessment.missing_figures:
        yield f"{kpi}: a figure for {format_month(month)} is owed and missing."
    if case.assessment.claim_by is not None:
        yield f"This month’s credit must be claimed by {format_day(case.assessment.claim_by)}."
    if case.assessment.status == "provisional":
        yield "The figures of this month are to be signed off."


def _of(names: tuple[str, ...]) -> str:
    return format_list(list(names)) if names else "everything"
