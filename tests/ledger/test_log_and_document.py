"""The write-ahead log stays small, and docs/ledger.md tells every table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_monitor.cli.ledger.command import ledger_group as command
from sla_monitor.ledger import Ledger, connect
from sla_monitor.ledger.recording import writer
from tests.ledger.support import DEADLINE_S, EVERY_MS, observed, opened, record_all

DOCUMENT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def commit_often(ledger: Ledger, first: int) -> None:
    """Three hundred commits: well over a thousand pages of log, if nothing empties it."""
    for index in range(first, first + 300):
        ledger.record(observed(index), EVERY_MS)
        assert ledger.flush(DEADLINE_S)


def log_bytes(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


def test_the_log_is_reused_while_the_daemon_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_COMMITS", 10)
    with opened(path) as ledger:
        commit_often(ledger, 0)
        assert log_bytes(path) < 1_000_000


def test_the_log_that_a_long_reader_made_grow_is_given_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_COMMITS", 10)
    limited = (*connect.WRITER_PRAGMAS, "journal_size_limit = 100000")
    monkeypatch.setattr(connect, "WRITER_PRAGMAS", limited)
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from observations").fetchone()
            commit_often(ledger, 1)
            grown = log_bytes(path)
            assert reader.execute("select count(*) from observations").fetchone() == (1,)
        commit_often(ledger, 301)
        assert log_bytes(path) < grown / 2


def test_every_table_and_column_is_in_the_document(path: Path) -> None:
    with opened(path), closing(sqlite3.connect(path)) as database:
        tables = [
            name
            for (name,) in database.execute("select name from sqlite_master where type in ('table', 'view')")
            if not name.startswith(("_", "sqlite_"))
        ]
        names = {
            row[0] for table in tables for row in database.execute("select name from pragma_table_info(?)", (table,))
        }
    assert [name for name in (*tables, *names) if f"`{name}`" not in DOCUMENT] == []


def test_every_command_is_in_the_document() -> None:
    assert [name for name in command.commands if f"`sla-monitor ledger {name}" not in DOCUMENT] == []
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0


def test_the_documents_query_runs(path: Path) -> None:
    query = DOCUMENT.split("```sql\n")[1].split("```")[0]
    with opened(path), closing(sqlite3.connect(path)) as database:
        assert database.execute(query).fetchall() == []
