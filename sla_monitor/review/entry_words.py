"""Entries of the register in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor.register.entries import Entry, Timed
from sla_monitor.review import words
from sla_monitor.review.pack_input import PackInput


@dataclass(frozen=True, slots=True)
class PackWording:
    """Sentences about entries as the pack has them."""

    zone: ZoneInfo
    currency: str

    def names(self, names: Sequence[str]) -> str:
        return words.listed(list(names)) if names else "everything"

    def label(self, name: str) -> str:
        return words.label(name)

    def month(self, month: str) -> str:
        return words.month_words(month)

    def money(self, amount: Decimal) -> str:
        return words.money(amount, self.currency)

    def at(self, at_ms: int) -> str:
        return words.moment(at_ms, self.zone)

    def duration(self, duration_ms: int) -> str:
        return words.duration(duration_ms)


def what(entry: Entry, case: PackInput) -> str:
    """What an entry says, in one line."""
    return entry.said.words(PackWording(case.zone, case.assessment.currency))


def when(entry: Entry, case: PackInput) -> str:
    """The time that an entry is about; empty for one that is about none."""
    said = entry.said
    return words.until(said.start_ms, said.end_ms, case.zone) if isinstance(said, Timed) else ""


def decision_needed(case: PackInput) -> Iterator[str]:
    """Every entry that awaits a decision, then what the month itself asks for."""
    for entry in case.assessment.pending:
        about = when(entry, case)
        yield f"Entry {entry.number}: {what(entry, case)}{f', {about}' if about else ''}."
    for kpi, month in case.assessment.missing_figures:
        yield f"{kpi}: a figure for {words.month_words(month)} is owed and missing."
    if case.assessment.claim_by is not None:
        yield f"This month’s credit must be claimed by {words.day(case.assessment.claim_by)}."
    if case.assessment.status == "provisional":
        yield "The figures of this month are to be signed off."
