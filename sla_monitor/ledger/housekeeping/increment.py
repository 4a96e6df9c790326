"""A backup brought up to date by what the ledger has since: rows and links after its own, and what follows from them.

All of it is one transaction in the backup. Whoever is killed meanwhile leaves the backup as it was, with a `-journal`
file beside it; SQLite takes back what had been written as soon as somebody who may write the backup opens it.

The record only grows and is chained, so it is enough to copy what comes after the backup's last rows, and to verify it
where it now lies: a link's digest proves all links before it, and sums of rows prove the rows.
"""

# ruff: noqa: S608 - the tables and columns named in statements are the ledger's own

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import KEYS, NOTHING, OBSERVATIONS, Head, head_of
from sla_monitor.ledger.chaining.verifying import verify_from
from sla_monitor.ledger.connect import connect_backup, immediate
from sla_monitor.ledger.file_health import NOT_OURS, check_owner, damaged, refusal
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import is_unfinished, open_reader

_SCHEMA = "select type, name, sql from {}.sqlite_master where name not like 'sqlite_stat%'"
_TABLES = "select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'"
_LINK = "select digest from ledger.chain where number = ?"
_GROWN = """
update main.chain set (covers, marks, digest) = (select covers, marks, digest from ledger.chain where number = :number)
where number = :number and digest <> (select digest from ledger.chain where number = :number)
"""
_LINKS = "insert into main.chain select * from ledger.chain where number > ? order by number"


@dataclass(frozen=True, slots=True)
class Increment:
    """What a backup was given."""

    links: int
    observations: int


def bring_up_to_date(path: Path, copy: Path) -> Increment:
    """Add to `copy`, an earlier backup of the ledger at `path`, what was recorded since. Safe while a daemon records.

    What was taken out of the ledger since stays in the backup. Raises LedgerError and its kinds; the backup is as it
    was then.
    """
    if copy.exists() and path.exists() and copy.samefile(path):
        raise LedgerError(f"{copy}: this is the ledger itself; name its backup")
    resting = Resting(path)
    open_reader(path, resting).close()  # is it one, and of this version?
    try:
        database = connect_backup(copy, path, is_resting=resting.still is not None)
        try:
            connection = database.conn
            if connection.execute("pragma main.journal_mode").fetchone()[0] != "delete":
                raise LedgerError(f"{copy}: it is no backup, but a ledger in use")
            check_owner(copy, database)
            with immediate(connection):
                added = _add(copy, connection)
                resting.check()
            return added
        finally:
            database.close()
    except sqlite3.Error as error:
        raise refusal(copy, error) from error
    except NOT_OURS as error:
        raise damaged(copy, f"it holds what the program never writes: {error!r}") from error


def undo_unfinished(copy: Path) -> None:
    """Have what was added by somebody who was killed taken back out of a backup. Raises LedgerError and its kinds."""
    if not is_unfinished(copy):
        return
    try:
        connection = sqlite3.connect(copy, isolation_level=None)
        try:
            connection.execute("select 1 from sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise refusal(copy, error) from error


def _add(copy: Path, connection: sqlite3.Connection) -> Increment:
    before = head_of(connection)
    _check_ancestor(copy, connection, before)
    observed = _observed(connection)
    for (table,) in connection.execute(_TABLES).fetchall():
        if table in KEYS:
            _append(connection, table, KEYS[table])
        elif table != "chain":
            _replace_differences(connection, table)
    connection.execute(_GROWN, {"number": before.number})
    connection.execute(_LINKS, (before.number,))
    if problems := verify_from(connection, before.number):
        raise LedgerError(
            f"{copy}: what is to be added does not verify ({problems[0]}); the backup is as it was. See `sla-monitor"
            f" ledger check` of the ledger and of the backup (--ledger {copy})"
        )
    return Increment(head_of(connection).number - before.number, _observed(connection) - observed)


def _check_ancestor(copy: Path, connection: sqlite3.Connection, head: Head) -> None:
    """The newest link of a backup may have grown in the ledger since: the one before it may not have changed."""
    schema = [set(connection.execute(_SCHEMA.format(name))) for name in ("main", "ledger")]
    if schema[0] != schema[1]:
        raise LedgerError(f"{copy}: this backup is of another version of the program; make a whole one")
    closed = connection.execute("select number, digest from main.chain where number = ?", (head.number - 1,)).fetchone()
    number, digest = Head(*closed) if closed else NOTHING
    is_there = connection.execute(_LINK, (head.number,)).fetchone() is not None
    if not is_there or (number and connection.execute(_LINK, (number,)).fetchone() != (digest,)):
        raise LedgerError(
            f"{copy}: it is no earlier backup of this ledger, or one of the two was changed since"
            f" (link {head.number} of its chain is not in the ledger); make a whole backup under another name"
        )


def _append(connection: sqlite3.Connection, table: str, key: str) -> None:
    """Rows that come after the last one. None of these ever changes."""
    after = connection.execute(f"select ifnull(max({key}), 0) from main.{table}").fetchone()[0]
    connection.execute(
        f"insert into main.{table} select * from ledger.{table} where {key} > ? order by {key}", (after,)
    )


def _replace_differences(connection: sqlite3.Connection, table: str) -> None:
    """Let a table that follows from the rest be what it is in the ledger."""
    columns = connection.execute(f"pragma main.table_info({table})").fetchall()
    keys = ", ".join(name for _, name, _, _, _, place in columns if place)
    connection.execute(
        f"delete from main.{table} where ({keys}) in"
        f" (select {keys} from (select * from main.{table} except select * from ledger.{table}))"
    )
    connection.execute(
        f"insert into main.{table} select * from ledger.{table} where ({keys}) not in (select {keys} from main.{table})"
    )


def _observed(connection: sqlite3.Connection) -> int:
    return int(connection.execute(f"select ifnull(max(id), 0) from main.{OBSERVATIONS}").fetchone()[0])
