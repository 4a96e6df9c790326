"""Salvage: saves what an open connection still holds of a ledger whose files were removed.

A ledger that was removed, or lost its log, is saved anew in its place. Where somebody has put another file there, that
file is left alone, and what was recorded is saved beside it. One that was moved is brought up to date where it is now.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sla_monitor.ledger.file_identity import LARGEST_MODE, Displaced, Displacement
from sla_monitor.ledger.recording.journal import Journal

LOG = logging.getLogger(__name__)

SAVED_ANEW = Displacement.REMOVED, Displacement.LOG_GONE
"""Where nobody has put anything else in the ledger's place."""

_PAGES_AT_ONCE = 2_000


def salvage(journal: Journal, error: Displaced, now_ms: int) -> Journal | None:
    """Do once what can be done. The journal of the ledger that was saved anew; None: the trouble goes on.

    Raises LedgerError, sqlite3.Error and OSError: the journal that was given is as good as before then.
    """
    path = journal.place.path
    if error.trouble in SAVED_ANEW:
        return _anew(journal, now_ms)
    if error.trouble is Displacement.OVERWRITTEN:
        return None  # what the file held is gone, and what the log holds belongs to it
    journal.empty_log()  # whoever has moved the database may not have moved its log
    if error.trouble is Displacement.REPLACED and journal.place.is_unlinked:
        beside = _named(path, "saved", now_ms)
        save(journal, beside)
        LOG.error("what was recorded until now is saved beside the file that took the ledger's place: %s", beside)
    return None


def save(journal: Journal, destination: Path) -> None:
    """All that the journal's connection reads, as a new file that is on the disk. Raises sqlite3.Error and OSError."""
    os.close(os.open(destination, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, LARGEST_MODE))
    try:
        with closing(sqlite3.connect(destination, isolation_level=None)) as copy:
            journal.database.conn.backup(copy, pages=_PAGES_AT_ONCE)
            copy.execute("pragma journal_mode = delete")  # one file, whole without a log beside it
        sync(destination)
        sync(destination.parent)
    except BaseException:
        destination.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have what is written of a file, or of a folder's names, on the disk. Never give it an open ledger."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _anew(journal: Journal, now_ms: int) -> Journal:
    path = journal.place.path
    unfinished = path.with_name(path.name + ".anew")
    unfinished.unlink(missing_ok=True)  # the holder of the lock is the only one who makes it
    save(journal, unfinished)
    _set_aside(path.with_name(path.name + "-wal"), now_ms)
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    unfinished.rename(path)
    try:
        sync(path.parent)
        anew = Journal.open(path, journal.place.given)
    except BaseException:
        path.unlink(missing_ok=True)  # as it was: the journal that is open still holds all of it
        raise
    # SQLite leaves the files of the path alone when it closes a database that is not there any more.
    journal.close()
    LOG.error("the ledger was saved again at %s, with all that was recorded; find out who removed its files", path)
    return anew


def _set_aside(log: Path, now_ms: int) -> None:
    """A log that lies where ours was may hold what somebody else has just written."""
    try:
        is_empty = not log.stat().st_size
    except FileNotFoundError:
        return
    if is_empty:
        log.unlink()
    else:
        log.rename(_named(log, "stray", now_ms))


def _named(path: Path, what: str, now_ms: int) -> Path:
    return path.with_name(f"{path.name}.{what}-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}")
