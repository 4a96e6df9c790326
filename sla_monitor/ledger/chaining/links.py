"""The chain over what is recorded: each row is in one link, and each link seals the one before.

A link is one row of `chain`. `covers` says, for each table of which rows are in it, the first and the last of them, how
many there are, and the SHA-256 of the rows, each as a JSON array (RFC 8785) followed by a line feed, in ascending
order. `digest` is the SHA-256 of the JSON array `[digest before, number, at_ms, covers, marks in hex]`. `marks` are the
last two bytes of the CRC-32 of each observation's line: they prove nothing, and tell which row it is that is wrong.

The newest link grows with each commit, in the same transaction, until it holds LINK_ROWS rows or is LINK_MS old. The
others never change. Whoever adds rows beside the writer adds a link of his own.

`stretches` says which link covers a row. It proves nothing and can be made again: what is found by it is verified.
"""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple
from zlib import crc32

from msgspec import json

LINK_ROWS = 1_000
"""Few enough that a link says where a fault is, and many enough that links take no room to speak of."""

LINK_MS = 3_600_000

KEYS = {
    "endpoints": "id",
    "outcomes": "id",
    "reasons": "id",
    "addresses": "id",
    "evidence": "id",
    "intervals": "observation_id",
    "heartbeats": "id",
    "clock_steps": "id",
    "register": "number",
    "observations": "id",
    "pruned_endpoints": "id",
    "pruned_days": "id",
    "imports": "id",
    "imported_spans": "id",
    "imported_looks": "id",
    "withdrawn_imports": "id",
    "span_states": "id",
    "audit": "id",
    "kept_files": "id",
    "terms_in_force": "id",
    "month_results": "id",
    "attachments": "id",
}
"""Every table whose rows are chained, and the column that says their order. A row is chained with all of its columns: a
migration that adds one to such a table has to name the old ones in COLUMNS."""

PLACES = {"intervals": 1}
"""Which column that is, where it is not the first."""

COLUMNS = {
    "evidence": "id, hex(digest)",
    "register": "number, at_ms, actor, contract, kind, reference, evidence, note, about, start_ms, end_ms, body,"
    " digest",
    "kept_files": "id, digest, size",
}
"""What of a table's row is in the chain, where that is not all: a body is proved by its digest, and so is how the actor
of an entry was known."""

OBSERVATIONS, EVIDENCE, ANSWERS = "observations", "evidence", "worked_out"
_LINE = json.Encoder()
_LAST = "select number, digest from chain order by number desc limit 1"
_LINK_OF = f"""
select number from chain where json_extract(covers, '$.{OBSERVATIONS}[0]') <= ? order by number desc limit 1
"""
_ENTRY_BEFORE = """
select json_extract(covers, '$.register[1]') from chain
where number < ? and json_extract(covers, '$.register[1]') is not null order by number desc limit 1
"""
_INSERT = "insert into chain values (?, ?, ?, ?, ?)"
_UPDATE = "update chain set covers = ?, marks = ?, digest = ? where number = ?"
_NOTE = "insert or replace into stretches values (?, ?, ?)"

Row = Sequence[Any]
Stretched = tuple[int, int, int, str]
"""Rows of a table in a link: first and last key, how many, their sum."""

Covers = dict[str, Stretched]


class Head(NamedTuple):
    """Where the chain ends."""

    number: int
    digest: bytes


NOTHING = Head(0, b"")


@dataclass(slots=True)
class LinkedRows:
    """Rows of one table in one link."""

    first: int
    last: int
    count: int = 0
    lines: Any = field(default_factory=sha256)

    def add(self, key: int, line: bytes) -> None:
        self.last, self.count = key, self.count + 1
        self.lines.update(line)
        self.lines.update(b"\n")

    def columns(self) -> list[Any]:
        return [self.first, self.last, self.count, self.lines.hexdigest()]


class Link:
    """One link while it grows."""

    def __init__(self, before: Head, at_ms: int) -> None:
        self.number, self.at_ms, self.rows = before.number + 1, at_ms, 0
        self.before = before.digest
        self._stretches: dict[str, LinkedRows] = {}
        self._noted: set[str] = set()
        self._marks = bytearray()

    def add(self, table: str, key: int, row: Row) -> None:
        """Take in a row as `lines_of` would give it."""
        self._add(table, key, _LINE.encode(row))

    def add_observations(self, rows: Sequence[Row]) -> None:
        """The same for observations, whose first column is their key."""
        for row in rows:
            line = _LINE.encode(row)
            self._add(OBSERVATIONS, row[0], line)
            self._marks += mark(line)

    def row(self) -> tuple[int, int, str, bytes, bytes]:
        """The link's row as it is now."""
        covers = _LINE.encode({table: each.columns() for table, each in self._stretches.items()}).decode()
        marks = bytes(self._marks)
        return self.number, self.at_ms, covers, marks, digest_of(self.before, self.number, self.at_ms, covers, marks)

    def unnoted(self) -> list[tuple[str, int, int]]:
        """Rows of `stretches` for what has begun since the last call."""
        new = [(table, each.first, self.number) for table, each in self._stretches.items() if table not in self._noted]
        self._noted.update(self._stretches)
        return new

    def _add(self, table: str, key: int, line: bytes) -> None:
        stretch = self._stretches.get(table)
        if stretch is None:
            stretch = self._stretches[table] = LinkedRows(key, key)
        stretch.add(key, line)
        self.rows += 1


