"""Spans worked out again from observations: to check the ones that are kept, or to replace them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.names import Codes
from sla_monitor.ledger.opening import open_writer, take_lock
from sla_monitor.ledger.tally import Meanings, SpanTally

Progress = Callable[[int, int], None]
"""Called now and then with what is done and what there is to do."""

_SAVED_EVERY = 20_000
_TABLES = "ended_spans", "last_spans"

# In SQLite a temporary table hides the one of its name: the tally fills these without knowing.
_SCRATCH = (
    "create temp table ended_spans as select * from main.ended_spans where 0",
    """create temp table last_spans (endpoint_id integer primary key,
       start_ms int, end_ms int, seen_ms int, outcome int, reason int, looks int)""",
)
_REPLACE = (
    "delete from main.ended_spans",
    "insert into main.ended_spans select * from temp.ended_spans order by endpoint_id, start_ms",
    "delete from main.last_spans",
    "insert into main.last_spans select * from temp.last_spans",
    "delete from worked_out",
    "delete from looks_by_hour",
)
_DIFFERENCES = (
    "select count(*) from (select * from main.ended_spans except select * from temp.ended_spans)",
    "select count(*) from (select * from temp.ended_spans except select * from main.ended_spans)",
    "select count(*) from (select * from main.last_spans except select * from temp.last_spans)",
    "select count(*) from (select * from temp.last_spans except select * from main.last_spans)",
)


def rebuild_spans(path: Path, progress: Progress) -> int:
    """Replace every span by what the observations say; returns how many rows that changed.

    All or nothing, in one transaction. Each look counts with the interval that was in force when it was recorded.
    Raises LedgerLocked while a daemon writes the ledger, and LedgerError and its other kinds.
    """
    lock = take_lock(path)
    try:
        database = open_writer(path)
        try:
            with immediate(database.conn):
                derive(database, progress)
                changed = differences(database)
                for statement in _REPLACE:
                    database.conn.execute(statement)
            return changed
        finally:
            database.close()
    finally:
        lock.release()


def derive(database: Database, progress: Progress) -> None:
    """Work every span out again, into temporary tables. Give it an open transaction: one state of the record.

    Looks are taken in the order in which they were recorded, as the writer took them.
    """
    for statement in _SCRATCH:
        database.conn.execute(statement)
    tally, codes = SpanTally(database), Codes.load(database)
    meanings = Meanings.load(database)
    changes = dict(database.conn.execute("select observation_id, every_ms from intervals"))
    total = database.conn.execute("select ifnull(max(id), 0) from observations").fetchone()[0]
    every_ms: dict[int, int] = {}
    looks = database.conn.execute("select id, endpoint_id, at_ms, outcome, reason from observations order by id")
    for number, endpoint, at_ms, outcome, reason in looks:
        if number in changes:
            every_ms[endpoint] = changes[number]
        tally.look(endpoint, at_ms, meanings.outcomes[outcome], meanings.reasons[reason], every_ms[endpoint])
        if number % _SAVED_EVERY == 0:
            tally.save(codes)
            progress(number, total)
    tally.save(codes)
    progress(total, total)


def differences(database: Database) -> int:
    """Rows in which the kept spans and the derived ones differ."""
    return sum(database.conn.execute(statement).fetchone()[0] for statement in _DIFFERENCES)
