"""What the daemon has under way in processes of their own is given up when it stops."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.board import Board
from sla_monitor.clock import Clock, SystemClock
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.background_jobs import PROVEN_MS, BackgroundJobs
from sla_monitor.daemon.daemon import SIGNALS
from sla_monitor.daemon.nightly import Nightly
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.daemon.response_history import ResponseHistory
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import HistoryReader, Ledger
from sla_monitor.review.pack_scheduler import Due, PackScheduler
from sla_monitor.settings import Reviews
from sla_monitor.sla.observation import Observation
from tests.archive.support import DAY_MS, T0, Place, observations
from tests.fakes.clock import FakeClock
from tests.ledger.support import UP
from tests.support.ports import free_port


@pytest.fixture(autouse=True)
def _signals_are_blocked() -> Iterator[None]:
    """As the daemon has them; a process that it starts inherits that."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place.furnished(tmp_path / "place")
    place.record(observations(2))
    return place


def test_days_are_not_sealed_to_the_end(place: Place) -> None:
    nightly = Nightly(place.settings)
    nightly.check(0)
    process = nightly._process
    assert process is not None
    nightly.stop()
    assert process.returncode == -signal.SIGKILL


def test_a_pack_is_not_made_to_the_end(place: Place) -> None:
    duty = PackScheduler(Reviews(folder=place.folder / "packs"), place.settings)
    duty.check([Due("custody", "2026-01")], 0)
    assert duty._running is not None
    _, process = duty._running
    duty.stop()
    assert process.returncode == -signal.SIGKILL


def seen_a_day_ago(ledger: Path, clock: Clock | None = None) -> None:
    """So that the record bears out what time it is: of an endpoint of another contract."""
    clock = clock or SystemClock()
    with closing(Ledger.open(ledger, clock)) as record:
        record.record(Observation("other/web", clock.now_ms() - PROVEN_MS - 60_000, UP), 60_000)


def begun(errands: BackgroundJobs) -> tuple[bool, bool]:
    """Whether the sealing of days begins now, and the making of a pack; both are given up again."""
    errands.seal_days()
    errands.make_reviews()
    found = errands._nightly._process is not None, errands._duty._running is not None
    errands.stop()
    return found


def test_what_cannot_be_taken_back_waits_while_the_clock_may_be_ahead(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the month is over nor the day: it is the clock that says so. Nothing is made of it."""
    clock = FakeClock(T0 + 2 * DAY_MS)
    with closing(Ledger.open(place.ledger, clock)) as ledger:
        verified = RecordVerification()
        assessing = Assessing(ledger, Board(0, ""), clock, verified)
        times = ResponseHistory(lambda: HistoryReader(place.ledger), lambda digest, body: None, clock)
        errands = BackgroundJobs(place.settings, lambda: place.configuration, assessing, clock, times)
        assert begun(errands) == (True, False)
        clock.step(30 * DAY_MS)
        assert begun(errands) == (False, False)
        assert caplog.text.count("nothing was seen a day ago") == 1
        clock.step(-30 * DAY_MS)
        assert begun(errands) == (True, False)
        clock.step(30 * DAY_MS)  # it was right, and the monitor is what had not run
        clock.advance(PROVEN_MS)
        assert begun(errands) == (True, True)


def test_silences_wait_for_the_first_figures_and_the_page_says_when_they_fail(place: Place) -> None:
    alertmanager = place.configuration.settings.alertmanager.model_copy(
        update={"url": f"http://127.0.0.1:{free_port()}", "silences": True}
    )
    settings = place.configuration.settings.model_copy(update={"alertmanager": alertmanager})
    configuration, clock = replace(place.configuration, settings=settings), FakeClock(T0 + DAY_MS)
    with closing(Ledger.open(place.ledger, clock)) as ledger:
        verified = RecordVerification()
        assessing = Assessing(ledger, Board(0, ""), clock, verified)
        times = ResponseHistory(lambda: HistoryReader(place.ledger), lambda digest, body: None, clock)
        errands = BackgroundJobs(place.settings, lambda: configuration, assessing, clock, times)
        errands.silence()
        assert list(errands.troubles()) == []
        assessing.assess(lambda: configuration.contracts)
        errands.silence()
        assert list(errands.troubles()) == [
            "Alertmanager does not take silences: permitted maintenance may call people"
        ]
        assert errands.facts() == {"Silences": "0 in Alertmanager for permitted maintenance"}


class Turns:
    """A schedule that does nothing by itself."""

    def __init__(self) -> None:
        self.jobs: dict[str, Callable[[], None]] = {}

    def every(self, _: int, name: str, job: Callable[[], None]) -> None:
        self.jobs[name] = job


def test_a_job_that_waited_until_the_ledger_was_closed_is_no_fault(place: Place) -> None:
    clock, verified = FakeClock(T0 + 2 * DAY_MS), RecordVerification()
    with closing(Ledger.open(place.ledger, clock)) as ledger:
        assessing = Assessing(ledger, Board(0, ""), clock, verified)
        times = ResponseHistory(lambda: HistoryReader(place.ledger), lambda digest, body: None, clock)
        errands = BackgroundJobs(place.settings, lambda: place.configuration, assessing, clock, times)
        turns = Turns()
        errands.begin(turns)  # type: ignore[arg-type]
    with pytest.raises(LedgerError):
        turns.jobs["queries"]()
    errands.stop()
    turns.jobs["queries"]()
