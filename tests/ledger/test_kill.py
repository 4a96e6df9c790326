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

from sla_monitor.ledger import read_only
from sla_monitor.ledger.upkeep import check
from tests.ledger.support import EVERY_MS, FOREVER_MS, T0, look, opened, record_all

ROUNDS = 50
ROOT = Path(__file__).parents[2]


@pytest.fixture
def recorder() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.ledger.recorder"]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield process
        process.communicate()


def record_and_be_killed(recorder: subprocess.Popen[str], path: Path, first: int, after_seconds: float) -> list[int]:
    """Have somebody open the ledger, go on with look `first`, and be killed; the looks said to be on disk."""
    assert recorder.stdin is not None
    assert recorder.stdout is not None
    recorder.stdin.write(f"{first} {path}\n")
    recorder.stdin.flush()
    word, number = recorder.stdout.readline().split()
    assert word == "began"
    time.sleep(after_seconds)
    os.kill(int(number), signal.SIGKILL)
    return said_until_dead(recorder)


def said_until_dead(recorder: subprocess.Popen[str]) -> list[int]:
    """The looks that were said to be on disk; the last line of one who is killed may be torn."""
    assert recorder.stdout is not None
    said = "".join(iter(recorder.stdout.readline, "dead\n"))
    return [int(line) for line in said.splitlines(keepends=True) if line.endswith("\n")]


def kept(path: Path) -> list[int]:
    """The indexes of every look on disk, in the order in which they were recorded."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        return [(at_ms - T0) // EVERY_MS for (at_ms,) in database.execute("select at_ms from observations order by id")]


def test_no_acknowledged_look_is_lost_however_often_the_daemon_is_killed(
    recorder: subprocess.Popen[str], tmp_path: Path
) -> None:
    """At any moment: while it opens, recovers, commits, empties its log, or waits."""
    path, choose, first = tmp_path / "ledger.db", random.Random(), 0
    with opened(path):
        pass
    for _ in range(ROUNDS):
        acknowledged = record_and_be_killed(recorder, path, first, choose.uniform(0, 0.12))
        indexes = kept(path)
        assert indexes == list(range(len(indexes)))  # nothing is missing, doubled or out of its order
        assert len(indexes) > max(acknowledged, default=-1)
        assert check(path, lambda *_: None).problems == ()  # spans equal those rebuilt from observations
        first = len(indexes)
    assert first > ROUNDS  # the recorders did record
    with read_only(path) as reader:
        assert sum(span.looks for spans in reader.spans(0, FOREVER_MS).values() for span in spans) == first


def test_a_daemon_killed_while_it_makes_its_ledger_can_start_again(
    recorder: subprocess.Popen[str], tmp_path: Path
) -> None:
    for attempt in range(20):
        path = tmp_path / str(attempt) / "ledger.db"
        record_and_be_killed(recorder, path, 0, 0.002 * attempt)
        with opened(path) as ledger:
            record_all(ledger, look(1_000_000))
        assert check(path, lambda *_: None).problems == ()
