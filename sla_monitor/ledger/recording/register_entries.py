"""Register entries: added by whoever may write the file, also while a daemon records into it.

The daemon's lock is for observations. An entry is one short transaction on a connection of its own, and SQLite's own
locks put it between two of the daemon's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError, LedgerLocked
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import (
    INSERT,
    LAST,
    chained,
    last_number,
    row_of,
    sealed,
)
from sla_monitor.ledger.connect import immediate, snapshot
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import appending, is_ready, make_ledger, open_reader
from sla_monitor.ledger.reading.known_entries import KnownEntries
from sla_monitor.ledger.recording.attached_files import attachment_rows, rows_to_attach
from sla_monitor.ledger.recording.kept_files import kept_rows
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.register.entries import Entry

_DATED_AFTER = "select number, at_ms from register where contract = ? and at_ms > ? order by number"
_SUBMITTED = "select first, last from submissions where key = ?"
_SUBMIT = "insert into submissions values (?, ?, ?)"
_BESIDES = 500
"""Bytes of an entry beside its texts: its columns, its digest, its places in indexes."""
_TEXTS = " + ".join(f"length(cast({text} as blob))" for text in ("reference", "evidence", "note", "body"))
_FILLED = f"""
with taken as (
  select at_ms, {_BESIDES} + {_TEXTS} as size from register
  where number > ifnull((select number from register where at_ms <= :since_ms order by number desc limit 1), 0)
    and actor = :actor and at_ms <= :now_ms
  union all
  select at_ms, size from attachments where actor = :actor and at_ms > :since_ms and at_ms <= :now_ms
), back as (select at_ms, sum(size) over (order by at_ms desc rows unbounded preceding) as size from taken)
select max(at_ms) from back where size >= :most
"""  # noqa: S608 - our own columns
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05


class Overtaken(LedgerError):  # noqa: N818 - it says what has happened
    """Somebody else has added an entry of the same contract since the register was read: read it again."""


class Register:
    """The register in one ledger. `open` makes one; every call opens the file anew and closes it again. `known`: what
    was read of it, by whomever. For one thread at a time."""

    def __init__(self, path: Path, known: KnownEntries | None = None) -> None:
        self._path = path
        self.known = known or KnownEntries()

    @classmethod
    def open(cls, path: Path, clock: Clock, known: KnownEntries | None = None) -> Self:
        """The register in the ledger at `path`, which is made, or brought up to date, if it has to be.

        Raises LedgerError and its kinds.
        """
        until = clock.monotonic() + _PATIENCE_SECONDS
        while not is_ready(path):
            _make(path, clock, until)
        return cls(path, known)

    def add(
        self,
        entries: Sequence[Entry],
        *,
        read_to: int | None = None,
        once: str = "",
        files: Mapping[str, bytes] = MappingProxyType({}),
        attached: Sequence[AttachedFile] = (),
    ) -> tuple[int, ...]:
        """Add entries, all or none; the numbers that they were given, whatever numbers they come with.

        `read_to`: the last number of their contract that the caller has read. `once`: the key of the submission. What
        was submitted with it before is not added again: its numbers are given. `files`: contents that the entries name,
        by digest, to be kept with them; `attached`: those of them that are attached to each entry. Raises Overtaken
        when there is a later entry, LedgerLocked when somebody else holds the ledger for seconds, and LedgerError.
        """
        rows = [row_of(entry) for entry in entries]
        contracts = {entry.contract for entry in entries}
        with appending(self._path, _PATIENCE_SECONDS) as database:
            last = database.conn.execute(LAST).fetchone()
            numbered = list(sealed(rows, last))  # as much as can be done before the transaction, which must be short
            with immediate(database.conn):
                if once and (before := _submitted(database.conn, once)):
                    return before
                if read_to is not None and any(last_number(database.conn, name) > read_to for name in contracts):
                    raise Overtaken(f"{self._path}: somebody else has added to the register meanwhile; try again")
                now_last = database.conn.execute(LAST).fetchone()
                if now_last != last:
                    numbered = list(sealed(rows, now_last))
                database.conn.executemany(INSERT, numbered)
                kept = kept_rows(database.conn, files)
                new = rows_to_attach([row[0] for row in numbered], attached, *made(entries))
                papers = attachment_rows(database.conn, new)
                added = {"register": chained(numbered), "kept_files": kept, "attachments": papers}
                append(database.conn, entries[0].at_ms if entries else 0, added)
                if once and numbered:
                    database.conn.execute(_SUBMIT, (once, numbered[0][0], numbered[-1][0]))
        return tuple(row[0] for row in numbered)

    def submitted(self, once: str) -> tuple[int, ...]:
        """The numbers of what was submitted with a key; none: nothing was."""
        with closing(open_reader(self._path, Resting(self._path))) as database:
            return _submitted(database.conn, once)

    def entries(self, contract: str) -> Sequence[Entry]:
        """The contract's entries, ascending, each read once; the same object while none was added. Raises LedgerError
        and its kinds."""
        return self.entries_of([contract])[contract]

    def entries_of(self, contracts: Collection[str]) -> Mapping[str, Sequence[Entry]]:
        """Those of several contracts at one moment. Raises LedgerError and its kinds."""
        return self.known.of(self._path, contracts, self._proving)

    @contextmanager
    def _proving(self) -> Iterator[Proof]:
        with closing(open_reader(self._path, Resting(self._path))) as database, snapshot(database.conn):
            yield Proof(self._path, database.conn)

    def dated_after(self, contract: str, at_ms: int) -> list[tuple[int, int]]:
        """Number and instant of the contract's entries that are dated later than an instant, ascending. Nothing else of
        them is read, nor held against the chain: a remark is made of it, and no figure."""
        with closing(open_reader(self._path, Resting(self._path))) as database:
            return database.conn.execute(_DATED_AFTER, (contract, at_ms)).fetchall()

    def filled_since(self, actor: str, most: int, since_ms: int, now_ms: int) -> int | None:
        """The latest instant from which on somebody has entered and attached as many bytes, in whichever contract;
        None: they have not since `since_ms`."""
        asked = {"actor": actor, "most": most, "since_ms": since_ms, "now_ms": now_ms}
        with closing(open_reader(self._path, Resting(self._path))) as database:
            found: int | None = database.conn.execute(_FILLED, asked).fetchone()[0]
            return found

    def last_number(self, contract: str) -> int:
        """The number of the contract's last entry; 0: it has none."""
        with closing(open_reader(self._path, Resting(self._path))) as database:
            return last_number(database.conn, contract)


def _submitted(connection: sqlite3.Connection, once: str) -> tuple[int, ...]:
    row = connection.execute(_SUBMITTED, (once,)).fetchone()
    return tuple(range(row[0], row[1] + 1)) if row else ()


def made(entries: Sequence[Entry]) -> tuple[int, str]:
    """When the entries were made, and by whom."""
    return (entries[0].at_ms, entries[0].actor) if entries else (0, "")


def _make(path: Path, clock: Clock, until: float) -> None:
    """Do what a daemon does when it starts, or wait a moment for one that is doing it."""
    try:
        make_ledger(path)
    except LedgerLocked:
        if clock.monotonic() >= until:
            raise
        clock.sleep(_POLL_SECONDS)
