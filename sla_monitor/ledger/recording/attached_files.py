"""Which files go with which entries of the register; what they hold is in `kept_files`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.connect import PATIENCE_SECONDS, immediate
from sla_monitor.ledger.opening import appending
from sla_monitor.ledger.recording.kept_files import kept_rows
from sla_monitor.register.attachments import AttachedFile

_NEXT = "select ifnull(max(id), 0) + 1 from attachments"
_ADD = "insert into attachments values (?, ?, ?, ?, ?, ?, ?, ?)"
_ENTRY = "select 1 from register where number = ? and contract = ?"
_TOTAL = "select ifnull(sum(size), 0) from kept_files where digest in (select digest from attachments)"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was attached to an entry at `at_ms` by somebody."""

    number: int
    at_ms: int
    actor: str
    entry: int
    file: AttachedFile


def attachment_rows(
    connection: sqlite3.Connection, entries: Iterable[int], files: Sequence[AttachedFile], at_ms: int, actor: str
) -> list[tuple[Any, ...]]:
    """Attach files to entries in the transaction that is open; the rows, as they are chained."""
    (number,) = connection.execute(_NEXT).fetchone()
    rows = [
        (number + place, at_ms, actor, entry, file.name, file.media_type, file.digest, file.size)
        for place, (entry, file) in enumerate((entry, file) for entry in entries for file in files)
    ]
    connection.executemany(_ADD, rows)
    return rows


def attach(  # noqa: PLR0913 - all of it is one statement: who attaches what to which entry, when
    path: Path,
    contract: str,
    entries: Sequence[int],
    files: Sequence[AttachedFile],
    contents: Mapping[str, bytes],
    *,
    at_ms: int,
    actor: str,
) -> None:
    """Attach files to entries that are there, all or none. Raises LedgerError and its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        connection = database.conn
        for entry in entries:
            if connection.execute(_ENTRY, (entry, contract)).fetchone() is None:
                raise LedgerError(f"there is no entry {entry} in the register of {contract}")
        kept = kept_rows(connection, contents)
        rows = attachment_rows(connection, entries, files, at_ms, actor)
        append(connection, at_ms, {"kept_files": kept, "attachments": rows})


def attachments(proof: Proof) -> list[Attachment]:
    """Every one, in the order in which they were attached. Raises LedgerDamaged."""
    return [
        Attachment(number, at_ms, actor, entry, AttachedFile(*file))
        for number, at_ms, actor, entry, *file in proof.whole("attachments")
    ]


def attached_bytes(connection: sqlite3.Connection) -> int:
    """How much room attached files take, each content once."""
    return int(connection.execute(_TOTAL).fetchone()[0])
