"""A clock that was wrong and is put right: the next observation counts, and the time in doubt is UNKNOWN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.rebuild import rebuild_spans
from sla_monitor.ledger.upkeep import check
from sla_monitor.sla.observation import Observation, Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, T0, UP

KEY = "custody/login"
DAY_MS = 86_400_000
AHEAD = {"five minutes": 300_000, "a day": DAY_MS, "a year": 365 * DAY_MS}


class Wall:
    """The wall clock of a test: true time since T0, and an error that somebody sets."""

    def __init__(self) -> None:
        self.true_ms, self.error_ms = T0, 0
        self._real = SystemClock()

    def now_ms(self) -> int:
        return self.true_ms + self.error_ms

    def monotonic(self) -> float:
        return self._real.monotonic()

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds)


class Host:
    """A monitor that looks every EVERY_MS of true time, and notices steps of its clock."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Wall()
        self.ledger = self._open()

    def _open(self) -> Ledger:
        return Ledger.open(self.path, self.clock, commit_within_ms=5)

    def look(self, count: int, *, is_up: bool = True) -> None:
        for _ in range(count):
            finding = UP if is_up else DOWN
            self.ledger.record(Observation(KEY, self.clock.now_ms(), finding), EVERY_MS)
            self.clock.true_ms += EVERY_MS
        assert self.ledger.flush(DEADLINE_S)

    def set_clock(self, error_ms: int, *, is_seen: bool = True) -> None:
        step_ms, self.clock.error_ms = error_ms - self.clock.error_ms, error_ms
        if is_seen:
            self.ledger.clock_stepped(step_ms)

    def suspend(self, duration_ms: int) -> None:
        self.clock.true_ms += duration_ms
        self.ledger.clock_stepped(duration_ms)

    def restart(self) -> None:
        self.ledger.close(DEADLINE_S)
        self.ledger = self._open()

    def spans(self) -> list[Span]:
        assert self.ledger.flush(DEADLINE_S)
        return self.ledger.spans(0, 2 * T0).get(KEY, [])

    def told(self) -> list[tuple[int, int, str, str | None]]:
        """Seconds of true time since T0, outcome and reason."""
        return [
            ((span.start_ms - T0) // 1000, (span.end_ms - T0) // 1000, span.outcome.value, span.reason)
            for span in self.spans()
        ]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path / "ledger.db")
    yield host
    host.ledger.close(DEADLINE_S)
    assert check(host.path, lambda *_: None).problems == ()
    assert rebuild_spans(host.path, lambda *_: None) == 0


DOUBT = (Outcome.UNKNOWN.value, Reason.CLOCK_STEPPED)


@pytest.mark.parametrize("ahead_ms", AHEAD.values(), ids=AHEAD.keys())
def test_a_clock_that_was_set_ahead_and_put_right(host: Host, ahead_ms: int) -> None:
    host.look(60)
    host.set_clock(ahead_ms)
    host.look(30, is_up=False)
    host.set_clock(0)
    host.look(10)
    assert host.told() == [(0, 600, "up", None), (600, 900, *DOUBT), (900, 1_000, "up", None)]
    assert host.ledger.stats().out_of_order == 0


@pytest.mark.parametrize("ahead_ms", AHEAD.values(), ids=AHEAD.keys())
def test_a_clock_that_was_ahead_from_the_start_and_is_put_right(host: Host, ahead_ms: int) -> None:
    host.look(60)
    host.clock.true_ms += 3_600_000  # nobody looks for an hour; then the host starts with the wrong time
    host.set_clock(ahead_ms, is_seen=False)
    host.restart()
    host.look(60)
    host.set_clock(0)
    host.look(10)
    assert host.told()[0] == (0, 600, "up", None)
    # of an error shorter than the time for which it lasted, what does not reach into the future cannot be told apart
    began = 4_800 - min(600, ahead_ms // 1000)
    assert host.told()[-2:] == [(began, 4_800, *DOUBT), (4_800, 4_900, "up", None)]
    assert len(host.told()) == 3


@pytest.mark.parametrize("ahead_ms", AHEAD.values(), ids=AHEAD.keys())
def test_a_clock_that_is_put_right_while_the_monitor_is_stopped(
    host: Host, ahead_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    host.look(60)
    host.set_clock(ahead_ms)
    host.look(30)
    host.set_clock(0, is_seen=False)
    host.restart()
    host.look(10)
    assert host.told() == [(0, 600, "up", None), (600, 900, *DOUBT), (900, 1_000, "up", None)]
    assert "into the future: the clock was ahead" in caplog.text


def test_a_step_back_by_little_costs_as_much(host: Host) -> None:
    host.look(60)
    host.set_clock(-15_000)
    host.look(10)
    assert host.told() == [(0, 570, "up", None), (570, 585, *DOUBT), (585, 685, "up", None)]


def test_a_step_back_within_an_interval_costs_nothing(host: Host) -> None:
    host.look(60)
    host.set_clock(-3_000)
    host.look(10)
    assert host.told() == [(0, 697, "up", None)]


def test_a_suspended_host_is_a_gap_and_what_it_saw_afterwards_stays(host: Host) -> None:
    host.look(60)
    host.suspend(3_600_000)
    host.look(60)
    host.set_clock(-15_000)
    host.look(10)
    spans = host.told()
    assert spans[:2] == [(0, 600, "up", None), (4_200, 4_770, "up", None)]
    assert spans[2:] == [(4_770, 4_785, *DOUBT), (4_785, 4_885, "up", None)]


def test_a_clock_that_is_wrong_twice(host: Host) -> None:
    host.look(10)
    for _ in range(2):
        host.set_clock(DAY_MS)
        host.look(10)
        host.set_clock(0)
        host.look(10)
    assert host.told() == [
        (0, 100, "up", None),
        (100, 200, *DOUBT),
        (200, 300, "up", None),
        (300, 400, *DOUBT),
        (400, 500, "up", None),
    ]


def test_what_was_seen_stays_in_the_record(host: Host) -> None:
    host.look(60)
    host.set_clock(DAY_MS)
    host.look(30, is_up=False)
    host.set_clock(0)
    host.look(10)
    assert len(list(host.ledger.observations(KEY, 0, 2 * T0))) == 100
