"""Entries of a register that two ledgers have in common: the same numbers, and the same digests.

An entry is numbered by the one who enters it, and taken over by both only behind the one that it was to follow. So two
registers are the same up to where their digests are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.register_chain import (
    COLUMNS,
    INSERT,
    KNOWN_BY,
    LAST,
    chained,
    last_number,
    row_of,
    sealed,
)
from sla_monitor.ledger.connect import PATIENCE_SECONDS, immediate
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import appending, open_reader
from sla_monitor.ledger.recording.attached_files import Row as AttachedRow
from sla_monitor.ledger.recording.attached_files import attachment_rows, rows_to_attach
from sla_monitor.ledger.recording.kept_files import kept_rows
from sla_monitor.ledger.recording.register_entries import Overtaken, made
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.register.entries import Entry

Row = tuple[Any, ...]
"""An entry's columns without its digest, and how its actor was known."""

WIDTH = len(COLUMNS) + 1
_AFTER = f"select {', '.join((*COLUMNS, KNOWN_BY))}, digest from register where number > ? order by number"  # noqa: S608
_SUBMIT = "insert or ignore into submissions values (?, ?, ?)"
_AT = "select digest from register where number = ?"
_AT_MS = COLUMNS.index("at_ms")


class Tail(NamedTuple):
    """The last entry of a register, or of a part of it. 0 and an empty text: there is none."""

    number: int
    digest: str


NOTHING = Tail(0, "")


class Apart(LedgerError):  # noqa: N818 - it says how they are
    """Two registers have different entries under one number."""


class Missing(LedgerError):  # noqa: N818
    """What is before an entry is not here yet."""


class Draft(NamedTuple):
    """Entries that are numbered and not entered: `after` which one, and the tail that they would be. `once`: the key
    of the submission that they come from; `files`: contents that they name, by digest, as far as these came with them;
    `attached`: the files that go with them."""

    after: Tail
    rows: list[Row]
    tail: Tail
    once: str = ""
    files: Mapping[str, bytes] = MappingProxyType({})
    attached: Sequence[AttachedRow] = ()


def tail(path: Path) -> Tail:
    """Raises LedgerError and its kinds."""
    with closing(open_reader(path, Resting(path))) as database:
        return Tail(*(database.conn.execute(LAST).fetchone() or NOTHING))


def digest_at(path: Path, number: int) -> str | None:
    """The digest of an entry; empty for 0, None where there is no such entry. Raises LedgerError and its kinds."""
    with closing(open_reader(path, Resting(path))) as database:
        return _digest_at(database.conn, number)


def entries_after(path: Path, number: int, most_bytes: int) -> Draft:
    """The next entries after one, about so many bytes of them, without their files. Raises Missing, LedgerError and its
    kinds."""
    with closing(open_reader(path, Resting(path))) as database:
        before = _digest_at(database.conn, number)
        if before is None:
            raise Missing(f"{path}: there is no entry {number}")
        rows, size, digest = list[Row](), 0, before
        for *row, digest in database.conn.execute(_AFTER, (number,)):  # noqa: B007 - the last one is
            rows.append(tuple(row))
            size += sum(len(one) for one in row if isinstance(one, str))
            if size >= most_bytes:
                break
    return Draft(Tail(number, before), rows, Tail(number + len(rows), digest))


@dataclass(frozen=True, slots=True)
class Submission:
    """Entries to be made, on the terms of `Register.add`."""

    entries: Sequence[Entry]
    read_to: int | None = None
    once: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    attached: Sequence[AttachedFile] = ()


def drafted(path: Path, new: Submission, after: Tail) -> Draft:
    """Entries as they would follow on the register's last one.

    Raises Overtaken, also where that one is no longer the last; LedgerError and its kinds.
    """
    with closing(open_reader(path, Resting(path))) as database:
        last = Tail(*(database.conn.execute(LAST).fetchone() or NOTHING))
        said = {entry.contract for entry in new.entries}
        read_to = new.read_to
        if last != after or (read_to is not None and any(last_number(database.conn, one) > read_to for one in said)):
            raise Overtaken(f"{path}: somebody else has added to the register meanwhile; try again")
    numbered = list(sealed([row_of(entry) for entry in new.entries], last))
    rows = [(*columns, known_by) for *columns, _, known_by in numbered]
    end = Tail(numbered[-1][0], numbered[-1][-2]) if numbered else last
    attached = rows_to_attach([row[0] for row in rows], new.attached, *made(new.entries))
    return Draft(last, rows, end, new.once, new.files, attached)


def take_over(path: Path, draft: Draft) -> int:
    """Add entries that were numbered elsewhere, where they are not here yet; how many these are.

    Raises Missing where one before them is not here; Apart where another is here in their place, or before them;
    LedgerLocked and LedgerError.
    """
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        last = Tail(*(database.conn.execute(LAST).fetchone() or NOTHING))
        if draft.after.number > last.number:
            raise Missing(f"{path}: the entries {last.number + 1} to {draft.after.number} are not here yet")
        _check(path, draft.after, _digest_at(database.conn, draft.after.number))
        known = last.number - draft.after.number
        if known >= len(draft.rows):
            _check(path, draft.tail, _digest_at(database.conn, draft.tail.number))
            return 0
        new = list(sealed(draft.rows[known:], last))
        _check(path, draft.tail, new[-1][-2])
        database.conn.executemany(INSERT, new)
        kept = kept_rows(database.conn, draft.files)
        papers = attachment_rows(database.conn, draft.attached)
        append(database.conn, new[0][_AT_MS], {"register": chained(new), "kept_files": kept, "attachments": papers})
        if draft.once:
            database.conn.execute(_SUBMIT, (draft.once, draft.after.number + 1, draft.tail.number))
        return len(new)


def _digest_at(connection: Any, number: int) -> str | None:
    row = connection.execute(_AT, (number,)).fetchone() if number else ("",)
    return None if row is None else str(row[0])


def _check(path: Path, told: Tail, digest: str | None) -> None:
    if digest != told.digest:
        raise Apart(
            f"{path}: up to entry {told.number} the registers of the pair are not the same; compare both, and replace"
            " the wrong one (docs/how-to/replace-a-collector.md)"
        )
