"""What the disk does to us: observations are held, the trouble is told, and when it ends all is on disk, in order."""

from __future__ import annotations

import logging
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import check
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, FOREVER_MS, UP, observed, opened, record_all

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)


def recorded(path: Path) -> list[int]:
    with read_only(path) as reader:
        return [observation.at_ms for observation in reader.observations("custody/login", 0, FOREVER_MS)]


def fill_disk(ledger: Ledger) -> None:
    """SQLite answers SQLITE_FULL to whatever needs one more page, as it does when the disk has none to give."""
    pages = ledger._writer.journal.database.conn.execute("pragma page_count").fetchone()[0]
    ledger._writer.journal.database.conn.execute(f"pragma max_page_count = {pages}")


def free_disk(ledger: Ledger) -> None:
    ledger._writer.journal.database.conn.execute("pragma max_page_count = 1000000")


def test_a_full_disk_loses_nothing_that_the_buffer_can_hold(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        fill_disk(ledger)
        observations = [observed(index, replace(DOWN, detail=f"{index}" * 50, evidence=b"")) for index in range(1, 500)]
        for observation in observations:
            ledger.record(observation, EVERY_MS)
        wait_until(lambda: ledger.stats().failing)
        stats = ledger.stats()
        assert "full" in str(stats.last_error)
        assert stats.committed + stats.pending == 500
        assert stats.lag_seconds > 0
        assert len(recorded(path)) == stats.committed  # what is on disk can still be read
        free_disk(ledger)
        assert ledger.flush(DEADLINE_S)
        healed = ledger.stats()
        assert list(ledger.observations("custody/login", 0, FOREVER_MS)) == [observed(0), *observations]
    assert (healed.failing, healed.dropped, healed.committed) == (False, 0, 500)
    assert check(path, lambda *_: None).problems == ()
    told = [record.levelno for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == [logging.ERROR, logging.WARNING]  # once each, not per try


def test_a_full_buffer_refuses_the_newest_and_counts_it(path: Path) -> None:
    with opened(path, buffer=10) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        for index in range(25):
            ledger.record(observed(index), EVERY_MS)
        stats = ledger.stats()
        assert (stats.pending, stats.dropped) == (10, 15)
        other.execute("rollback")
        assert ledger.flush(DEADLINE_S)
    assert recorded(path) == [observed(index).at_ms for index in range(10)]


def test_a_lock_of_another_process_is_waited_out(path: Path) -> None:
    with opened(path) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        ledger.record(observed(0), EVERY_MS)
        wait_until(lambda: ledger.stats().failing)
        assert "locked" in str(ledger.stats().last_error)
        assert ledger.flush(0.01) is False
        other.execute("rollback")
        assert ledger.flush(DEADLINE_S)
        assert not ledger.stats().failing


def test_closing_gives_up_when_the_disk_does_not_come_back(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        with opened(path) as ledger:
            other.execute("begin immediate")
            ledger.record(observed(0), EVERY_MS)
            assert ledger.close(0.1) is False
            assert ledger.stats().pending == 1
            other.execute("rollback")
        assert recorded(path) in ([], [observed(0).at_ms])


def poison(observation: Any, **wrong: Any) -> Any:
    return replace(observation, **wrong)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(poison(observed(3), at_ms=2**70), id="a number that SQLite has no room for"),
        pytest.param(poison(observed(3), at_ms="noon"), id="text for a time"),
        pytest.param(poison(observed(3), finding=poison(UP, status="two hundred")), id="text for a number"),
        pytest.param(poison(observed(3), finding=poison(UP, status=b"200")), id="bytes for a number"),
        pytest.param(poison(observed(3), finding=poison(UP, duration_us=None)), id="nothing for a duration"),
        pytest.param(poison(observed(3), finding=poison(DOWN, evidence=object())), id="an object for bytes"),
        pytest.param(poison(observed(3), finding=poison(DOWN, reason="eaten_by_whale")), id="a reason not in the set"),
        pytest.param(poison(observed(3), finding=poison(DOWN, address=object())), id="an object for an address"),
        pytest.param(poison(observed(3), endpoint="lone \ud800 surrogate"), id="a key that has no UTF-8"),
        pytest.param(poison(observed(3), finding=None), id="no finding"),
        pytest.param(None, id="nothing at all"),
    ],
)
def test_an_entry_that_can_never_be_stored_holds_nobody_up(path: Path, bad: Any) -> None:
    with opened(path, commit_within_ms=60_000) as ledger:
        record_all(ledger, observed(0), observed(1), bad, observed(2))
        stats = ledger.stats()
    assert (stats.committed, stats.dropped, stats.failing) == (3, 1, False)
    assert recorded(path) == [observed(index).at_ms for index in range(3)]
    assert check(path, lambda *_: None).problems == ()


def test_an_input_output_error_is_survived(path: Path) -> None:
    """In a process of its own that may write no file beyond a size: the kernel refuses the write-ahead log's growth."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.ledger.recording.test_writer", str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S * 2, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, "failing: disk I/O error\nhealed\n"), ran.stderr
    assert recorded(path) == [observed(index).at_ms for index in range(2_001)]
    assert check(path, lambda *_: None).problems == ()


def _meet_an_input_output_error(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        size = path.with_name(path.name + "-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        for index in range(1, 2_001):
            ledger.record(observed(index), EVERY_MS)
        wait_until(lambda: ledger.stats().failing)
        print("failing:", ledger.stats().last_error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert ledger.flush(DEADLINE_S)
        print("healed")


if __name__ == "__main__":
    _meet_an_input_output_error(Path(sys.argv[1]))
