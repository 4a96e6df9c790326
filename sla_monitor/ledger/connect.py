"""Connections to the ledger, each with its guarantees."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

BUSY_SECONDS = 0.5
"""How long the writer waits for somebody else's lock before it counts as a failure and is tried again."""

PATIENCE_SECONDS = 10.0
"""The same for somebody who adds an entry to the register."""

_WAL_KEPT_BYTES = 64 * 2**20

# synchronous=FULL makes every commit wait for the disk: what was acknowledged survives a power cut. Checkpoints are
# the writer's own business (Journal.checkpoint), so that no commit waits for one.
WRITER_PRAGMAS = (
    "synchronous = full",
    "wal_autocheckpoint = 0",
    f"journal_size_limit = {_WAL_KEPT_BYTES}",
)


def connect_writer(path: Path) -> Database:
    """The one connection that writes; it makes the file if there is none.

    May be used from any thread, by one at a time: it is opened by the caller of `Ledger.open` and then belongs to
    the writer thread. Transactions are opened by hand (`immediate`).
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    return Database(connection, execute_plugins=False)


def make_durable(database: Database) -> None:
    """Write-ahead logging, and a commit that waits for the disk. Raises sqlite3.Error."""
    mode = database.conn.execute("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"the file system does not allow write-ahead logging (journal mode {mode})")
    for pragma in WRITER_PRAGMAS:
        database.conn.execute(f"pragma {pragma}")


def connect_appender(path: Path, patience_seconds: float = PATIENCE_SECONDS) -> Database:
    """A connection that adds to a ledger beside the daemon's, for a moment and for one thread; it makes no file.

    It waits for the daemon's commits, and leaves checkpoints to the daemon. Raises sqlite3.OperationalError.
    """
    address = address_of(path, "mode=rw")
    connection = sqlite3.connect(address, uri=True, timeout=patience_seconds, isolation_level=None)
    try:
        for pragma in WRITER_PRAGMAS:
            connection.execute(f"pragma {pragma}")
    except BaseException:
        connection.close()
        raise
    return Database(connection, execute_plugins=False)


def connect_reader(path: Path) -> Database:
    """A connection that cannot write, for use by one thread at a time. Raises sqlite3.OperationalError."""
    address = address_of(path, "mode=ro")
    connection = sqlite3.connect(address, uri=True, timeout=5, isolation_level=None, check_same_thread=False)
    return Database(connection, execute_plugins=False)


def connect_resting(path: Path) -> Database:
    """The same for a ledger that nobody writes, where SQLite may make no files beside it: nothing is locked, and
    changes are not noticed. Raises sqlite3.OperationalError."""
    address = address_of(path, "mode=ro&immutable=1")
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    return Database(connection, execute_plugins=False)


def connect_backup(copy: Path, ledger: Path, *, is_resting: bool) -> Database:
    """A connection that adds to a backup, with its ledger as `ledger`, which it cannot write. What one who was killed
    had begun to add is undone. Raises sqlite3.OperationalError."""
    connection = sqlite3.connect(address_of(copy, "mode=rw"), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("pragma synchronous = extra")  # also the end of the log's file is waited for
        given = "mode=ro&immutable=1" if is_resting else "mode=ro"
        connection.execute("attach ? as ledger", (address_of(ledger, given),))
    except BaseException:
        connection.close()
        raise
    return Database(connection, execute_plugins=False)


def address_of(path: Path, how: str) -> str:
    """A file as SQLite's addresses name it."""
    return f"file:{quote(str(path.absolute()))}?{how}"


class snapshot:  # noqa: N801 - reads as the statement it is
    """Several statements on one state of the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("begin")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("rollback")


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that has the write lock from its first statement.

    sqlite-utils' own atomic() begins DEFERRED, which fails at once, without waiting, when another process wrote
    between our first read and our first write.
    """
    connection.execute("begin immediate")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # SQLite has rolled back by itself after some errors (a full disk, for one)
        if connection.in_transaction:
            connection.execute("rollback")
        raise
