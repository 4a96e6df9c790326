"""Entries of the register in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.register.entries import Entry, Timed
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.instants import format_day, format_instant, format_month, format_stretch
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id


@dataclass(frozen=True, slots=True)
class PackWording:
    """Sentences about entries as the pack has them."""

    zone: ZoneInfo
    currency: str

    def names(self, names: Sequence[str]) -> str:
        return format_list(names) if names else "everything"

    def label(self, name: str) -> str:
        return describe_id(name)

    def month(self, month: str) -> str:
        return format_month(month)

    def money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency)

    def at(self, at_ms: int) -> str:
        return format_instant(at_ms, self.zone)

    def duration(self, duration_ms: int) -> str:
        return format_duration(duration_ms)


def what(entry: Entry, case: PackInput) -> str:
    """What an entry says, in one line."""
    return entry.body.words(PackWording(case.zone, case.assessment.currency))


def when(entry: Entry, case: PackInput) -> str:
    """The time that an entry is about; empty for one that is about none."""
    said = entry.body
    return format_stretch(said.start_ms, said.end_ms, case.zone) if isinstance(said, Timed) else ""


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
