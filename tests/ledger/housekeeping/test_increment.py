"""A backup that is brought up to date is the ledger as it is then, or the backup as it was."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.contract.terms_files import TermsFiles
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import Arrived, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.opening import is_unfinished
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from sla_monitor.ledger.reading.reader import keep_answer
from sla_monitor.ledger.recording.audit import AuditEvent, add_events
from sla_monitor.ledger.recording.kept_files import record_in_force
from sla_monitor.ledger.recording.month_results import MonthResult, record_months
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.attachments import attached_file
from sla_monitor.sla.jobs import ReportKind
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, FOREVER_MS, T0, observed, opened, record_all
from tests.register.saying import booking, claim, entries

ROOT = Path(__file__).parents[3]
MANY = 20_000
"""Observations that take some tenths of a second to add, so that it can be killed meanwhile."""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """On a disk: in memory nothing is under way for long enough to be killed in it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["ledger", *map(str, words)])


def backed_up(path: Path, copy: Path) -> str:
    said = run("backup", "--incremental", copy, "--ledger", path)
    assert said.exit_code == 0, said.exception
    return said.output


def refused(path: Path, copy: Path) -> str:
    """Content; the backup is not touched."""
    before = copy.read_bytes()
    error = run("backup", "--incremental", copy, "--ledger", path).exception
    assert isinstance(error, LedgerError)
    assert copy.read_bytes() == before
    return str(error)


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        return {name: sorted(database.execute(f"select * from {name}"), key=repr) for (name,) in tables}


