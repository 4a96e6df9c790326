"""The daemon seals days by night, in a process of its own, once; what fails is told and tried again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.configuration import read_configuration
from sla_monitor.daemon import Daemon
from sla_monitor.daemon.nightly import AGAIN_MS, DAY_MS, SEALING, Nightly
from tests.archive.support import FIRST, Place, checked, observations
from tests.daemon.test_background_jobs import seen_a_day_ago

NOW_MS = 20_000 * DAY_MS + SEALING.at_ms + 5
DEADLINE_S = 60.0


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_so()


def finished(nightly: Nightly, now_ms: int) -> None:
    """Begin, and wait for the end of it; `check` itself never waits."""
    nightly.check(now_ms)
    process = nightly._process
    assert process is not None
    until(lambda: process.poll() is not None)
    nightly._finish(process, now_ms)


def test_days_are_sealed_once_a_night(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place")
    place.record(observations(2))
    nightly = Nightly(place.settings)
    finished(nightly, NOW_MS)
    assert (nightly.failing, len(place.days())) == (False, 10)
    nightly.check(NOW_MS + DAY_MS - 6)
    assert nightly._process is None
    nightly.check(NOW_MS + DAY_MS - 5)
    assert nightly._process is not None
    nightly.stop()


def test_what_fails_is_told_and_tried_again_in_an_hour(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = Place.furnished(tmp_path / "place")
    (place.folder / "ledger.key").unlink()
    nightly = Nightly(place.settings)
    with caplog.at_level(logging.ERROR):
        finished(nightly, NOW_MS)
    assert nightly.failing
    assert "make a key" in caplog.records[0].__dict__["problem"]
    nightly.check(NOW_MS + AGAIN_MS - 1)
    assert nightly._process is None
    nightly.check(NOW_MS + AGAIN_MS)
    assert nightly._process is not None
    nightly.stop()


def test_a_clock_that_is_far_ahead_seals_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody was there for a year, or the clock is wrong: a person has to say which."""
    place = Place.furnished(tmp_path / "place", term={"start": "2026-01-01", "end": "2026-03-31"})
    place.record(observations(1))
    place.seal(FIRST + timedelta(days=1))
    nightly = Nightly(place.settings)
    with caplog.at_level(logging.ERROR):
        finished(nightly, NOW_MS)
    assert (nightly.failing, len(place.days())) == (True, 1)
    (said,) = (record for record in caplog.records if record.name == "sla_monitor.daemon.nightly")
    assert "is the clock right?" in said.__dict__["problem"]


def test_the_daemon_seals_where_it_is_asked_to(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place")
    place.record(observations(1))
    seen_a_day_ago(place.ledger)
    settings = place.settings.read_text().replace("archive:\n", "archive:\n  automatic: true\n")
    place.settings.write_text("listen: 127.0.0.1:0\n" + settings)
    daemon = Daemon(place.settings, read_configuration(place.settings), SystemClock())
    daemon.start()
    try:
        daemon._errands.seal_days()
        until(lambda: len(place.days()) == 10)
        assert daemon._errands.metrics()
    finally:
        daemon.stop()
    assert checked(place.sealed, place.key).problems == []
    assert place.days()[0].on == FIRST
    assert place.days()[-1].on == FIRST + timedelta(days=9)
