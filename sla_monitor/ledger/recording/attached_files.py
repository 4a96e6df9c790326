"""Which files go with which entries of the register; what they hold is in `kept_files`.

In a pair, which file goes with which entry is known before its content is here: that follows from the other collector.
"""

from __future__ import annotations

import json
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

Row = tuple[Any, ...]
"""When, by whom, to which entry, and the file's name, media type, digest and size: the same in both ledgers of a
pair."""

NOT_HERE = "held by the other collector of the pair, and not here yet"

_NEXT = "select ifnull(max(id), 0) + 1 from attachments"
_ADD = "insert into attachments values (?, ?, ?, ?, ?, ?, ?, ?)"
_IS_THERE = """
select 1 from attachments
where entry = ? and at_ms = ? and actor = ? and name = ? and media_type = ? and digest = ? and size = ?
"""
_IS_ATTACHED = "select 1 from attachments where entry = ? and name = ? and digest = ?"
_ENTRY = "select 1 from register where number = ? and contract = ?"
_SEALED = "select digest from register where number = ?"
_OF_ENTRY = "select id from attachments where entry = ?"
_COUNTS = "select entry, count(*) from attachments where entry between ? and ? group by entry"
_HERE = "select digest from kept_files where digest in (select value from json_each(?))"
_TOTAL = "select ifnull(sum(size), 0) from kept_files where digest in (select digest from attachments)"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was attached to an entry at `at_ms` by somebody. `is_here`: whether its content is; in a pair, it may
    still be on its way from the other collector."""

    number: int
    at_ms: int
    actor: str
    entry: int
    file: AttachedFile
    is_here: bool = True


def rows_to_attach(entries: Iterable[int], files: Sequence[AttachedFile], at_ms: int, actor: str) -> list[Row]:
    """What there is to put down where files are attached to entries."""
    return [
        (at_ms, actor, entry, file.name, file.media_type, file.digest, file.size) for entry in entries for file in files
    ]


def attachment_rows(connection: sqlite3.Connection, new: Iterable[Row]) -> list[tuple[Any, ...]]:
    """Put down what is not there yet, in the transaction that is open; the rows, as they are chained."""
    added: list[tuple[Any, ...]] = []
    for at_ms, actor, entry, *file in new:
        if connection.execute(_IS_THERE, (entry, at_ms, actor, *file)).fetchone() is None:
            (number,) = connection.execute(_NEXT).fetchone()
            added.append((number, at_ms, actor, entry, *file))
            connection.execute(_ADD, added[-1])
    return added


def take_attachments(path: Path, told: Sequence[tuple[str, Row]], at_ms: int) -> int:
    """Put down what was attached at the other collector, each with the digest of its entry, and is not here yet; up to
    the first whose entry is not here, or is another one. How many these are. Raises LedgerError and its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        known = list[Row]()
        for digest, row in told:
            if database.conn.execute(_SEALED, (row[2],)).fetchone() != (digest,):
                break
            known.append(row)
        append(database.conn, at_ms, {"attachments": attachment_rows(database.conn, known)})
    return len(known)


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
    """Attach files to entries that are there, all or none. One that is attached to an entry already, under the same
    name, is not attached to it again. Raises LedgerError and its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        connection = database.conn
        for entry in entries:
            if connection.execute(_ENTRY, (entry, contract)).fetchone() is None:
                raise LedgerError(f"there is no entry {entry} in the register of {contract}")
        kept = kept_rows(connection, contents)
        new = [
            row
            for row in rows_to_attach(entries, files, at_ms, actor)
            if connection.execute(_IS_ATTACHED, (row[2], row[3], row[5])).fetchone() is None
        ]
        append(connection, at_ms, {"kept_files": kept, "attachments": attachment_rows(connection, new)})


def attachments(proof: Proof, entry: int | None = None) -> list[Attachment]:
    """Those of an entry, or every one, in the order in which they were attached. Raises LedgerDamaged."""
    if entry is None:
        rows = proof.whole("attachments")
    else:
        rows = [*proof.keyed("attachments", (key for (key,) in proof.connection.execute(_OF_ENTRY, (entry,)))).values()]
    asked = json.dumps(sorted({row[6] for row in rows}))
    here = {digest for (digest,) in proof.connection.execute(_HERE, (asked,))}
    return [
        Attachment(number, at_ms, actor, entry, AttachedFile(*file), file[2] in here)
        for number, at_ms, actor, entry, *file in rows
    ]


def attachment_counts(connection: sqlite3.Connection, first: int, last: int) -> dict[int, int]:
    """How many files entries in a range have, of those that have any. A list says so; nothing is told from it."""
    return dict(connection.execute(_COUNTS, (first, last)).fetchall())


def attached_bytes(connection: sqlite3.Connection) -> int:
    """How much room attached files take, each content once."""
    return int(connection.execute(_TOTAL).fetchone()[0])
