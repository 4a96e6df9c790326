"""A backup takes the ledger's place: checked before, owned as the ledger was, and nothing thrown away."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.connect import connect_reader, connect_resting
from sla_monitor.ledger.file_identity import LARGEST_MODE, real
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.increment import undo_unfinished
from sla_monitor.ledger.housekeeping.rebuilding import Progress
from sla_monitor.ledger.housekeeping.salvage import sync
from sla_monitor.ledger.opening import take_lock, unfinished

_ENDINGS = "", "-wal", "-shm"


@dataclass(frozen=True, slots=True)
class Restored:
    """`last_ms`: when the last observation of the backup began; None: it has none. `kept`: where the files are now that
    were in the ledger's place; `lacking`: how many observations they have that the backup has not, None where nobody
    can tell."""

    observations: int
    last_ms: int | None
    kept: tuple[Path, ...]
    lacking: int | None


def restore(copy: Path, path: Path, now_ms: int, progress: Progress) -> Restored:
    """Put a backup in the place of the ledger at `path`, whose lock says that no daemon writes it.

    Raises LedgerError and its kinds; then nothing has been changed but what the message says.
    """
    path = real(path)
    lock = take_lock(path)
    try:
        for ending in _ENDINGS[1:]:
            if copy.with_name(copy.name + ending).exists():
                raise LedgerError(f"{copy}: there is a {ending} file beside it: it is no backup, but a ledger in use")
        undo_unfinished(copy)
        report = check(copy, progress)
        if report.problems:
            raise LedgerError(f"{copy}: not restored, it is damaged: {report.problems[0]}")
        last, last_ms = _last(copy)
        lacking = _recorded_after(path, last)
        # Until the last rename a start finds the unfinished file, and makes no empty ledger.
        made = _copied(copy, path)
        kept = _set_aside(path, now_ms)
        made.rename(path)
        sync(path.parent)
        lock.note_ledger()
        _give(lock.path, path)
        return Restored(report.counts["observations"], last_ms, kept, lacking)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror} ({error.filename}); nothing was thrown away") from error
    finally:
        lock.release()


def _last(copy: Path) -> tuple[int, int | None]:
    """The number of the last observation, and when the latest began."""
    with closing(connect_resting(copy)) as database:
        last, last_ms = database.conn.execute("select ifnull(max(id), 0), max(at_ms) from observations").fetchone()
    return last, last_ms


def _recorded_after(path: Path, last: int) -> int | None:
    """How many observations a ledger has that were recorded after one; None: it cannot be read."""
    # Without a log there is none to be made beside it.
    connect = connect_reader if path.with_name(path.name + "-wal").exists() else connect_resting
    try:
        with closing(connect(path)) as database:
            row = database.conn.execute("select count(*) from observations where id > ?", (last,)).fetchone()
    except sqlite3.Error:
        return None
    return int(row[0])


def _copied(copy: Path, path: Path) -> Path:
    """The copy beside the ledger, on the disk, with the owner and the mode that it is to have."""
    made = unfinished(path)
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as to, copy.open("rb") as source:
            shutil.copyfileobj(source, to, 1 << 20)
            to.flush()
            os.fsync(to.fileno())
        _give(made, path if path.exists() else path.parent)
        mode = path.stat().st_mode if path.exists() else LARGEST_MODE
        made.chmod(mode & LARGEST_MODE)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made


def _give(path: Path, like: Path) -> None:
    """Let it belong to whom `like` belongs to: a backup that root copied would be nobody's that may write it."""
    wanted, found = like.stat(), path.stat()
    if (wanted.st_uid, wanted.st_gid) != (found.st_uid, found.st_gid):
        os.chown(path, wanted.st_uid, wanted.st_gid)


def _set_aside(path: Path, now_ms: int) -> tuple[Path, ...]:
    """The files that are in the place, under a name of their own: a log belongs to its database."""
    before = path.with_name(f"{path.name}.before-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}")
    kept = []
    for ending in _ENDINGS:
        there, to = path.with_name(path.name + ending), before.with_name(before.name + ending)
        if to.exists():
            raise LedgerError(f"{to}: there is a file of this name already; try again in a second")
        if there.exists():
            there.rename(to)
            kept.append(to)
    return tuple(kept)
