"""An entry as the desk's pages show it, with all that it says."""

from __future__ import annotations

from dataclasses import dataclass

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import Entry, Timed
from sla_monitor.wording.entries import EntryWording, describe_entry, describe_notices
from sla_monitor.wording.instants import format_instant, format_stretch
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.text import plain


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """Its number, what it says in a sentence, its facts by label, and its note as it was written."""

    number: int
    words: str
    facts: tuple[tuple[str, str], ...]
    note: str


def shown_entry(contract: Contract, entry: Entry, *, is_entered: bool = True) -> ShownEntry:
    """Everything that an entry says, for whoever may read it. `is_entered` False: it would be entered."""
    zone, body = contract.time_zone, entry.body
    say = EntryWording(zone, contract.currency)
    facts = {
        "When": format_stretch(body.start_ms, body.end_ms, zone) if isinstance(body, Timed) else "",
        "Entered": f"{format_instant(entry.at_ms, zone)} by {describe_actor(entry.actor, entry.known_by)}"
        if is_entered
        else "",
        **describe_notices(body.notices(), say),
        "Reference": entry.reference,
        "Documents": entry.evidence,
    }
    told = tuple((label, plain(text)) for label, text in facts.items() if text)
    return ShownEntry(entry.number, describe_entry(entry, contract), told, entry.note)
