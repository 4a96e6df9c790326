"""What jobs report: acknowledged once it is on disk, in the order in which it came in, whatever the clock said."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.clock import Clock, SystemClock
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind
from tests.fakes.clock import FakeClock
from tests.ledger.earlier import put_back
from tests.ledger.support import DEADLINE_S, T0, observed, opened, record_all

KEY = "custody/batch"
START, DONE, FAIL = ReportKind.START, ReportKind.DONE, ReportKind.FAIL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def begin(path: Path, clock: Clock, *, commit_within_ms: int = 5, buffer: int = 50_000) -> closing[Ledger]:
    return closing(Ledger.open(path, clock, commit_within_ms=commit_within_ms, buffer=buffer))


def rows(path: Path) -> list[tuple[object, ...]]:
    query = "select at_ms, kind, duration_ms, text from heartbeats order by id"
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_a_report_is_on_disk_when_it_is_acknowledged(path: Path) -> None:
    clock = FakeClock(T0)
    with begin(path, clock) as ledger:
        assert ledger.job(KEY) == JobState()
        assert ledger.report(KEY, START).result(DEADLINE_S)
        clock.advance(2_500)
        assert ledger.report(KEY, DONE, "42 records").result(DEADLINE_S)
        assert rows(path) == [(T0, "start", None, ""), (T0 + 2_500, "done", 2_500, "42 records")]
        assert ledger.job(KEY).ended == JobReport(DONE, T0 + 2_500, clock.monotonic(), "42 records", 2_500)


def test_the_state_is_the_same_after_a_restart(path: Path) -> None:
    clock = FakeClock(T0)
    with begin(path, clock) as ledger:
        for kind in (DONE, START, FAIL, START, DONE, START, FAIL, START):
            clock.advance(60_000)
            ledger.report(KEY, kind, f"the {kind}")
        before = ledger.job(KEY)
        assert ledger.close(DEADLINE_S)
    with begin(path, clock) as ledger:
        assert ledger.job(KEY) == before
        assert before.running is not None
        assert ledger.job("custody/other") == JobState()
    with read_only(path) as reader:
        assert reader.jobs(clock.now_ms(), clock.monotonic()) == {KEY: before}


def test_reports_of_one_instant_are_all_kept(path: Path) -> None:
    """A job that is over at once; a report that was posted again because its answer was lost."""
    with begin(path, FakeClock(T0)) as ledger:
        for kind in (START, DONE, DONE):
            assert ledger.report(KEY, kind).result(DEADLINE_S)
    assert [row[:2] for row in rows(path)] == [(T0, "start"), (T0, "done"), (T0, "done")]


def test_what_came_in_while_the_clock_was_ahead_counts_for_nothing_after_a_restart(path: Path) -> None:
    clock = FakeClock(T0)
    with begin(path, clock) as ledger:
        ledger.report(KEY, DONE, "true")
        clock.step(3_600_000)
        ledger.report(KEY, FAIL, "an hour ahead")
        clock.step(-3_600_000)
        assert ledger.close(DEADLINE_S)
    with begin(path, clock) as ledger:
        state = ledger.job(KEY)
        assert state.ended == state.done
        assert state.done is not None
        assert (state.done.at_ms, state.done.text) == (T0, "true")


def test_what_came_in_last_counts_after_a_restart_whatever_its_clock_said(path: Path) -> None:
    clock = FakeClock(T0)
    with begin(path, clock) as ledger:
        clock.step(10_000)
        ledger.report(KEY, FAIL)
        clock.step(-10_000)
        ledger.report(KEY, DONE)
        assert ledger.close(DEADLINE_S)
    clock.advance(60_000)
    with begin(path, clock) as ledger:
        state = ledger.job(KEY)
        assert state.ended is not None
        assert state.ended.kind is DONE


@pytest.mark.parametrize("text", ["\0", "\udcff", "\N{RIGHT-TO-LEFT OVERRIDE}", "'); drop table heartbeats; --", ""])
def test_hostile_text_is_kept_as_text(path: Path, text: str) -> None:
    with begin(path, FakeClock(T0)) as ledger:
        assert ledger.report(KEY, FAIL, text).result(DEADLINE_S)
    assert rows(path) == [(T0, "fail", None, text.replace("\udcff", "\\udcff"))]


def test_while_the_ledger_is_locked_nothing_is_acknowledged_and_then_everything(path: Path) -> None:
    with opened(path) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("begin immediate")
        reports = [ledger.report(KEY, DONE, str(number)) for number in range(3)]
        with pytest.raises(TimeoutError):
            reports[0].result(1)
        assert ledger.job(KEY).done is not None, "it was heard: nobody is called silent for our disk"
        stranger.execute("rollback")
        assert [report.result(DEADLINE_S) for report in reports] == [True] * 3
    assert [row[3] for row in rows(path)] == ["0", "1", "2"]


def test_what_is_given_up_is_not_acknowledged(path: Path) -> None:
    """A text of another kind than the table's; its neighbours in the same commit are kept."""
    with opened(path, commit_within_ms=200) as ledger:
        reports = [ledger.report(KEY, DONE, text) for text in ("one", 2, "three")]  # type: ignore[arg-type]
        assert [report.result(DEADLINE_S) for report in reports] == [True, False, True]
    assert [row[3] for row in rows(path)] == ["one", "three"]


def test_what_finds_no_room_is_not_acknowledged(path: Path) -> None:
    with opened(path, commit_within_ms=60_000, buffer=1) as ledger:
        first, second = ledger.report(KEY, START), ledger.report(KEY, DONE)
        assert second.result(DEADLINE_S) is False
        assert ledger.close(DEADLINE_S)
        assert first.result(DEADLINE_S)
        assert ledger.report(KEY, DONE).result(DEADLINE_S) is False, "it is closed"


def before_job_reports(path: Path) -> None:
    """Make the ledger one of the version that knew successes only."""
    put_back(path, "m0005_job_reports")
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany("insert into heartbeats values (1, ?)", [(T0 + n * 1_000,) for n in range(5)])


def test_a_ledger_of_the_version_before_keeps_every_heartbeat(path: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0, endpoint=KEY))
    before_job_reports(path)
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    with opened(path) as ledger:
        state = ledger.job(KEY)
        assert state.done is not None
        assert (state.done.at_ms, state.done.text, state.done.duration_ms) == (T0 + 4_000, "", None)
        assert ledger.report(KEY, FAIL, "new").result(DEADLINE_S)
        assert ledger.observations(KEY, 0, 2 * T0)
    assert [row[:2] for row in rows(path)[:5]] == [(T0 + n * 1_000, "done") for n in range(5)]
    assert rows(path)[5][1:] == ("fail", None, "new")
    report = check(path, lambda *_: None)
    assert (report.problems, report.counts["heartbeats"]) == ((), 6)
    assert "the chain was begun over 9 rows" in report.notes[0]
    with closing(sqlite3.connect(path)) as database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("delete from heartbeats")


def test_the_last_reports_are_found_without_reading_them_all(path: Path) -> None:
    with begin(path, SystemClock()) as ledger:
        assert ledger.report(KEY, DONE).result(DEADLINE_S)
    query = "explain query plan select id from heartbeats where endpoint_id = 1 and kind = 'done' and at_ms <= 1"
    with closing(sqlite3.connect(path)) as database:
        plan = " ".join(str(row[3]) for row in database.execute(f"{query} order by id desc limit 1"))
    assert "heartbeats_endpoint (endpoint_id=? AND kind=?)" in plan
    assert "TEMP B-TREE" not in plan
