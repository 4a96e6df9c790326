"""An entry as the desk's pages show it, with all that it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sla_monitor.contract.contract import Contract
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry, SignOff, Timed
from sla_monitor.wording.entries import EntryWording, describe_entry, describe_notices
from sla_monitor.wording.instants import format_instant, format_stretch
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.text import plain, plain_lines

_WHEN, _ENTERED = "When", "Entered"


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """Its number, what it says in a sentence, its facts by label, and its note line by line."""

    number: int
    words: str
    facts: tuple[tuple[str, str], ...]
    note: str


def draft_entry(contract: Contract, entry: Entry, said: Sequence[Entry]) -> ShownEntry:
    """The same of an entry that nobody has made yet, with what it is about. `said`: the register."""
    shown = shown_entry(contract, entry)
    about = next((one for one in said if one.number == entry.body.subject()), None)
    facts = tuple(fact for fact in shown.facts if fact[0] != _ENTERED)
    if about is not None:
        whole = shown_entry(contract, about)
        facts = (("About", whole.words), *(fact for fact in whole.facts if fact[0] == _WHEN), *facts)
    return replace(shown, facts=facts)


def shown_entry(contract: Contract, entry: Entry) -> ShownEntry:
    """Everything that an entry says, for whoever may read it."""
    zone, body = contract.time_zone, entry.body
    say = EntryWording(zone, contract.currency)
    facts = {
        _WHEN: format_stretch(body.start_ms, body.end_ms, zone) if isinstance(body, Timed) else "",
        _ENTERED: f"{format_instant(entry.at_ms, zone)} by {describe_actor(entry.actor, entry.known_by)}",
        **describe_notices(body.notices(), say),
        "Acknowledged": " ".join(body.acknowledged or ()) if isinstance(body, SignOff) else "",
        "Reference": entry.reference,
        "Documents": entry.evidence,
    }
    told = tuple((label, plain(text)) for label, text in facts.items() if text)
    return ShownEntry(entry.number, describe_entry(entry, contract), told, plain_lines(entry.note))


@dataclass(frozen=True, slots=True)
class SaidEntry:
    """An entry among others on one subject. `by`: who made it when; `gone`: the entry that took it back, or None."""

    number: int
    words: str
    by: str
    note: str
    gone: int | None


def said_entry(entry: Entry, contract: Contract, standing: EffectiveEntries) -> SaidEntry:
    """As whoever asks may read it."""
    by = f"{describe_actor(entry.actor, entry.known_by)}, {format_instant(entry.at_ms, contract.time_zone)}"
    words = describe_entry(entry, contract)
    return SaidEntry(entry.number, words, plain(by), plain_lines(entry.note), standing.undone.get(entry.number))
