"""Entries of the register as rows, each sealed with a digest that takes in the one of the row before.

A row's digest is the SHA-256 of a JSON array, spelled as RFC 8785 does: the digest of the row before (an empty text
for the first), and the row's own columns in their order. So nothing in the middle can be altered, left out or put in
without every later digest being wrong, and somebody who noted one digest elsewhere can show that all before it is as
it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from sys import intern
from typing import Any, TypeVar

from sla_monitor.contract.fields import Strict
from sla_monitor.errors import LedgerDamaged, LedgerTooNew
from sla_monitor.ledger.chaining.links import line_of
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds

COLUMNS = (
    "number",
    "at_ms",
    "actor",
    "contract",
    "kind",
    "reference",
    "evidence",
    "note",
    "about",
    "start_ms",
    "end_ms",
    "body",
)
KNOWN_BY = "known_by"
"""How the actor was known. It came later, so that it is the last column of the table, behind the digest."""

Row = tuple[Any, ...]
"""The columns in their order, then `known_by`; of a sealed row, the digest before `known_by`."""

INSERT = f"insert into register values ({', '.join('?' * (len(COLUMNS) + 2))})"  # noqa: S608 - question marks only
CHAINED = len(COLUMNS) + 1
"""So many columns of a sealed row are in the chain's link: the digest is among them, and proves `known_by`."""
LAST = "select number, digest from register order by number desc limit 1"
_READ = f"""
select {", ".join(f"r.{column}" for column in (*COLUMNS, KNOWN_BY))}, r.digest, ifnull(p.digest, '')
from register r left join register p on p.number = r.number - 1
"""  # noqa: S608 - our own columns
_OF_CONTRACT = f"{_READ} where r.contract = ? and r.number > ? order by r.number"
_OTHERS = "r.contract not in (select value from json_each(?))"
_OF_OTHERS = f"{_READ} where {_OTHERS} and r.number > ? order by r.number"
_ONE = f"{_READ} where r.number = ?"
_BEFORE_NEWEST = "select number from register where contract = ? order by number desc limit 1 offset ?"
_AFTER = f"{_READ} where r.number > ? order by r.number"


def row_of(entry: Entry) -> Row:
    """An entry's columns. `about`, `start_ms` and `end_ms` repeat what the body says, for questions in SQL."""
    said = entry.body
    instants = (getattr(said, name, None) for name in ("about", "start_ms", "end_ms"))
    body = _json(said.model_dump(mode="json", by_alias=True))
    texts = entry.actor, entry.contract, said.kind, entry.reference, entry.evidence, entry.note
    return entry.number, entry.at_ms, *texts, *instants, body, entry.known_by or ""


def sealed(rows: Iterable[Row], last: Row | None) -> Iterator[Row]:
    """Rows with the numbers and digests that they have after the last one, `(number, digest)`, as the table has
    them."""
    number, digest = last or (0, "")
    for row in rows:
        number += 1
        numbered = (number, *row[1:])
        digest = _digest(numbered, digest)
        *columns, known_by = numbered
        yield (*columns, digest, known_by)


def chained(numbered: Iterable[Row]) -> list[Row]:
    """Sealed rows as a link of the chain takes them in."""
    return [row[:CHAINED] for row in numbered]


def newest(path: Path, connection: sqlite3.Connection, contract: str, count: int) -> list[Entry]:
    """A contract's last so many entries, ascending. Raises LedgerDamaged, LedgerTooNew."""
    before = connection.execute(_BEFORE_NEWEST, (contract, count)).fetchone()
    return read(path, connection, contract, before[0] if before else 0)


def read(path: Path, connection: sqlite3.Connection, contract: str, after: int) -> list[Entry]:
    """A contract's entries with higher numbers than `after`, ascending. Raises LedgerDamaged, LedgerTooNew."""
    return [_entry(path, row) for row in connection.execute(_OF_CONTRACT, (contract, after))]


