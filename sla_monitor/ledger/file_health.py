"""Checks that a file is a ledger, and whole; each error names the next step."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.errors import LedgerDamaged, LedgerError, LedgerLocked, LedgerTooNew
from sla_monitor.ledger.chaining.verifying import verify_recent
from sla_monitor.ledger.migrations import APPLICATION_ID, MIGRATIONS, NAMES
from sla_monitor.ledger.name_tables import names_by_id
from sla_monitor.sla.observation import Outcome, Reason

QUICK_CHECK_BYTES = 64 * 2**20
"""Up to this size the whole file is checked at start, which takes a fraction of a second."""

NOT_OURS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a value gives that no version of this program writes: text that has no UTF-8, a number of no outcome."""

_MAGIC = b"SQLite format 3\x00"
_SMALL_TABLES = (*NAMES, "intervals", "last_spans", "ended_spans")


def refusal(path: Path, error: sqlite3.Error) -> LedgerError:
    """What an error of SQLite on opening means to a person."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or name == "SQLITE_ERROR":  # no such table, no such column
        return damaged(path, str(error))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerLocked(f"{path}: another program holds a lock on this ledger; end its transaction and try again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return LedgerError(
            f"{path}: {error}; this user may not write there: ask for the right to, or make a copy with"
            " `sla-monitor ledger backup` as somebody who may (or copy it together with its -wal file)"
        )
    return LedgerError(f"{path}: {error}; check that the disk has room and that this user may write the file")


def refusal_to_open(path: Path, error: sqlite3.Error) -> LedgerError:
    """The same, for a connection that failed in opening and is closed: what is no database at all never was ours.

    Only what SQLite cannot read is looked at from outside it. To open and close a sound ledger in a process that has
    a connection to it would drop the locks of that connection, and its log could be deleted under it.
    """
    if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB" and not _has_magic(path):
        return not_ours(path, "this is not an SQLite database")
    return refusal(path, error)


def _has_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def damaged(path: Path, what: str) -> LedgerDamaged:
    """The refusal of a damaged file, with the way out."""
    return LedgerDamaged(
        f"{path}: the ledger is damaged ({what}); see `sla-monitor ledger check`, then restore a backup, "
        f"or move {path.name} and its -wal and -shm files aside and begin a new one with `sla-monitor ledger init`"
    )


def not_ours(path: Path, what: str) -> LedgerDamaged:
    """The refusal of a file that never was a ledger: nothing of it may be touched."""
    return LedgerDamaged(f"{path}: {what}, not a ledger; set ledger.path to another file, or move this one aside")


def check_owner(path: Path, database: Database) -> None:
    """Refuse another program's database, and one written by a later version of this program. Raises sqlite3.Error."""
    stamp = database.conn.execute("pragma application_id").fetchone()[0]
    if stamp != APPLICATION_ID and database.conn.execute("select 1 from sqlite_master").fetchone():
        raise not_ours(path, "this is the database of another program")
    applied = {migration.name for migration in MIGRATIONS.applied(database)}
    if later := applied - _our_migrations():
        raise too_new(path, ", ".join(sorted(later)))


@cache
def _our_migrations() -> frozenset[str]:
    nothing = Database(memory=True)
    try:
        return frozenset(migration.name for migration in MIGRATIONS.pending(nothing))
    finally:
        nothing.close()


def check_names(path: Path, database: Database) -> None:
    """Refuse outcomes and reasons that only a later version can have written. Raises sqlite3.Error."""
    for table, ours in (("outcomes", Outcome), ("reasons", Reason)):
        written = names_by_id(database, table).values()
        if later := set(written) - {str(name) for name in ours}:
            raise too_new(path, ", ".join(sorted(later)))


def too_new(path: Path, what: str) -> LedgerTooNew:
    return LedgerTooNew(
        f"{path}: a later version of sla-monitor wrote this ledger (it has {what}); "
        "run that version, or restore a backup"
    )


def check_content(path: Path, database: Database) -> None:
    """What can be checked in a moment: a small file whole; of a large one, all but the tables that only grow; of both,
    the newest links of the chain against what they cover.

    Raises LedgerDamaged, and sqlite3.Error for what SQLite cannot read at all.
    """
    if path.stat().st_size <= QUICK_CHECK_BYTES:
        problems = quick_check(database)
    else:
        problems = check_small(database)
        database.conn.execute("select * from observations order by id desc limit 100").fetchall()
        database.conn.execute("select * from observations order by at_ms desc limit 100").fetchall()
    if problems := problems or verify_recent(database.conn):
        raise damaged(path, problems[0])


def check_small(database: Database) -> list[str]:
    """SQLite's own findings about all tables but those that only grow."""
    return [line for table in _SMALL_TABLES for line in quick_check(database, table)]


def quick_check(database: Database, table: str | None = None) -> list[str]:
    """SQLite's own findings, none when all is well."""
    pragma = f"pragma quick_check('{table}')" if table else "pragma quick_check"
    lines = [row[0] for row in database.conn.execute(pragma)]
    return [] if lines == ["ok"] else lines
