"""`sla-monitor ledger` as it is typed, on a ledger that a daemon has open where that is allowed."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.ledger.command import ledger_group as command
from sla_monitor.errors import LedgerDamaged, LedgerError, LedgerLocked
from sla_monitor.ledger import Ledger, read_only
from tests.ledger.support import DOWN, FOREVER_MS, T0, UP, observed, opened, record_all

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with opened(path) as ledger:
        hostile = replace(DOWN, detail="\x1b[2Jgone\nnext")
        record_all(
            ledger,
            *(observed(index) for index in range(1_000)),
            observed(1_000, hostile),
            observed(0, UP, "custody/portal"),
        )
        yield ledger


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=True)


def test_show_lists_every_endpoint_while_the_daemon_runs(ledger: Ledger, path: Path) -> None:
    result = run("show", "--ledger", str(path))
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()[3:]] == ["custody/login", "custody/portal"]


def test_show_tells_the_last_of_one_endpoint_as_json(ledger: Ledger, path: Path) -> None:
    told = json.loads(run("show", "login", "--last", "2", "--format", "json", "--ledger", str(path)).output)
    assert [(span["start"], span["outcome"], span["looks"]) for span in told["spans"]] == [
        ("2026-01-01T00:00:00.000Z", "up", 1_000),
        ("2026-01-01T02:46:40.000Z", "down", 1),
    ]
    assert [(seen["at"], seen["reason"]) for seen in told["observations"]] == [
        ("2026-01-01T02:46:30.000Z", None),
        ("2026-01-01T02:46:40.000Z", "timeout"),
    ]


def test_show_reads_as_far_back_as_it_is_asked(ledger: Ledger, path: Path) -> None:
    told = json.loads(run("show", "custody/login", "--last", "900", "--format", "json", "--ledger", str(path)).output)
    assert len(told["observations"]) == 900
    assert told["observations"][0]["at"] == "2026-01-01T00:16:50.000Z"


def test_a_suppliers_text_cannot_move_the_terminals_cursor(ledger: Ledger, path: Path) -> None:
    output = run("show", "login", "--ledger", str(path)).output
    assert "\\x1b[2Jgone\\nnext" in output
    assert "\x1b" not in output


def test_show_names_the_endpoints_that_there_are(ledger: Ledger, path: Path) -> None:
    result = run("show", "logon", "--ledger", str(path))
    assert result.exit_code == 2
    assert "'logon' was never seen (write one of: custody/login, custody/portal)" in result.output


def test_check_counts_what_is_kept_while_the_daemon_runs(ledger: Ledger, path: Path) -> None:
    result = run("check", "--ledger", str(path))
    assert (result.exit_code, result.stderr) == (0, "")
    assert ["observations", "1,002"] in [line.split() for line in result.stdout.splitlines()]
    assert result.stdout.endswith("ledger.db: whole\n")


def test_check_finds_damage_deep_in_the_history(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(5_000)))
    with closing(sqlite3.connect(path)) as database:
        (index,) = database.execute("select rootpage from sqlite_master where name = 'observations_at_ms'").fetchone()
    with path.open("r+b") as file:
        file.seek((index + 20) * 4096 + 200)
        file.write(os.urandom(3_000))
    result = run("check", "--ledger", str(path))
    assert result.exit_code == 1
    assert "whole" not in result.stdout


def test_check_of_what_is_no_ledger_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("nothing of the kind")
    assert isinstance(run("check", "--ledger", str(tmp_path / "notes")).exception, LedgerDamaged)


def test_a_backup_made_while_the_daemon_writes_is_a_ledger_of_its_own(ledger: Ledger, path: Path) -> None:
    copy = path.with_name("copy.db")
    for index in range(1_001, 3_000):
        ledger.record(observed(index), 10_000)
    assert run("backup", str(copy), "--ledger", str(path)).exit_code == 0
    assert sorted(found.name for found in path.parent.glob("copy*")) == ["copy.db"]
    assert run("check", "--ledger", str(copy)).exit_code == 0
    with read_only(copy) as reader:
        assert reader.spans(0, T0 + 1)["custody/login"][0].probes == 1_000
    with opened(copy) as restored:
        record_all(restored, observed(5_000))
        assert restored.spans(T0 + 50_000_000, FOREVER_MS)["custody/login"]


def test_a_backup_never_replaces_a_file(ledger: Ledger, path: Path) -> None:
    copy = path.with_name("copy.db")
    copy.write_text("last month's")
    error = run("backup", str(copy), "--ledger", str(path)).exception
    assert isinstance(error, LedgerError)
    assert "choose another" in str(error)
    assert copy.read_text() == "last month's"


def test_a_backup_that_was_killed_just_before_its_end_is_not_written_over(ledger: Ledger, path: Path) -> None:
    """The unfinished file is then a second name of a whole copy, which may have been moved to a safe place since."""
    copy, safe, part = path.with_name("copy.db"), path.with_name("monday.db"), path.with_name("copy.db.part")
    assert run("backup", str(copy), "--ledger", str(path)).exit_code == 0
    copy.rename(safe)
    part.hardlink_to(safe)
    monday = safe.read_bytes()
    record_all(ledger, observed(5_000))
    error = run("backup", str(copy), "--ledger", str(path)).exception
    assert isinstance(error, LedgerError)
    assert str(part) in str(error)
    assert "remove it" in str(error)
    assert not copy.exists()
    assert safe.read_bytes() == part.read_bytes() == monday
    part.unlink()
    assert run("backup", str(copy), "--ledger", str(path)).exit_code == 0
    assert safe.read_bytes() == monday


def test_a_backup_to_a_place_that_is_not_there_is_refused(ledger: Ledger, path: Path) -> None:
    error = run("backup", str(path.parent / "nowhere" / "copy.db"), "--ledger", str(path)).exception
    assert isinstance(error, LedgerError)
    assert "nowhere/copy.db" in str(error)


def test_rebuild_is_refused_while_the_daemon_runs_and_works_when_it_has_stopped(ledger: Ledger, path: Path) -> None:
    assert isinstance(run("rebuild-spans", "--ledger", str(path)).exception, LedgerLocked)
    ledger.close()
    result = run("rebuild-spans", "--ledger", str(path))
    assert (result.exit_code, result.output) == (0, f"{path}: rebuilt; rows of spans that differed: 0\n")


def test_rebuild_makes_no_ledger_where_there_was_none(path: Path) -> None:
    assert run("rebuild-spans", "--ledger", str(path)).exit_code == 1
    assert not path.exists()


def test_progress_is_drawn_on_a_terminal_only(ledger: Ledger, path: Path) -> None:
    ours, theirs = pty.openpty()
    script = "import sys; from sla_monitor.cli.ledger.command import ledger_group; ledger_group(sys.argv[1:])"
    arguments = [sys.executable, "-c", script, "check", "--ledger", str(path)]
    environment = {**os.environ, "TERM": "xterm"}
    ran = subprocess.run(arguments, cwd=ROOT, stdout=PIPE, stderr=theirs, env=environment, check=True)
    drawn = os.read(ours, 10_000)
    os.close(ours)
    os.close(theirs)
    assert b"100%" in drawn
    assert b"100%" not in ran.stdout
