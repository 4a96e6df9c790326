"""Identity of the ledger's files: its names must still lead to those that are open, or a commit is lost.

The handles are O_PATH descriptors. To close one of those drops no lock that SQLite holds on the file.
"""

from __future__ import annotations

import mmap
import os
import subprocess
from enum import Enum, auto
from pathlib import Path
from typing import Self

from sla_monitor.errors import LedgerError

LARGEST_MODE = 0o640
"""What others must not read, nor anybody but the owner write."""

INDEX_BYTES = 8 * 32_768
"""The index of a log of 32,000 pages: eight of the pieces in which SQLite lets it grow."""


class Displacement(Enum):
    """What became of the files of an open ledger."""

    REMOVED = auto()
    MOVED = auto()
    REPLACED = auto()
    LOG_GONE = auto()
    OVERWRITTEN = auto()


class Displaced(LedgerError):  # noqa: N818 - it says what has happened
    """The open ledger is not the one that its path names. Nothing may be acknowledged."""

    def __init__(self, trouble: Displacement, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


class FileIdentity:
    """The files of one open ledger: the database, its write-ahead log and the log's index.

    `path`: where it is. `given`: the path by which whoever comes next looks for it; links may lead from there to here.
    """

    def __init__(self, path: Path, given: Path | None = None) -> None:
        """Call it while a connection is open that has made the log; `given` is `path` unless it is told.

        Raises LedgerError when a file is not there.
        """
        self.given, self.path = (given or path).absolute(), real(path)
        self._handles: list[tuple[Path, int, tuple[int, int]]] = []
        self.is_cut = False
        """Whether the database had become shorter when it was last touched."""
        try:
            for name in _files(self.path):
                handle = os.open(name, os.O_PATH | os.O_CLOEXEC)
                found = os.fstat(handle)
                self._handles.append((name, handle, (found.st_dev, found.st_ino)))
        except OSError as error:
            self.close()
            raise LedgerError(f"{name}: {error.strerror}; somebody has moved it while the ledger was opened") from None
        self._noted = self.note()

    def check(self) -> None:
        """Raises Displaced. Some microseconds: it is asked around every commit."""
        for name, handle, identity in self._handles:
            try:
                found = name.stat()
            except OSError as error:
                raise self._displaced(name, handle, error.strerror) from None
            if (found.st_dev, found.st_ino) != identity:
                raise self._displaced(name, handle, None)
        if self.given != self.path and real(self.given) != self.path:
            raise Displaced(
                Displacement.MOVED,
                f"{self.given}: a link on this path was changed while the ledger was open: it leads to"
                f" {real(self.given)}, and the ledger is {self.path}; change it back, or stop the daemon first",
            )

    def is_touched(self) -> bool:
        """Whether somebody has written into the database since it was last asked, or noted: only checkpoints do."""
        before, after = self._noted, self.note()
        self.is_cut = after[1] < before[1]
        return before != after

    def note(self) -> tuple[int, int]:
        """What the database looks like after a checkpoint of our own."""
        found = os.fstat(self._handles[0][1])
        self._noted = found.st_mtime_ns, found.st_size
        return self._noted

    @property
    def size(self) -> int:
        """The size of the open database, without its log."""
        return os.fstat(self._handles[0][1]).st_size

    @property
    def log_bytes(self) -> int:
        """The size of the open write-ahead log."""
        return os.fstat(self._handles[1][1]).st_size

    @property
    def is_unlinked(self) -> bool:
        """Whether no name leads to the open database any more."""
        return not os.fstat(self._handles[0][1]).st_nlink

    def close(self) -> None:
        for _, handle, _ in self._handles:
            os.close(handle)
        self._handles.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def overwritten(self, problem: str) -> Displaced:
        """What to say when the file is the one that is open, and its content is not."""
        return Displaced(
            Displacement.OVERWRITTEN,
            f"{self.path}: somebody has written over the ledger while it was open ({problem}); stop the daemon, and put"
            " back the newest backup that `sla-monitor ledger check` calls whole",
        )

    def _displaced(self, name: Path, handle: int, missing: str | None) -> Displaced:
        if name != self.path:
            what = "was removed" if missing else "was replaced by another file"
            return Displaced(
                Displacement.LOG_GONE,
                f"{name} {what} while the ledger was open: it holds commits that are nowhere else",
            )
        where = "it was removed" if self.is_unlinked else _whereabouts(handle)
        if missing is None:
            return Displaced(
                Displacement.REPLACED,
                f"{name}: another file was put in the place of the ledger that is open ({where}); stop the daemon,"
                " see which of them is right, and put that one here with `sla-monitor ledger restore`",
            )
        if self.is_unlinked:
            return Displaced(Displacement.REMOVED, f"{name}: the ledger was removed while it was open ({missing})")
        return Displaced(
            Displacement.MOVED,
            f"{name}: the ledger was moved away while it was open ({where}); move it back, or stop the daemon first",
        )


def real(path: Path) -> Path:
    """Where a path leads, over all links. One ledger has one lock and one log, by whatever name it is opened."""
    return Path(os.path.realpath(path))


def _whereabouts(handle: int) -> str:
    found, name = os.fstat(handle), Path(f"/proc/self/fd/{handle}").readlink()
    try:
        is_there = os.path.samestat(name.stat(), found)
    except OSError:
        is_there = False
    if is_there:
        return f"it is {name} now"
    return "no path leads to it any more: its file system was unmounted, or something was mounted over it"


def make_private(path: Path) -> None:
    """Let a new ledger be born with LARGEST_MODE, and take from an old one what is beyond it; SQLite gives the log
    and its index the mode of the database. Raises OSError."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, LARGEST_MODE))
    except FileExistsError:
        for name in _files(path):
            _narrow(name)


def reserve_index(path: Path) -> None:
    """Give the index of an open log its room on the disk. Raises LedgerError when there is none.

    SQLite maps the index into memory, and reserves its room by writing one byte into each page of memory: where a
    block of the file system is smaller than such a page, some of its blocks are still to be found when they are first
    written to, and on a full disk the kernel ends the process then (SIGBUS). Another process does it: to open and
    close the index here would drop the locks that SQLite holds on it.
    """
    index = path.with_name(path.name + "-shm")
    if os.statvfs(index).f_bsize >= mmap.PAGESIZE:
        return
    command = ["fallocate", "--length", str(INDEX_BYTES), str(index)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise LedgerError(f"{index}: cannot run fallocate ({error.strerror}); install util-linux") from None
    if result.returncode:
        raise LedgerError(f"{index}: no room for the index of the ledger's log ({result.stderr.strip()}); make room")


def _narrow(path: Path) -> None:
    """Take what is beyond LARGEST_MODE from a file, by its name: to open and close it would drop SQLite's locks."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if found.st_mode & 0o777 & ~LARGEST_MODE and os.geteuid() in (found.st_uid, 0):
        path.chmod(found.st_mode & LARGEST_MODE)


def _files(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