def spoil(path: Path, statement: str) -> None:
    """Change the file as its administrator could, who may drop a trigger and put it back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        triggers = database.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"drop trigger {name}")
        database.execute(statement)
        for _, sql in triggers:
            database.execute(sql)


def seen(path: Path) -> int:
    with read_only(path) as reader:
        return sum(len(list(reader.observations(key, 0, FOREVER_MS))) for key in reader.last_spans())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    """A backup of two observations in a link that grows; the ledger goes on to have three in it."""
    copy = tmp_path / "backups" / "copy.db"
    copy.parent.mkdir()
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1, DOWN))
        assert "bytes" in backed_up(path, copy)  # there was none
        record_all(ledger, observed(2))
    return copy


def test_it_holds_all_that_the_ledger_holds_while_a_daemon_records(path: Path, tmp_path: Path) -> None:
    """Of every table, also of those that may change: spans, packed hours, answers."""
    copy, register = tmp_path / "copy.db", Register.open(path, SystemClock())
    with opened(path) as ledger:
        for turn in range(4):
            first = turn * 1_500
            record_all(ledger, *(observed(first + n, DOWN if n % 7 < 2 else observed().finding) for n in range(1_500)))
            record_all(ledger, observed(first, endpoint=f"custody/new-{turn}"))
            seen = observed(first, endpoint="custody/login@north")
            ledger.hand_over([(Arrived("north", "a", turn + 1, turn + 1, seen.at_ms, seen), EVERY_MS)])
            assert ledger.report("custody/job", ReportKind.DONE).result(DEADLINE_S)
            content = f"a file of turn {turn}".encode()
            file = attached_file("notice.txt", content, 100)
            papers = {file.digest: content}
            register.add(entries(booking(), claim()), once=f"form {turn}", files=papers, attached=[file])
            add_events(path, [AuditEvent(first, first, "signed-in", "ann")])
            record_in_force(path, "custody", TermsFiles(Path("custody.yaml"), b"%d" % turn, {}), first)
            record_months(path, [MonthResult(first, "custody", "2026-10", "{}", "{}", "{}")])
            keep_answer(path, f"{turn:064}", "an answer")
            ledger.keep_samples(["custody/login"], T0, T0 + (turn + 1) * 4 * HOUR_MS)
            if turn == 2:
                ledger.clock_stepped(-3_600_000)
                assert ledger.flush(DEADLINE_S)
            said = backed_up(path, copy)
            assert contents(copy) == contents(path)
            assert "bytes" in said if turn == 0 else "1,502 observations added" in said
    others = {"pruned_days", "pruned_endpoints", "imports", "imported_spans", "imported_looks", "withdrawn_imports"}
    assert {name for name, rows in contents(copy).items() if not rows} == others
    assert check(copy, lambda *_: None).problems == ()
    assert run("restore", copy, "--ledger", path).exit_code == 0
    with opened(path) as ledger:
        record_all(ledger, observed(9_000))
    assert check(path, lambda *_: None).problems == ()


def test_a_link_that_has_grown_since_is_taken_over(path: Path, copy: Path) -> None:
    assert "1 observations added, 0 links" in backed_up(path, copy)
    assert contents(copy) == contents(path)
    assert "0 observations added, 0 links" in backed_up(path, copy)


def test_spans_that_were_worked_out_again_and_answers_that_were_thrown_away_are_so_in_it(
    path: Path, copy: Path
) -> None:
    keep_answer(path, "0" * 64, "an answer")
    backed_up(path, copy)
    spoil(path, "update ended_spans set looks = 77")
    rebuild_spans(path, lambda *_: None)
    backed_up(path, copy)
    assert contents(copy) == contents(path)
    assert contents(copy)["worked_out"] == []


def test_a_ledger_where_nothing_may_be_written_is_backed_up_too(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_monitor.ledger.offline_file._is_resting", lambda asked: asked == path)
    backed_up(path, copy)
    assert contents(copy) == contents(path)


def test_who_is_killed_meanwhile_leaves_the_former_backup(path: Path, copy: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(3 + n) for n in range(MANY)))
    journal, at, former = copy.with_name("copy.db-journal"), tmp_path / "restored.db", copy.read_bytes()
    for moment in (journal.exists, partial(is_unfinished, copy)) * 2:
        while not _killed(path, copy, moment):
            copy.write_bytes(former)  # it was done before
        if is_unfinished(copy):
            assert "take back what is not finished" in str(run("check", "--ledger", copy).exception)
        moved = shutil.copytree(copy.parent, tmp_path / "elsewhere")
        assert run("restore", moved / "copy.db", "--ledger", at).output.count("restored, 2 observations") == 1
        shutil.rmtree(moved)
        at.unlink()
    backed_up(path, copy)
    assert seen(copy) == MANY + 3
    assert check(copy, lambda *_: None).problems == ()


def _killed(path: Path, copy: Path, has_come: Callable[[], bool]) -> bool:
    """Whether somebody who brings a backup up to date was killed in a moment, which may be a short one."""
    module = "sla_monitor.ledger.housekeeping.increment"
    script = f"import sys; from pathlib import Path; from {module} import bring_up_to_date as bring;"
    command = [sys.executable, "-c", f"{script} bring(*map(Path, sys.argv[1:]))", str(path), str(copy)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        while process.poll() is None and not has_come():
            """Nobody says so."""
        process.send_signal(signal.SIGKILL)
    return copy.with_name("copy.db-journal").exists() and has_come()


def test_a_backup_of_another_ledger_is_refused(path: Path, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with opened(other) as ledger:
        record_all(ledger, observed(0), observed(5))
    assert "does not verify" in refused(other, copy)
    with opened(other) as ledger, opened(path) as ours:
        record_all(ledger, *(observed(6 + n) for n in range(3_000)))
        record_all(ours, *(observed(3 + n) for n in range(3_000)))
    backed_up(path, copy)
    assert "it is no earlier backup of this ledger" in refused(other, copy)


def test_a_backup_of_a_later_time_is_refused(path: Path, copy: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.db"
    shutil.copyfile(copy, earlier)
    with opened(path) as ledger:
        record_all(ledger, *(observed(3 + n) for n in range(3_000)))
    backed_up(path, copy)
    assert "it is no earlier backup of this ledger" in refused(earlier, copy)


def test_the_ledger_and_another_ledger_in_use_are_no_backups(path: Path, copy: Path, tmp_path: Path) -> None:
    assert "this is the ledger itself" in refused(path, path)
    other = tmp_path / "other.db"
    with opened(other) as ledger:
        record_all(ledger, observed(0))
    assert "it is no backup, but a ledger in use" in refused(path, other)


@pytest.mark.parametrize("statement", ["update observations set outcome = 3", "delete from observations"])
def test_rows_that_a_growing_link_covers_are_verified_in_the_backup(path: Path, copy: Path, statement: str) -> None:
    spoil(copy, f"{statement} where id = 1")
    assert "does not verify (observation" in refused(path, copy)


def test_what_somebody_wrote_into_the_ledger_is_not_taken_over(path: Path, copy: Path) -> None:
    spoil(path, "update observations set duration_us = 1 where id = 3")
    assert "observation 3 of custody/login" in refused(path, copy)


def test_a_backup_of_another_version_is_refused(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as database:
        database.execute("drop index observations_evidence")
    assert "of another version" in refused(path, copy)


def test_a_file_of_something_else_is_refused(path: Path, copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "notes"
    other.write_text("nothing of the kind")
    assert "not a ledger" in refused(path, other) or "not a database" in refused(path, other)


def test_a_backup_is_nobody_elses_to_read(path: Path, copy: Path) -> None:
    assert oct(copy.stat().st_mode & 0o777 & ~0o640) == "0o0"
