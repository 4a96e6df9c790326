"""A ledger on read-only storage without a writer: SQLite reads the file as it lies there."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.connect import connect_reader, connect_resting


@dataclass(frozen=True, slots=True)
class Resting:
    """Whether a ledger rests, found out once: `still` is its state, and None where somebody may be writing it."""

    path: Path
    still: tuple[int, int, bool] | None = field(init=False)

    def __post_init__(self) -> None:
        is_resting = self.path.exists() and _is_resting(self.path)
        object.__setattr__(self, "still", _state_of(self.path) if is_resting else None)

    @property
    def connect(self) -> Callable[[Path], Database]:
        return connect_reader if self.still is None else connect_resting

    def check(self) -> None:
        """Raises LedgerError when somebody has begun to write it: what was read since may be half of this, half of
        that."""
        if self.still is not None and _state_of(self.path) != self.still:
            raise LedgerError(f"{self.path}: somebody has begun to write this ledger while it was read; try again")


def _is_resting(path: Path) -> bool:
    """Whether a ledger lies in a folder in which this user may write nothing, and no daemon has it open.

    There is no write-ahead log then, and SQLite, which asks for one, cannot make it: the file itself is all there is.
    A log without its index is what a killed daemon leaves: it holds a part of the record, and is not passed over.
    """
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    is_without_log = not log.exists() or (not log.stat().st_size and not index.exists())
    return is_without_log and not os.access(path.parent, os.W_OK)


def _state_of(path: Path) -> tuple[int, int, bool]:
    """What changes when somebody begins to write a ledger. Raises LedgerError when it is gone."""
    try:
        found = path.stat()
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}; somebody has moved it while it was read") from None
    return found.st_mtime_ns, found.st_size, path.with_name(path.name + "-wal").exists()
