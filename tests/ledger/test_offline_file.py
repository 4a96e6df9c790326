"""A ledger in a folder that may only be read: an archive, a mounted backup, somebody else's share."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.support import ROOT
from tests.ledger.support import DEADLINE_S, observed, opened, record_all

RIGHTS = "-dac_override,-dac_read_search"
AS_ANYBODY = ["setpriv", f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}"] if os.geteuid() == 0 else []
"""The superuser may write wherever it likes: without these rights it is a user like any other."""

READ_TWICE = """
import sys
from pathlib import Path
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import read_only

with read_only(Path(sys.argv[1])) as reader:
    print(len(reader.last_spans()), flush=True)
    sys.stdin.readline()
    try:
        print(len(reader.last_spans()))
    except LedgerError as error:
        print(error)
"""

CHECK_SLOWLY = """
import sys
from pathlib import Path
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.housekeeping.checking import check

def wait(*_):
    print("half done", flush=True)
    sys.stdin.readline()

try:
    print(check(Path(sys.argv[1]), wait))
except LedgerError as error:
    print(error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A ledger that was closed well, in a folder that nobody may write."""
    path = tmp_path / "archive" / "ledger.db"
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(100)))
    for leftover in path.parent.iterdir():
        if leftover != path:
            leftover.unlink()
    path.parent.chmod(0o555)
    yield path
    path.parent.chmod(0o755)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*AS_ANYBODY, sys.executable, "-m", "sla_monitor", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_it_is_read_and_checked_and_nothing_is_written(path: Path) -> None:
    shown = run("ledger", "show", "login", "--ledger", str(path))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "2026-01-01T00:16:30.000Z" in shown.stdout
    assert run("ledger", "check", "--ledger", str(path)).stdout.endswith("ledger.db: whole\n")
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


def test_one_of_an_earlier_version_is_to_be_copied_first(path: Path) -> None:
    """No daemon could bring it up to date where it lies."""
    path.parent.chmod(0o755)
    with closing(sqlite3.connect(path)) as database:
        database.execute("delete from _sqlite_migrations where name = 'm0004_looks_by_hour'")
        database.commit()
    message = "this ledger is of an earlier version; {}start the daemon once{} to bring it up to date"
    assert message.format("", "") in run("ledger", "show", "--ledger", str(path)).stderr
    for leftover in path.parent.glob("ledger.db-*"):
        leftover.unlink()  # a reader that may write there makes them
    path.parent.chmod(0o555)
    said = run("ledger", "show", "--ledger", str(path))
    assert (said.returncode, len(said.stderr.splitlines())) == (1, 1)
    assert message.format("copy it to a folder that may be written, and ", " on the copy") in said.stderr


def test_what_a_killed_daemon_left_is_not_passed_over(path: Path) -> None:
    """Its log holds a part of the record, and without an index beside it nobody can read it there."""
    path.parent.chmod(0o755)
    path.with_name("ledger.db-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(60))
    path.parent.chmod(0o555)
    said = run("ledger", "show", "--ledger", str(path))
    assert said.returncode == 1
    assert "this user may not write there" in said.stderr
    assert "together with its -wal file" in said.stderr


def test_nobody_can_add_to_its_register_and_is_told_why(path: Path, tmp_path: Path) -> None:
    contract = ROOT / "config/contracts/police-strategic-it.yaml"
    words = ("--owner", "me", "--note", "read this", "--ledger", str(path))
    said = run("register", "add", "action", str(contract), *words)
    assert said.returncode == 1
    assert "may not write there" in said.stderr


@pytest.mark.parametrize(("script", "begun"), [(READ_TWICE, "1\n"), (CHECK_SLOWLY, "half done\n")])
def test_a_daemon_that_begins_to_write_it_meanwhile_is_noticed(path: Path, script: str, begun: str) -> None:
    """Its new rows would be seen in part, or not at all; and to call half of it whole or damaged would not be true."""
    command = [*AS_ANYBODY, sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reading:
        assert reading.stdin is not None
        assert reading.stdout is not None
        assert reading.stdout.readline() == begun
        path.parent.chmod(0o755)
        with opened(path) as ledger:
            record_all(ledger, observed(100))
            reading.stdin.write("\n")
            reading.stdin.flush()
            assert "somebody has begun to write this ledger while it was read; try again" in reading.stdout.read()
