"""One read-only connection, and what is asked of it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.ledger.file_health import damaged, refusal
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import open_reader


class Asking:
    """A connection that cannot write, usable from any thread, one at a time.

    Everything raises LedgerError and its kinds when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._resting = Resting(path)
        self._database: Database = open_reader(path, self._resting)
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def reopen(self) -> None:
        """Ask the ledger that is at the path now. Raises LedgerError and its kinds."""
        with self._lock:
            self._database.close()
            self._resting = Resting(self.path)
            self._database = open_reader(self.path, self._resting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        with self._asked() as connection:
            return connection.execute(query, given).fetchall()

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; what SQLite says is turned into a LedgerError."""
        try:
            with self._lock:
                yield self._database.conn
        except sqlite3.Error as error:
            self._resting.check()
            raise refusal(self.path, error) from error
        except UnicodeDecodeError as error:
            raise damaged(self.path, f"it holds text that has no UTF-8: {error}") from error
        self._resting.check()
