"""Ledgers as earlier versions of the program left them: their own tables, with what is in ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.ledger.connect import WRITER_PRAGMAS
from sla_monitor.ledger.migrations import APPLICATION_ID, MIGRATIONS


def put_back(path: Path, migration: str) -> None:
    """Make the ledger one of the version that did not have this migration yet."""
    later = path.rename(path.with_name("later.db"))
    database = Database(path)
    database.conn.execute(f"pragma application_id = {APPLICATION_ID}")
    for pragma in WRITER_PRAGMAS:
        database.conn.execute(f"pragma {pragma}")
    MIGRATIONS.apply(database, stop_before=migration)
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("attach ? as later", (str(later),))
        for table in _tables(connection, "main") & _tables(connection, "later"):
            columns = ", ".join(_columns(connection, "main", table) & _columns(connection, "later", table))
            connection.execute(f"insert into main.{table} ({columns}) select {columns} from later.{table}")
    for leftover in path.parent.glob("later.db*"):
        leftover.unlink()


def _tables(connection: sqlite3.Connection, schema: str) -> set[str]:
    rows = connection.execute(
        f"select name from {schema}.sqlite_master where type = 'table' and name not like '%sqlite%'"
    )
    return {name for (name,) in rows}


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"pragma {schema}.table_info({table})")}
