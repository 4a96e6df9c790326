"""Redaction: the parts of an entry that are the authority's alone, and the entry without them.

There is one rule, for every rendering, for JSON and for evidence. It leaves every figure as it is: no figure depends on
a note or on where documents are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from sla_monitor.register.entries import Entry, ReportedFigure

SHARED = {
    "claim", "maintenance", "figure", "ticket", "action", "done", "minute", "decision", "dispute", "outage_list",
    "underpinning", "failure_cause", "countersignature", "obligation_excused", "credit_notified", "credit_invoiced",
    "credit_settled",
}  # fmt: skip
"""Kinds whose notes both sides read: what the supplier said, what it was told, what was agreed at the meeting."""

LEFT_OUT = "left out of this copy"
"""What stands in place of a text: whoever reads the copy sees that there is one."""


class Withheld(TypedDict):
    """What a redacted entry lacks."""

    number: int
    note: str
    evidence: str


def redacted(entry: Entry) -> Entry:
    """The entry as both sides know it. Redacting it again changes nothing."""
    if not is_own(entry) or not (entry.note or entry.evidence):
        return entry
    note, documents = (LEFT_OUT if text else "" for text in (entry.note, entry.evidence))
    return entry.model_copy(update={"note": note, "evidence": documents})


def withheld(entries: Iterable[Entry]) -> list[Withheld]:
    """What redaction takes from these entries."""
    return [
        {"number": entry.number, "note": entry.note, "evidence": entry.evidence}
        for entry in entries
        if redacted(entry) != entry
    ]


def is_redacted(entry: Entry) -> bool:
    """Whether something of it was left out."""
    return is_own(entry) and LEFT_OUT in {entry.note, entry.evidence}


def is_own(entry: Entry) -> bool:
    """Whether the authority made this entry for itself. A figure of the authority's own says whence it has it."""
    body = entry.body
    return body.kind not in SHARED or (isinstance(body, ReportedFigure) and body.party == "authority")