def check_register(path: Path, proof: Proof, contracts: Collection[str], after: int = 0) -> None:
    """Whether nothing of the register is gone, and each of other contracts' entries with higher numbers than `after` is
    as it was made: those of these contracts, which are checked when they are read, follow them. Raises
    LedgerDamaged."""
    recorded = proof.newest("register")
    count, last = proof.connection.execute("select count(*), ifnull(max(number), 0) from register").fetchone()
    if not count == last == (recorded[0] if recorded else 0):
        raise proof.refused(f"the register has {count} entries, and its last is {last}: some are gone")
    for *columns, digest, before in proof.connection.execute(_OF_OTHERS, (json.dumps(list(contracts)), after)):
        _check(path, columns, digest, before)


def sealed_text(connection: sqlite3.Connection, number: int) -> tuple[str, str]:
    """An entry's digest, and the text of which it is the SHA-256 in UTF-8: anybody can work it out again."""
    *columns, digest, before = connection.execute(_ONE, (number,)).fetchone()
    return digest, _text(tuple(columns), before).decode()


def last_number(connection: sqlite3.Connection, contract: str) -> int:
    """The number of a contract's last entry; 0: it has none."""
    query = "select ifnull(max(number), 0) from register where contract = ?"
    return int(connection.execute(query, (contract,)).fetchone()[0])


def problems(path: Path, connection: sqlite3.Connection, after: int = 0) -> list[str]:
    """What is wrong with the register after an entry: the first of it, since what follows a broken link is broken with
    it."""
    expected = after + 1
    for row in connection.execute(_AFTER, (after,)):
        if row[0] != expected:
            return [f"register entry {expected} is missing"]
        try:
            entry = _entry(path, row)
        except LedgerDamaged as error:
            return [str(error).removeprefix(f"{path}: ")]
        if row_of(entry)[4:11] != tuple(row[4:11]):
            return [f"register entry {expected}: its columns disagree with its body"]
        expected += 1
    return []


def _entry(path: Path, row: Row) -> Entry:
    *columns, digest, before = row
    _check(path, columns, digest, before)
    number, at_ms, actor, contract, _, reference, evidence, note, *_, body, known_by = columns
    words = {"actor": actor, "contract": contract, "reference": reference, "evidence": evidence}
    words |= {"known_by": known_by} if known_by else {}
    try:
        entry = Entry.model_validate(
            {"number": number, "at": Milliseconds(at_ms), **words, "note": note, "said": json.loads(body)}
        )
        return _slim(entry)
    except ValueError:
        raise LedgerTooNew(
            f"{path}: register entry {row[0]} is of a kind that only a later version of sla-monitor knows;"
            " run that version"
        ) from None


def _check(path: Path, columns: Sequence[Any], digest: str, before: str) -> None:
    if _digest(tuple(columns), before) != digest:
        raise LedgerDamaged(
            f"{path}: register entry {columns[0]} was altered after it was made, or the one before it was;"
            " see `sla-monitor ledger check`, then restore a backup"
        )


_FIELDS: dict[frozenset[str], set[str]] = {}
_SHORT = 24
"""Characters of a text that many entries may have: a priority, a service."""

M = TypeVar("M", bound=Strict)


def _slim(entry: Entry) -> Entry:
    """The same in a third of the memory, which a daemon fills with ten years of tickets."""
    slim = _sharing(entry)
    object.__setattr__(slim, "body", _sharing(entry.body))
    return slim


def _sharing(model: M) -> M:
    """A model that shares with others of its kind what they have alike: the names of its attributes, which Python keeps
    once where they are set one by one, and the set in which pydantic notes which fields were given."""
    slim, given, put = model.__new__(type(model)), model.model_fields_set, object.__setattr__
    for name, value in vars(model).items():
        put(slim, name, intern(value) if type(value) is str and len(value) < _SHORT else value)
    put(slim, "__pydantic_fields_set__", _FIELDS.setdefault(frozenset(given), given))
    put(slim, "__pydantic_extra__", None)
    put(slim, "__pydantic_private__", None)
    return slim


def _digest(row: Row, before: str) -> str:
    return sha256(_text(row, before)).hexdigest()


def _text(row: Row, before: str) -> bytes:
    *columns, known_by = row
    return line_of((before, *columns, *([known_by] if known_by else [])))


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
