"""kill -9, again and again, on one ledger that has to stand it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerLocked
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from tests.ledger.support import EVERY_MS, FOREVER_MS, T0, observed, opened, record_all

ROUNDS = 50
ROOT = Path(__file__).parents[2]
IN_USE = {"", "-wal", "-shm", ".lock"}
"""What the writer of a ledger has open, as endings of its path."""


@pytest.fixture
def recorder() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.ledger.recorder"]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield process
        process.communicate()


def begin(recorder: subprocess.Popen[str], path: Path, first: int) -> int:
    """Have somebody open the ledger and go on with observation `first`; the process id."""
    assert recorder.stdin is not None
    assert recorder.stdout is not None
    recorder.stdin.write(f"{first} {path}\n")
    recorder.stdin.flush()
    word, number = recorder.stdout.readline().split()
    assert word == "began"
    return int(number)


def record_and_be_killed(recorder: subprocess.Popen[str], path: Path, first: int, after_seconds: float) -> list[int]:
    """Have somebody open the ledger, go on with observation `first`, and be killed; how many are said to be on disk."""
    number = begin(recorder, path, first)
    time.sleep(after_seconds)
    os.kill(number, signal.SIGKILL)
    return said_until_dead(recorder)


def said_until_dead(recorder: subprocess.Popen[str]) -> list[int]:
    """The observations that were said to be on disk; the last line of one who is killed may be torn, and is left
    out."""
    assert recorder.stdout is not None
    said = list(iter(recorder.stdout.readline, "dead\n"))
    return [int(line) for line in said[:-1] if line != "\n"]


def kept(path: Path) -> list[int]:
    """The indexes of every probe on disk, in the order in which they were recorded."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        return [(at_ms - T0) // EVERY_MS for (at_ms,) in database.execute("select at_ms from observations order by id")]


def test_no_acknowledged_observation_is_lost_however_often_the_daemon_is_killed(
    recorder: subprocess.Popen[str], tmp_path: Path
) -> None:
    """At any moment: while it opens, recovers, commits, empties its log, or waits."""
    path, choose, first, longest_s = tmp_path / "ledger.db", random.Random(), 0, 0.12
    with opened(path):
        pass
    for _ in range(ROUNDS):
        acknowledged = record_and_be_killed(recorder, path, first, choose.uniform(0, longest_s))
        indexes = kept(path)
        assert indexes == list(range(len(indexes)))  # nothing is missing, doubled or out of its order
        assert len(indexes) > max(acknowledged, default=-1)
        assert check(path, lambda *_: None).problems == ()  # spans equal those rebuilt from observations
        longest_s = longest_s if len(indexes) > first else min(longest_s * 1.1, 0.5)
        first = len(indexes)
    assert first > ROUNDS  # the recorders did record
    with read_only(path) as reader:
        assert sum(span.probes for spans in reader.spans(0, FOREVER_MS).values() for span in spans) == first


def test_a_daemon_killed_while_it_makes_its_ledger_can_start_again(
    recorder: subprocess.Popen[str], tmp_path: Path
) -> None:
    for attempt in range(20):
        path = tmp_path / str(attempt) / "ledger.db"
        record_and_be_killed(recorder, path, 0, 0.002 * attempt)
        with opened(path) as ledger:
            record_all(ledger, observed(1_000_000))
        assert check(path, lambda *_: None).problems == ()


def files_in_use(process: int, path: Path) -> set[str]:
    """The ledger's files that a process has open, as the kernel names them: one that was deleted says so."""
    links = [str(link.resolve()) for link in Path(f"/proc/{process}/fd").iterdir()]
    return {link.removeprefix(str(path)) for link in links if link.startswith(str(path))}


def count_from_outside(path: Path) -> int:
    """What somebody does who is curious: connect, select, close. The number of observations."""
    with closing(sqlite3.connect(path)) as stranger:
        (seen,) = stranger.execute("select count(*) from observations").fetchone()
    return int(seen)


def test_a_observation_into_the_ledger_from_outside_costs_the_daemon_nothing(
    recorder: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Whoever closes a database last deletes its log; while the daemon lives, nobody else may be the last."""
    path = tmp_path / "ledger.db"
    daemon = begin(recorder, path, 0)
    assert recorder.stdout is not None
    acknowledged = int(recorder.stdout.readline())
    try:
        for _ in range(5):
            seen = count_from_outside(path)
            assert files_in_use(daemon, path) == IN_USE
            while acknowledged < seen:  # what comes after it has to survive as well
                acknowledged = int(recorder.stdout.readline())
    finally:
        os.kill(daemon, signal.SIGKILL)
    acknowledged = max([acknowledged, *said_until_dead(recorder)])
    indexes = kept(path)
    assert indexes == list(range(len(indexes)))
    assert len(indexes) > acknowledged


def test_reading_in_the_daemons_own_process_does_not_drop_its_locks(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    script = "import sqlite3, sys; database = sqlite3.connect(sys.argv[1]);"
    script += "database.execute('select * from observations').fetchall(); database.close()"
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        with read_only(path):
            assert check(path, lambda *_: None).problems == ()
        backup(path, tmp_path / "copy.db", lambda *_: None)
        assert ledger.stats().size_bytes > 0
        with pytest.raises(LedgerLocked):
            Ledger.open(path, SystemClock())
        subprocess.run([sys.executable, "-c", script, str(path)], check=True)
        assert files_in_use(os.getpid(), path) == IN_USE
