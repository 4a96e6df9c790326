"""From a path to a ledger that can be trusted: made if there is none, migrated, checked."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.connect import (
    PATIENCE_SECONDS,
    connect_appender,
    connect_writer,
    immediate,
    make_durable,
)
from sla_monitor.ledger.file_health import NOT_OURS, check_content, check_names, check_owner, damaged, refusal_to_open
from sla_monitor.ledger.file_identity import make_private, real, reserve_index
from sla_monitor.ledger.lock import WriterLock
from sla_monitor.ledger.migrations import APPLICATION_ID, MIGRATIONS
from sla_monitor.ledger.name_tables import names_by_id
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.sla.observation import Outcome, Reason


def take_lock(path: Path) -> WriterLock:
    """The right to write the ledger at `path`, whose directory is made. Raises LedgerLocked and LedgerError."""
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        return WriterLock(path)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; set ledger.path to a place that this user may write") from None


def check_not_lost(path: Path, lock: WriterLock) -> None:
    """Raises LedgerError where a ledger was and is no more: an empty one in its place would hide that."""
    try:
        is_there = path.stat().st_size > 0
    except OSError:
        is_there = False
    if is_there:
        return
    if unfinished(path).exists():
        raise LedgerError(
            f"{path}: there is no ledger here: putting a backup back was interrupted; run `sla-monitor ledger restore`"
            " again, with the same backup"
        )
    if lock.had_ledger:
        raise LedgerError(
            f"{path}: the ledger that was here is gone; put a backup back with `sla-monitor ledger restore`, or make an"
            " empty one with `sla-monitor ledger init`"
        )


def unfinished(path: Path) -> Path:
    """A backup that is about to take a ledger's place."""
    return path.with_name(path.name + ".restoring")


def open_writer(path: Path) -> Database:
    """The connection that writes, to be opened by the holder of the lock. Raises LedgerError and its kinds."""
    if path.exists():
        _readable(path)
    try:
        make_private(real(path))
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; set ledger.path to a place that this user may write") from None
    with _connected(path, connect_writer) as database:
        check_owner(path, database)
        make_durable(database)
        database.conn.execute("select count(*) from sqlite_schema").fetchone()  # whoever reads first makes the index
        reserve_index(real(path))
        _migrate(database)
        check_names(path, database)
        check_content(path, database)
        _add_names(database)
    return database


def is_unfinished(path: Path) -> bool:
    """Whether somebody is writing a file that has no write-ahead log, which a backup is, or was killed while he did.

    SQLite fills in the head of its journal when it begins to write the file itself; one left before says nothing.
    """
    try:
        with path.with_name(path.name + "-journal").open("rb") as journal:
            return journal.read(1) not in {b"", b"\0"}
    except OSError:
        return False


def make_ledger(path: Path) -> None:
    """Make the ledger at `path`, or bring it up to date, beside no daemon. Raises LedgerError and its kinds."""
    lock = take_lock(path)
    try:
        open_writer(path).close()
        lock.note_ledger()
    finally:
        lock.release()


def open_reader(path: Path, resting: Resting) -> Database:
    """A connection that cannot write, on a ledger that some daemon made. Raises LedgerError and its kinds."""
    _readable(path)
    if is_unfinished(path):
        raise LedgerError(
            f"{path}: this backup is being brought up to date, or somebody was killed while he did it;"
            " `sla-monitor ledger backup --incremental` and `sla-monitor ledger restore` take back what is not finished"
        )
    with _connected(path, resting.connect) as database:
        check_owner(path, database)
        if MIGRATIONS.pending(database):
            where = "" if resting.still is None else "copy it to a folder that may be written, and "
            raise LedgerError(
                f"{path}: this ledger is of an earlier version; {where}start the daemon once"
                f"{' on the copy' if where else ''} to bring it up to date"
            )
        check_names(path, database)
    return database


def is_ready(path: Path) -> bool:
    """Whether there is a ledger at `path`, made to the end and of this version. Raises LedgerError and its kinds.

    A file that is still empty is not looked into: whoever is making it needs it to himself.
    """
    try:
        if not path.stat().st_size:
            return False
    except OSError:
        return False
    with appending(path) as database:
        return not MIGRATIONS.pending(database)


@contextmanager
def appending(path: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Database]:
    """A connection for one short transaction beside the daemon's. Raises LedgerError and its kinds."""
    _readable(path)
    with _connected(path, partial(connect_appender, patience_seconds=patience_seconds)) as database:
        check_owner(path, database)
    try:
        yield database
    except sqlite3.Error as error:
        raise refusal_to_open(path, error) from error
    finally:
        database.close()


@contextmanager
def _connected(path: Path, connect: Callable[[Path], Database]) -> Iterator[Database]:
    """A new connection, closed again when the block fails; what SQLite says is turned into a LedgerError."""
    try:
        with ExitStack() as on_failure:
            database = connect(path)
            on_failure.callback(database.close)
            yield database
            on_failure.pop_all()
    except sqlite3.Error as error:
        raise refusal_to_open(path, error) from error
    except NOT_OURS as error:
        raise damaged(path, f"it holds what the program never writes: {error!r}") from error


def _readable(path: Path) -> None:
    """Say what is wrong in the system's words, which are plainer than SQLite's; by asking, never by opening.

    This process may have a connection to the file already, and to close any other descriptor of it drops the locks
    of that connection. The next stranger to close the ledger then takes itself for the last and deletes the log.
    """
    try:
        mode = path.stat().st_mode
        problem = None if os.access(path, os.R_OK) else os.strerror(errno.EACCES)
        problem = problem if stat.S_ISREG(mode) else "Not a regular file"
    except OSError as error:
        problem = error.strerror
    if problem:
        raise LedgerError(f"{path}: {problem}; is this the right path, and may this user read it?")


def _migrate(database: Database) -> None:
    if not MIGRATIONS.pending(database):
        return
    with immediate(database.conn):
        database.conn.execute(f"pragma application_id = {APPLICATION_ID}")
        MIGRATIONS.apply(database)


def _add_names(database: Database) -> None:
    """Document every outcome and reason in the database, before the first of them is used."""
    with immediate(database.conn):
        for table, names in (("outcomes", Outcome), ("reasons", Reason)):
            known = names_by_id(database, table)
            new = enumerate((str(name) for name in names if str(name) not in known.values()), len(known) + 1)
            rows = list(new)
            database.conn.executemany(f"insert into {table} values (?, ?)", rows)  # noqa: S608 - our own two tables
            append(database.conn, 0, {table: rows})
