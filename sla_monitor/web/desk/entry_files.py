"""Files of entries: who reads them, who attaches them, and how; the same for pages and for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.attached_files import Attachment, attach
from sla_monitor.register.attachments import TYPES, Papers, Room, papers
from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import is_own
from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.entering import side_of
from sla_monitor.web.identity.person import Person
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.text import plain

ACCEPTED = ",".join(f".{ending}" for ending in TYPES)
"""What browsers offer to choose."""


def may_read_files(person: Person, entry: Entry) -> bool:
    """Files of what the authority entered for itself are its own."""
    return not is_own(entry) or entry.actor == person.name or person.may(Action.SEE_NOTES, entry.contract)


def is_of_own_side(person: Person, entry: Entry) -> bool:
    """Whether somebody may add to an entry of its kind: a supplier to its own entries alone."""
    return side_of(person, entry.contract) != "supplier" or entry.actor == person.name


def may_attach(person: Person, entry: Entry) -> bool:
    """Whoever may make such an entry."""
    may = person.may(entry.body.action, entry.contract)
    return may and is_of_own_side(person, entry) and may_read_files(person, entry)


def files_of(ledger: Path, entry: int) -> Sequence[Attachment]:
    """The files of an entry; from a thread. Raises LedgerError and its kinds."""
    with read_only(ledger) as reader:
        return reader.attachments(entry)


def papers_that_fit(ledger: Path, named: Iterable[tuple[str, bytes]], room: Room) -> Papers:
    """Files as somebody sends them, each with its name; from a thread. Raises RegisterError for what is not kept, and
    for more than there is room for; LedgerError and its kinds."""
    with read_only(ledger) as reader:
        there = reader.attached_bytes()
    return papers(named, room, there)


def attach_papers(ledger: Path, entry: Entry, given: Papers, now_ms: int, actor: str) -> None:
    """Attach files to an entry, all or none; from the register's thread. Raises LedgerError and its kinds."""
    attach(ledger, entry.contract, [entry.number], given.files, given.contents, at_ms=now_ms, actor=actor)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of an entry. `address`: where it is to be had, empty: it is not here yet."""

    name: str
    media_type: str
    size: str
    digest: str
    by: str
    address: str


def shown_file(one: Attachment, contract: Contract) -> ShownFile:
    file, entry = one.file, f"{API}/contracts/{contract.id}/entries/{one.entry}"
    by = f"{one.actor}, {format_instant(one.at_ms, contract.time_zone)}"
    address = f"{entry}/attachments/{file.digest}" if one.is_here else ""
    return ShownFile(plain(file.name), file.media_type, f"{file.size:,} bytes", file.digest, plain(by), address)


def shown_files(person: Person, ledger: Path, contract: Contract, entry: Entry) -> list[ShownFile]:
    """The files of an entry that somebody may read; from a thread. Raises LedgerError and its kinds."""
    return (
        [shown_file(one, contract) for one in files_of(ledger, entry.number)] if may_read_files(person, entry) else []
    )
