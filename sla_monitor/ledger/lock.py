"""One daemon writes a ledger: a lock that the kernel gives back whatever becomes of its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from sla_monitor.errors import LedgerLocked
from sla_monitor.ledger.file_identity import LARGEST_MODE, real

_MARK = "there is a ledger"


class WriterLock:
    """An flock on `<ledger>.lock`. `had_ledger`: whether an earlier holder has left a ledger beside it.

    Not on the database itself: SQLite keeps POSIX locks there, and closing any other descriptor of that file
    would silently drop them.
    """

    def __init__(self, ledger: Path) -> None:
        """Raises LedgerLocked when another process (or another Ledger in this one) holds it; OSError as it comes."""
        beside = real(ledger)
        self.path = beside.with_name(beside.name + ".lock")
        self._ledger = ledger
        self.had_ledger = False
        self._file = self._taken()

    def _taken(self) -> IO[str]:
        file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, LARGEST_MODE), "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file)
            file.close()
            raise LedgerLocked(
                f"{self._ledger}: process {holder} is writing this ledger;"
                " stop it first, or give each daemon its own ledger"
            ) from None
        self.had_ledger = self.had_ledger or _MARK in file.read(100)
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n{_MARK}\n" if self.had_ledger else f"{os.getpid()}\n")
        file.flush()
        return file

    def note_ledger(self) -> None:
        """From now on a start that finds none knows that it is not the first."""
        if not self.had_ledger:
            self.had_ledger = True
            self._file.write(f"{_MARK}\n")
            self._file.flush()

    def keep(self) -> bool:
        """Take the lock again where its file alone has gone; whether that was so. Raises as `renew` does."""
        try:
            is_there = os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_there = False
        if is_there or not self.path.parent.exists():
            return False
        self.renew()
        return True

    def renew(self) -> None:
        """Take the lock again where somebody has removed its file, so that a second daemon still finds it taken.

        Raises LedgerLocked when one was faster; OSError as it comes.
        """
        self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        held = os.fstat(self._file.fileno())
        try:
            found = self.path.stat()
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (held.st_dev, held.st_ino):
            before, self._file = self._file, self._taken()
            before.close()

    def release(self) -> None:
        """The file stays: to remove it would let two processes lock two files of the same name."""
        self._file.close()


def _holder(file: IO[str]) -> str:
    return file.readline(20).strip() or "(unknown)"
