"""kill -9 while a ledger is made, and while one of an earlier version is brought up to date: the next start goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.opening import make_ledger
from tests.ledger.earlier import put_back
from tests.ledger.support import DEADLINE_S, DOWN, observed, opened, record_all

ROOT = Path(__file__).parents[2]
OPENS = """
import sys
from pathlib import Path
from sla_monitor.ledger.opening import make_ledger
print(flush=True)
make_ledger(Path(sys.argv[1]))
print("made", flush=True)
sys.stdin.read()
"""
DELAYS_S = 0.0, 0.005, 0.02, 0.08, 0.2


def open_and_kill(path: Path, delay_s: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPENS, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.kill()
        process.wait(DEADLINE_S)


@pytest.mark.parametrize("delay_s", DELAYS_S)
def test_at_the_first_start(tmp_path: Path, delay_s: float) -> None:
    path = tmp_path / "ledger.db"
    open_and_kill(path, delay_s)
    with opened(path) as ledger:
        record_all(ledger, observed(0))
    report = check(path, lambda *_: None)
    assert (report.problems, report.counts["observations"]) == ((), 1)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the version that had no chain."""
    path = tmp_path_factory.mktemp("earlier") / "ledger.db"
    with opened(path, commit_within_ms=100) as ledger:
        record_all(
            ledger, *(observed(index, DOWN if index % 9 == 0 else observed(0).finding) for index in range(20_000))
        )
    put_back(path, "m0007_chain")
    return path


@pytest.mark.parametrize("delay_s", DELAYS_S)
def test_while_an_earlier_ledger_is_chained(earlier: Path, tmp_path: Path, delay_s: float) -> None:
    path = Path(shutil.copy(earlier, tmp_path / "ledger.db"))
    open_and_kill(path, delay_s)
    make_ledger(path)
    report = check(path, lambda *_: None)
    assert (report.problems, report.counts["observations"]) == ((), 20_000)
    assert "the chain was begun over 20,0" in report.notes[0]
