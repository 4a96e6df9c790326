"""Entries of the register in words."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.register.entries import Entry, Timed
from sla_monitor.review.blocks import Cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.instants import format_day, format_month, format_stretch
from sla_monitor.wording.text import format_list


def what(entry: Entry, case: PackInput) -> str:
    """What an entry says, in one line."""
    called = {service.id: service.name for service in case.terms.services if service.name}
    return entry.body.words(EntryWording(case.zone, case.assessment.currency, called))


def when(entry: Entry, case: PackInput) -> str:
    """The time that an entry is about; empty for one that is about none."""
    body = entry.body
    return format_stretch(body.start_ms, body.end_ms, case.zone) if isinstance(body, Timed) else ""


def when_cell(entry: Entry, case: PackInput) -> Cell:
    """The same for a table."""
    body = entry.body
    return case.stretch_cell(body.start_ms, body.end_ms) if isinstance(body, Timed) else Cell("")


def decision_needed(case: PackInput) -> Iterator[str]:
    """Every entry that awaits a decision, then what the month itself asks for."""
    for entry in case.assessment.pending:
        about = when(entry, case)
        yield f"Entry {entry.number}: {what(entry, case)}{f', {about}' if about else ''}."
    missing: dict[str, list[str]] = {}
    for kpi, month in case.assessment.missing_figures:
        missing.setdefault(kpi, []).append(format_month(month))
    for kpi, months in missing.items():
        owed = "a figure for {} is" if len(months) == 1 else "the figures for {} are"
        yield f"{kpi}: {owed.format(format_list(months))} owed and missing."
    if case.assessment.claim_by is not None:
        yield f"This month’s credit must be claimed by {format_day(case.assessment.claim_by)}."
    if case.assessment.status == "provisional":
        yield "The figures of this month are to be signed off."
    if (again := case.assessment.restatement) is not None:
        yield f"The figures have changed since their sign-off (entry {again.signed.number}): sign them again."
