"""Texts that the record spells once: endpoint keys, addresses, outcomes and reasons, each with a small integer."""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.ledger.migrations import NAMES

REMEMBERED = 10_000
"""Addresses of a supplier behind a large content network change without end; the cache must not."""

ENDPOINTS_REMEMBERED = 1 << 20
"""As many as a daemon can have: with fewer, each of its observations would ask the table."""

Added = Callable[[str, tuple[Any, ...]], None]


class Names:
    """One such table, as the writer sees it. Belongs to the writer's thread."""

    def __init__(self, connection: sqlite3.Connection, table: str, added: Added, most: int = REMEMBERED) -> None:
        """`added` is told of each new row, by its columns; `most`: how many are remembered."""
        self._connection = connection
        self._table, self._added, self._most = table, added, most
        self._find = f"select id from {table} where {NAMES[table]} = ?"
        self._add = f"insert into {table} ({NAMES[table]}) values (?) returning id"
        self._ids: dict[str, int] = {}

    def id(self, name: str) -> int:
        """The integer of `name`, given on first sight inside the transaction that is open."""
        known = self._ids.get(name)
        return self._look_up(name) if known is None else known

    def forget(self) -> None:
        """After a rollback: some of the integers given may not be in the table."""
        self._ids.clear()

    def _look_up(self, name: str) -> int:
        if len(self._ids) >= self._most:
            self._ids.clear()
        row = self._connection.execute(self._find, (name,)).fetchone()
        if row is None:
            row = self._connection.execute(self._add, (name,)).fetchone()
            self._added(self._table, (row[0], name))
        self._ids[name] = number = int(row[0])
        return number


@dataclass(frozen=True, slots=True)
class Codes:
    """The integers of outcomes and reasons: closed sets, so that a name of neither is an error (KeyError)."""

    outcomes: dict[str, int]
    reasons: dict[str | None, int | None]

    @classmethod
    def load(cls, database: Database) -> Self:
        outcomes = {name: number for number, name in names_by_id(database, "outcomes").items()}
        reasons: dict[str | None, int | None] = {None: None}
        reasons.update((name, number) for number, name in names_by_id(database, "reasons").items())
        return cls(outcomes, reasons)


def names_by_id(database: Database, table: str) -> dict[int, str]:
    """The whole of a name table."""
    return {row["id"]: row[NAMES[table]] for row in database.table(table).rows}
