"""The database itself refuses to change what was seen, whoever asks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.sla.jobs import ReportKind
from tests.ledger.support import DOWN, observed, opened, record_all
from tests.register.saying import booking, entries

TABLES = [
    "endpoints",
    "outcomes",
    "reasons",
    "addresses",
    "observations",
    "evidence",
    "heartbeats",
    "intervals",
    "register",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        ledger.report("custody/batch", ReportKind.DONE)
        record_all(ledger, observed(0), observed(1, DOWN))
    Register.open(path, SystemClock()).add(entries(booking()))
    return path


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change",
    [
        "delete from {table}",
        "update {table} set {column} = {column}",
        "insert or replace into {table} select * from {table} limit 1",
        "insert into {table} select * from {table} limit 1 on conflict do update set {column} = {column}",
    ],
)
def test_no_statement_changes_what_was_seen(path: Path, table: str, change: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        column = database.execute(f"select name from pragma_table_info('{table}') limit 1 offset 1").fetchone()[0]
        before = database.execute(f"select * from {table}").fetchall()
        assert before
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            database.execute(change.format(table=table, column=column).replace("limit 1 on", "where true limit 1 on"))
        assert database.execute(f"select * from {table}").fetchall() == before


@pytest.mark.parametrize("table", ["endpoints", "outcomes", "reasons", "addresses", "evidence"])
def test_no_replace_takes_out_a_row_of_the_same_name_or_content(path: Path, table: str) -> None:
    """SQLite asks no DELETE trigger about a row that stands in the way by anything but its integer, either."""
    with closing(sqlite3.connect(path)) as database:
        row = database.execute(f"select * from {table} limit 1").fetchone()
        marks = ", ".join("?" * len(row))
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            database.execute(f"insert or replace into {table} values ({marks})", (9_999, *row[1:]))
        assert database.execute(f"select * from {table} limit 1").fetchone() == row


@pytest.mark.parametrize(
    "statement",
    [
        "insert into observations (endpoint_id, at_ms, outcome, duration_us) values (1, 'noon', 1, 0)",
        "insert into observations (endpoint_id, at_ms, outcome, duration_us) values (1, 1.5, 1, 0)",
        "insert into heartbeats (endpoint_id, at_ms, kind, text) values (1, null, 'done', '')",
        "insert into heartbeats (endpoint_id, at_ms, kind, text) values (1, 0, 'over', '')",
        "insert into evidence (digest, detail, body) values (x'00', 'detail', 'text, not bytes')",
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute(statement)


def test_every_small_integer_is_explained_in_the_database(path: Path) -> None:
    """Somebody with nothing but the file can say what each code means."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "select e.key, o.name, r.name, a.name from observations s join endpoints e on e.id = s.endpoint_id"
            " join outcomes o on o.id = s.outcome left join reasons r on r.id = s.reason"
            " left join addresses a on a.id = s.address_id order by s.id"
        ).fetchall()
    assert rows == [("custody/login", "up", None, "127.0.0.1"), ("custody/login", "down", "timeout", None)]
