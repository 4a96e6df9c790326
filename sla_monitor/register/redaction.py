"""Redaction: the parts of an entry that are the authority's alone, and the entry without them; and the entries of which
the supplier learns nothing.

There is one rule, for every rendering, for JSON and for evidence. It leaves every figure as it is: no figure depends on
a note or on where documents are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from sla_monitor.register.entries import Entry, ReportedFigure

SHARED = {
    "claim", "maintenance", "figure", "ticket", "action", "done", "minute", "decision", "dispute", "outage_list",
    "underpinning", "failure_cause", "countersignature", "obligation_excused", "credit_notified", "credit_invoiced",
    "credit_settled", "comment",
}  # fmt: skip
"""Kinds whose notes both sides read: what the supplier said, what it was told, what was agreed at the meeting."""

LEFT_OUT = "left out of this copy"
"""What stands in place of a text: whoever reads the copy sees that there is one."""


class Withheld(TypedDict):
    """What a redacted entry lacks."""

    number: int
    note: str
    evidence: str


def internal_numbers(entries: Iterable[Entry]) -> frozenset[int]:
    """The entries, of all of a contract, of which the supplier learns nothing: those that are internal, and what is
    said about these."""
    found: set[int] = set()
    for entry in entries:
        if entry.body.is_internal or entry.body.subject() in found:
            found.add(entry.number)
    return frozenset(found)


def shared(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Entries as both sides know them, ascending as they were."""
    internal = internal_numbers(entries)
    return tuple(redacted(entry) for entry in entries if entry.number not in internal)


def redacted(entry: Entry) -> Entry:
    """The entry as both sides know it. Redacting it again changes nothing."""
    if not is_own(entry) or not (entry.note or entry.evidence):
        return entry
    note, documents = (LEFT_OUT if text else "" for text in (entry.note, entry.evidence))
    return entry.model_copy(update={"note": note, "evidence": documents})


def withheld(entries: Sequence[Entry]) -> list[Withheld]:
    """What redaction takes from these entries. What is internal is not among them: the supplier's copy has no trace of
    it."""
    internal = internal_numbers(entries)
    return [
        {"number": entry.number, "note": entry.note, "evidence": entry.evidence}
        for entry in entries
        if entry.number not in internal and redacted(entry) != entry
    ]


def is_redacted(entry: Entry) -> bool:
    """Whether something of it was left out."""
    return is_own(entry) and LEFT_OUT in {entry.note, entry.evidence}


def is_own(entry: Entry) -> bool:
    """Whether the authority made this entry for itself. A figure of the authority's own says whence it has it."""
    body = entry.body
    return (
        body.kind not in SHARED or body.is_internal or (isinstance(body, ReportedFigure) and body.party == "authority")
    )
