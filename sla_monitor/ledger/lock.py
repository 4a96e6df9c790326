"""One daemon writes a ledger: a lock that the kernel gives back whatever becomes of its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from sla_monitor.errors import LedgerLocked


class WriterLock:
    """An flock on `<ledger>.lock`.

    Not on the database itself: SQLite keeps POSIX locks there, and closing any other descriptor of that file
    would silently drop them.
    """

    def __init__(self, ledger: Path) -> None:
        """Raises LedgerLocked when another process (or another Ledger in this one) holds it; OSError as it comes."""
        self.path = ledger.with_name(ledger.name + ".lock")
        self._file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640), "r+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(self._file)
            self._file.close()
            raise LedgerLocked(
                f"{ledger}: process {holder} is writing this ledger; stop it first, or give each daemon its own ledger"
            ) from None
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """The file stays: to remove it would let two processes lock two files of the same name."""
        self._file.close()


def _holder(file: IO[str]) -> str:
    return file.read(20).strip() or "(unknown)"
