"""Redaction: what of a register is the authority's alone, and the register without it.

There is one rule, for every rendering, for JSON and for evidence. Of an entry that the authority made for itself, its
texts are left out; of new terms that nobody has approved, everything, for a draft is no supplier's business. Numbers of
entries have gaps anyway, since they count through all contracts. Every figure stays as it is: none depends on a note,
on where documents are, or on terms that are not in force.
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
    "underpinning", "countersignature", "obligation_excused", "credit_notified", "credit_invoiced", "credit_settled",
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


def is_of_draft(body: EntryKind) -> bool:
    """Whether it speaks of new terms that were not approved, by all that it says itself."""
    return isinstance(body, TermsProposed | TermsRejected | TermsWithdrawn)


def of_drafts(entries: Iterable[Entry]) -> frozenset[int]:
    """The numbers of the entries about new terms that nobody has approved: proposals, and what was said of them.
    `entries`: of one contract, with all that was said of each proposal among them."""
    said = [one for one in entries if is_of_draft(one.body) or isinstance(one.body, TermsApproved)]
    approved = terms_history(said).approved if said else ()
    shared = {number for one in approved for number in (one.proposal.entry.number, one.approval.number)}
    return frozenset(one.number for one in said) - shared


def disclosed(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """A contract's entries as both sides know them. To do it again changes nothing."""
    entries = tuple(entries)
    drafts = of_drafts(entries)
    return tuple(redacted(one) for one in entries if one.number not in drafts)


def last_known(entries: Sequence[Entry]) -> int:
    """The number of the last entry that both sides know; 0: there is none. `entries`: a contract's, ascending."""
    if entries and not is_of_draft(entries[-1].body):
        return entries[-1].number
    return max((one.number for one in disclosed(entries)), default=0)


def lacking(entries: Iterable[Entry]) -> list[int]:
    """The numbers of the entries of which the supplier lacks a text, or everything."""
    entries = tuple(entries)
    drafts = of_drafts(entries)
    return [one.number for one in entries if one.number in drafts or is_redacted(redacted(one))]


def withheld(entries: Iterable[Entry]) -> list[Withheld]:
    """What the supplier lacks of these entries."""
    entries = tuple(entries)
    drafts = of_drafts(entries)
    return [
        {"number": entry.number, "note": entry.note, "evidence": entry.evidence}
        for entry in entries
        if entry.number in drafts or redacted(entry) != entry
    ]


def is_redacted(entry: Entry) -> bool:
    """Whether something of it was left out."""
    return is_own(entry) and LEFT_OUT in {entry.note, entry.evidence}


def is_own(entry: Entry) -> bool:
    """Whether the authority made this entry for itself. A figure of the authority's own says whence it has it."""
    body = entry.body
    return body.kind not in SHARED or (isinstance(body, ReportedFigure) and body.party == "authority")
