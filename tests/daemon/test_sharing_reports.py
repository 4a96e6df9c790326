"""What a job reports to one collector of a pair is known to both, once, also after one of them was replaced."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.daemon import following, sharing_reports
from sla_monitor.ledger.housekeeping.checking import backup
from sla_monitor.ledger.housekeeping.restoring import restore
from sla_monitor.ledger.reading.job_reports import JobReports
from sla_monitor.sla.jobs import ReportKind
from tests.pair.support import paired
from tests.support.nats import Collector, Server, serving, wait

KEY = "small/batch"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FETCH_EVERY_S", 0.1)
    monkeypatch.setattr(sharing_reports, "AT_ONCE", 3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def reports(one: Collector) -> list[tuple[int, str, int | None, str]]:
    with JobReports(one.path) as found:
        return sorted((each.at_ms, each.kind, each.duration_ms, each.text) for each in found.after(0, 1_000))


def say(one: Collector, *kinds: ReportKind, text: str = "") -> None:
    for kind in kinds:
        assert one.ledger.report(KEY, kind, text).result(60)
        time.sleep(0.002)


def alike(one: Collector, other: Collector, count: int) -> bool:
    return len(reports(one)) == count and reports(one) == reports(other)


def test_each_hears_what_jobs_report_to_the_other(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        say(east, *[ReportKind.DONE] * 7, text="42 records")
        say(west, ReportKind.FAIL, text="full")
        wait(lambda: alike(east, west, 8))
        wait(lambda: east.ledger.job(KEY).ended == west.ledger.job(KEY).ended or _same_end(east, west))
        ended = east.ledger.job(KEY).ended
        assert ended is not None
        assert (ended.kind, ended.text) == (ReportKind.FAIL, "full")
        say(east, ReportKind.START)
        wait(lambda: west.ledger.job(KEY).running is not None)
        say(west, ReportKind.DONE)
        wait(lambda: alike(east, west, 10))
        last = reports(east)[-1]
        assert last[2] is not None, "the run began at the other one"
        assert east.far._positions() == {}
        west.restart()
        say(east, ReportKind.DONE)
        wait(lambda: alike(east, west, 11))


def test_one_that_is_there_and_cannot_say_what_jobs_reported_is_told(tmp_path: Path, server: Server) -> None:
    def told(one: Collector) -> tuple[bool, float | None]:
        assert one.following is not None
        ((_, in_step),) = one.following.metrics()[names.PAIR_IN_STEP]
        return any(
            "job reports of the other collector may be missing" in each for each in one.following.troubles()
        ), in_step

    with paired(tmp_path, server) as (east, west):
        say(west, ReportKind.DONE)
        wait(lambda: alike(east, west, 1))
        assert told(east) == (False, True)
        away = west.path.with_name("away.db")
        west.path.rename(away)
        wait(lambda: told(east) == (True, False))
        away.rename(west.path)
        wait(lambda: told(east) == (False, True))


def _same_end(one: Collector, other: Collector) -> bool:
    found = [each.ledger.job(KEY).ended for each in (one, other)]
    return None not in found and len({each.at_ms for each in found if each is not None}) == 1


def test_after_one_was_replaced_nothing_is_missing_and_nothing_is_twice(tmp_path: Path, server: Server) -> None:
    with paired(tmp_path, server) as (east, west):
        say(west, *[ReportKind.DONE] * 5)
        say(east, *[ReportKind.DONE] * 2)
        wait(lambda: alike(east, west, 7))
        west.stop()
        say(east, ReportKind.FAIL)
        copy = tmp_path / "copy.db"
        backup(east.path, copy, lambda *_: None)
        shutil.rmtree(west.path.parent)
        west.path.parent.mkdir()
        restore(copy, west.path, int(time.time() * 1000), lambda *_: None)
        west.start()
        say(west, ReportKind.START, ReportKind.DONE)
        say(east, ReportKind.DONE)
        wait(lambda: alike(east, west, 11))
