"""What a ledger refuses to open: each with the file, what is wrong, and the way out."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerDamaged, LedgerError, LedgerLocked, LedgerTooNew
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger import file_health as health
from tests.ledger.support import DOWN, FOREVER_MS, UP, observed, opened, record_all

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of some hundred pages, closed in good order."""
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        record_all(
            ledger, *(observed(index, UP if index % 9 else DOWN, f"custody/{index % 50}") for index in range(5_000))
        )
    return path


def refused(path: Path, kind: type[LedgerError], *words: str) -> None:
    """Opening it raises exactly `kind`, with the path and every one of `words` in the message; twice alike."""
    before = path.read_bytes() if path.is_file() else b""
    for _ in range(2):
        with pytest.raises(LedgerError) as caught:
            Ledger.open(path, SystemClock()).close()
        assert type(caught.value) is kind
        assert all(word in str(caught.value) for word in (str(path), *words)), str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else b"")  # what is refused is left as it was


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("minutes of the partnership board\n" * 500)
    refused(path, LedgerDamaged, "not an SQLite database", "move this one aside")


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(random.randbytes(100_000))
    refused(path, LedgerDamaged, "not an SQLite database")


def test_another_programs_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table bookmarks (url text)")
    refused(path, LedgerDamaged, "the database of another program", "ledger.path")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_ledger_is_refused(path: Path, part: float) -> None:
    os.truncate(path, int(path.stat().st_size * part) // 4096 * 4096)
    refused(path, LedgerDamaged, "malformed", "restore a backup", "-wal")


@pytest.mark.parametrize("page", [0, 1, 5, 40, 80])
def test_pages_of_garbage_are_refused(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(max(16, page * 4096))  # the first sixteen bytes make it a database; the rest may be anything
        file.write(random.Random(page).randbytes(4000))
    refused(path, LedgerDamaged, "restore a backup")


def test_a_large_ledger_is_not_read_from_end_to_end_at_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage deep in the history is the full check's to find; damage where we go on writing is found at once."""
    monkeypatch.setattr(health, "QUICK_CHECK_BYTES", 1000)
    with opened(path) as ledger:
        assert ledger.spans(0, FOREVER_MS)
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute("select rootpage from sqlite_master where name = 'last_spans'").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(random.randbytes(4096))
    refused(path, LedgerDamaged)


def test_a_later_versions_migration_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('sla_monitor', 'm0099_new', '')"
        )
    refused(path, LedgerTooNew, "m0099_new", "run that version")
    with pytest.raises(LedgerTooNew):
        read_only(path)


def test_a_later_versions_reason_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("insert into reasons (name) values ('eaten_by_whale')")
    refused(path, LedgerTooNew, "eaten_by_whale")


def test_two_ledgers_cannot_write_one_file(path: Path) -> None:
    with opened(path) as ledger:
        with pytest.raises(LedgerLocked, match=f"process {os.getpid()} is writing this ledger"):
            Ledger.open(path, SystemClock())
        record_all(ledger, observed(9_999))  # and the first goes on undisturbed


def test_two_daemons_cannot_write_one_file(path: Path) -> None:
    script = "import sys; from pathlib import Path; from sla_monitor.clock import SystemClock;"
    script += "from sla_monitor.ledger import Ledger; Ledger.open(Path(sys.argv[1]), SystemClock())"
    with opened(path):
        other = subprocess.run(
            [sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert "LedgerLocked" in other.stderr


def test_the_lock_is_free_again_after_a_refusal(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("begin exclusive")
        refused(path, LedgerLocked, "another program holds a lock")
    with opened(path) as ledger:
        assert ledger.spans(0, FOREVER_MS)


@pytest.mark.parametrize("place", ["a-file/ledger.db", "."])
def test_a_place_that_cannot_hold_a_ledger_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").write_text("")
    refused(tmp_path / place, LedgerError, "may")


def test_an_empty_file_of_a_start_that_was_cut_short_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    with opened(path) as ledger:
        record_all(ledger, observed(0))


def test_a_reader_refuses_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="No such file"):
        read_only(tmp_path / "nowhere.db")


def test_a_reader_cannot_write(path: Path) -> None:
    with read_only(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._database.conn.execute("delete from ended_spans")
