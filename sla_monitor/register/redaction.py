"""Redaction: the parts of an entry that are the authority's alone, and the entry without them; and the entries of which
the supplier learns nothing.

There is one rule, for every rendering, for JSON and for evidence. It leaves every figure as it is: no figure depends on
a note, on where documents are, or on terms that are not in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from sla_monitor.register.entries import (
    Entry,
    ReportedFigure,
    TermsApproved,
    TermsProposed,
    TermsRejected,
    TermsWithdrawn,
)
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.register.terms_history import terms_history

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
    """The entries, of all of a contract, of which the supplier learns nothing: those that are internal, new terms that
    nobody has approved, and what is said about these."""
    entries = tuple(entries)
    found = set(_of_drafts(entries))
    for entry in entries:
        if entry.body.is_internal or entry.body.subject() in found:
            found.add(entry.number)
    return frozenset(found)


def _of_drafts(entries: Iterable[Entry]) -> frozenset[int]:
    """The entries about new terms but those of an approved proposal: a draft is no supplier's business."""
    said = [one for one in entries if is_of_draft(one.body) or isinstance(one.body, TermsApproved)]
    approved = terms_history(said).approved if said else ()
    known = {number for one in approved for number in (one.proposal.entry.number, one.approval.number)}
    return frozenset(one.number for one in said) - known


def is_of_draft(body: EntryKind) -> bool:
    """Whether it speaks of new terms that were not approved, by all that it says itself."""
    return isinstance(body, TermsProposed | TermsRejected | TermsWithdrawn)


def last_shared(entries: Sequence[Entry]) -> int:
    """The number of the last entry that both sides know; 0: there is none. `entries`: a contract's, ascending."""
    if entries and _stands_alone(entries[-1]):
        return entries[-1].number
    internal = internal_numbers(entries)
    return next((one.number for one in reversed(entries) if one.number not in internal), 0)


def _stands_alone(entry: Entry) -> bool:
    """Whether it is known to both, whatever the others say."""
    return not (entry.body.is_internal or is_of_draft(entry.body)) and entry.body.subject() is None


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