class Chain:
    """The end of the chain, as the writer sees it. Belongs to the writer's thread, as the connection does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._link: Link | None = None
        self.head = NOTHING
        """Of what was written last."""

    def begin(self, at_ms: int) -> Link:
        """The link to which the rows of this transaction are to be added. Call it inside, before the first of them."""
        head = head_of(self._connection)
        link = self._link
        if link is None or head != self.head or link.rows >= LINK_ROWS or not 0 <= at_ms - link.at_ms < LINK_MS:
            self._link = link = Link(head, at_ms)
        return link

    def save(self) -> None:
        """Write the link, in the same transaction; nothing, when nothing was added to it."""
        link = self._link
        if link is None or not link.rows:
            return
        number, _, *changing = row = link.row()
        if number > self.head.number:
            self._connection.execute(_INSERT, row)
        else:
            self._connection.execute(_UPDATE, (*changing, number))
        if new := link.unnoted():
            self._connection.executemany(_NOTE, new)
        self.head = Head(number, row[-1])

    def forget(self) -> None:
        """After a rollback: what was added to the link is not there."""
        self._link, self.head = None, head_of(self._connection)


def append(connection: sqlite3.Connection, at_ms: int, rows: Mapping[str, Iterable[Row]]) -> None:
    """Add a link for rows that are added in the transaction that is open; their first column is their key."""
    link = Link(head_of(connection), at_ms)
    for table, several in rows.items():
        for row in several:
            link.add(table, row[0], row)
    if link.rows:
        connection.execute(_INSERT, link.row())
        connection.executemany(_NOTE, link.unnoted())


def append_answer(connection: sqlite3.Connection, digest: str, body: str) -> None:
    """The same for a row of `worked_out`. It may be thrown away: there is no order, and a link has one of them."""
    link = Link(head_of(connection), 0)
    link.add(ANSWERS, 0, (digest, body))
    connection.execute(_INSERT, link.row())
    connection.execute(_NOTE, (ANSWERS, answer_key(answer_sum(digest, body)), link.number))


def answer_sum(digest: str, body: str) -> str:
    """By what a link knows a row of `worked_out`."""
    return sha256(line_of((digest, body)) + b"\n").hexdigest()


def answer_key(told: str) -> int:
    """By what `stretches` knows that sum."""
    return int(told[:15], 16)


def note_all(connection: sqlite3.Connection) -> None:
    """Make `stretches` again from the chain, in the transaction that is open."""
    connection.execute("delete from stretches")
    connection.executemany(_NOTE, stretches_of(connection))


def stretches_of(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int]]:
    """What `stretches` has to say. Raises DecodeError for a link that says nonsense."""
    for number, text in connection.execute("select number, covers from chain order by number"):
        for table, (first, _, _, told) in json.decode(text, type=Covers).items():
            yield table, answer_key(told) if table == ANSWERS else first, number


def begin_chain(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Chain all rows of some tables as they are found, in the transaction that is open. `note_all` comes afterwards."""
    for table in tables:
        link = Link(head_of(connection), 0)
        for row in _each(connection, table):
            link.add_observations([row]) if table == OBSERVATIONS else link.add(table, key_of(table, row), row)
            if link.rows >= LINK_ROWS:
                connection.execute(_INSERT, link.row())
                link = Link(head_of(connection), 0)
        if link.rows:
            connection.execute(_INSERT, link.row())


def _each(connection: sqlite3.Connection, table: str) -> Iterator[Row]:
    """All rows of a table, however many, as they are chained."""
    return connection.execute(f"select {COLUMNS.get(table, '*')} from {table} order by {KEYS[table]}")


def rows_of(connection: sqlite3.Connection, table: str, first: int, last: int) -> list[Row]:
    """The rows of a table between two keys, ascending, as they are chained."""
    key, columns = KEYS[table], COLUMNS.get(table, "*")
    query = f"select {columns} from {table} where {key} between ? and ? order by {key}"
    return connection.execute(query, (first, last)).fetchall()


def key_of(table: str, row: Row) -> int:
    """By what a row is in order among those of its table."""
    return int(row[PLACES.get(table, 0)])


def sum_of(rows: Sequence[Row]) -> str:
    """The sum of rows in a link."""
    return sha256(_LINE.encode_lines(rows)).hexdigest()


def head_of(connection: sqlite3.Connection) -> Head:
    """Where the chain ends now."""
    row = connection.execute(_LAST).fetchone()
    return Head(*row) if row else NOTHING


def link_of(connection: sqlite3.Connection, observation: int) -> int:
    """The link that covers an observation; the first one, if none does."""
    row = connection.execute(_LINK_OF, (observation,)).fetchone()
    return int(row[0]) if row else 1


def entry_before(connection: sqlite3.Connection, link: int) -> int:
    """The last entry of the register in the links before one; 0: there is none."""
    row = connection.execute(_ENTRY_BEFORE, (link,)).fetchone()
    return int(row[0]) if row else 0


def line_of(row: Row) -> bytes:
    """A row as it is chained."""
    return _LINE.encode(row)


def mark(line: bytes) -> bytes:
    return (crc32(line) & 0xFFFF).to_bytes(2, "big")


def digest_of(before: bytes, number: int, at_ms: int, covers: str, marks: bytes) -> bytes:
    """The seal of a link."""
    return sha256(_LINE.encode([before.hex(), number, at_ms, covers, marks.hex()])).digest()
