"""An entry of the register in JSON, as other programs are told of it."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.register.redaction import is_redacted
from sla_monitor.wording.entries import describe_entry
from sla_monitor.wording.text import plain


class EntryDocument(TypedDict):
    """One entry of the register, as its reader may read it."""

    number: int
    """By which others speak of it."""
    at: str
    """When it was entered."""
    actor: str
    """Who entered it."""
    contract: str
    """The contract's id."""
    kind: str
    """Which kind of entry it is."""
    words: str
    """What it says, in a sentence."""
    said: dict[str, Any]
    """The same by field, as the kind's model has it in the request to enter it."""
    reference: str
    """A number in somebody's files; empty: none."""
    evidence: str
    """Where the supporting documents are; empty: nowhere."""
    note: str
    """Why, in words; empty: it is not told."""
    is_redacted: bool
    """Whether a text of the authority's own was left out."""


def entry_document(entry: Entry, contract: Contract) -> EntryDocument:
    """`entry` as its reader may read it: redacted where that is not the authority."""
    return {
        "number": entry.number,
        "at": format_utc(entry.at_ms),
        "actor": plain(entry.actor),
        "contract": contract.id,
        "kind": entry.body.kind,
        "words": describe_entry(entry, contract),
        "said": entry.body.model_dump(mode="json", by_alias=True, exclude_none=True),
        "reference": entry.reference,
        "evidence": entry.evidence,
        "note": entry.note,
        "is_redacted": is_redacted(entry),
    }
