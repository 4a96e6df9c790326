"""A clock that was wrong and is put right: the next observation counts, and the time in doubt is UNKNOWN."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.reading.record_lead import end_future
from sla_monitor.sla.observation import Observation, Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, T0, UP

KEY = "custody/login"
DAY_MS = 86_400_000
AHEAD = {"five minutes": 300_000, "a day": DAY_MS, "a year": 365 * DAY_MS}


class Wall:
    """The wall clock of a test: true time since T0, and an error that somebody sets."""

    def __init__(self) -> None:
        self.true_ms, self.error_ms, self.waited_s = T0, 0, 0
        self._real = SystemClock()

    def now_ms(self) -> int:
        return self.true_ms + self.error_ms

    def monotonic(self) -> float:
        return self._real.monotonic() + self.waited_s

    def asleep(self) -> float:
        return 0.0

    def worked(self) -> float:
        return self._real.worked()

    def sleep(self, seconds: float) -> None:
        self._real.sleep(seconds)


class Host:
    """A monitor that probes every EVERY_MS of true time, and notices steps of its clock."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock = path, Wall()
        self.ledger = self._open()

    def _open(self) -> Ledger:
        return Ledger.open(self.path, self.clock, commit_within_ms=5)

    def probe(self, count: int, *, is_up: bool = True) -> None:
        for _ in range(count):
            finding = UP if is_up else DOWN
            self.ledger.record(Observation(KEY, self.clock.now_ms(), finding), EVERY_MS)
            self.clock.true_ms += EVERY_MS
        assert self.ledger.flush(DEADLINE_S)

    def see(self, count: int, every_ms: int) -> None:
        """The endpoint is seen more rarely."""
        for _ in range(count):
            self.ledger.record(Observation(KEY, self.clock.now_ms(), UP), every_ms)
            self.clock.true_ms += every_ms
        assert self.ledger.flush(DEADLINE_S)

    def set_clock(self, error_ms: int, *, is_seen: bool = True) -> None:
        step_ms, self.clock.error_ms = error_ms - self.clock.error_ms, error_ms
        if is_seen:
            self.ledger.clock_stepped(step_ms)

    def restart_after(self, stopped_ms: int) -> None:
        self.ledger.close(DEADLINE_S)
        self.clock.true_ms += stopped_ms
        self.ledger = self._open()

    def wait(self, seconds: float) -> None:
        """For so long nothing is seen; the future is minded each second."""
        for _ in range(int(seconds)):
            self.clock.true_ms += 1_000
            self.clock.waited_s += 1
            self.ledger.mind_the_future()
        assert self.ledger.flush(DEADLINE_S)

    def suspend(self, duration_ms: int) -> None:
        self.clock.true_ms += duration_ms
        self.ledger.clock_stepped(0, duration_ms)

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
    host.probe(60)
    host.set_clock(ahead_ms)
    host.probe(30, is_up=False)
    host.set_clock(0)
    host.probe(10)
    assert host.told() == [(0, 600, "up", None), (600, 900, *DOUBT), (900, 1_000, "up", None)]
    assert host.ledger.stats().out_of_order == 0


@pytest.mark.parametrize("ahead_ms", AHEAD.values(), ids=AHEAD.keys())
def test_a_clock_that_was_ahead_from_the_start_and_is_put_right(host: Host, ahead_ms: int) -> None:
    host.probe(60)
    host.clock.true_ms += 3_600_000  # nobody looks for an hour; then the host starts with the wrong time
    host.set_clock(ahead_ms, is_seen=False)
    host.restart()
    host.probe(60)
    host.set_clock(0)
    host.probe(10)
    assert host.told()[0] == (0, 600, "up", None)
    # of an error shorter than the time for which it lasted, what does not reach into the future cannot be told apart
    began = 4_800 - min(600, ahead_ms // 1000)
    assert host.told()[-2:] == [(began, 4_800, *DOUBT), (4_800, 4_900, "up", None)]
    assert len(host.told()) == 3


@pytest.mark.parametrize("ahead_ms", AHEAD.values(), ids=AHEAD.keys())
def test_a_clock_that_is_put_right_while_the_monitor_is_stopped(
    host: Host, ahead_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    host.probe(60)
    host.set_clock(ahead_ms)
    host.probe(30)
    host.set_clock(0, is_seen=False)
    host.restart()
    host.probe(10)
    assert host.told() == [(0, 600, "up", None), (600, 900, *DOUBT), (900, 1_000, "up", None)]
    assert "into the future: the clock was ahead" in caplog.text


def test_a_step_back_by_little_costs_as_much(host: Host) -> None:
    host.probe(60)
    host.set_clock(-15_000)
    host.probe(10)
    assert host.told() == [(0, 570, "up", None), (570, 585, *DOUBT), (585, 685, "up", None)]


def test_a_step_back_within_an_interval_costs_nothing(host: Host) -> None:
    host.probe(60)
    host.set_clock(-3_000)
    host.probe(10)
    assert host.told() == [(0, 697, "up", None)]


def test_a_suspended_host_is_a_gap_and_what_it_saw_afterwards_stays(host: Host) -> None:
    host.probe(60)
    host.suspend(3_600_000)
    host.probe(60)
    host.set_clock(-15_000)
    host.probe(10)
    spans = host.told()
    assert spans[:2] == [(0, 600, "up", None), (4_200, 4_770, "up", None)]
    assert spans[2:] == [(4_770, 4_785, *DOUBT), (4_785, 4_885, "up", None)]


def test_a_clock_that_is_wrong_twice(host: Host) -> None:
    host.probe(10)
    for _ in range(2):
        host.set_clock(DAY_MS)
        host.probe(10)
        host.set_clock(0)
        host.probe(10)
    assert host.told() == [
        (0, 100, "up", None),
        (100, 200, *DOUBT),
        (200, 300, "up", None),
        (300, 400, *DOUBT),
        (400, 500, "up", None),
    ]


def test_what_was_seen_stays_in_the_record(host: Host) -> None:
    host.probe(60)
    host.set_clock(DAY_MS)
    host.probe(30, is_up=False)
    host.set_clock(0)
    host.probe(10)
    assert len(list(host.ledger.observations(KEY, 0, 2 * T0))) == 100


@pytest.mark.parametrize("behind_ms", [DAY_MS + 7_200_000, 400 * DAY_MS], ids=["a day", "more than all of the record"])
def test_a_host_that_boots_with_a_clock_that_is_behind_doubts_nothing_of_its_record(
    host: Host, behind_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A dead clock is years behind until somebody is asked for the time: its record is no less right for that."""
    host.see(30 * 24, 3_600_000)
    before = host.spans()
    host.set_clock(-behind_ms, is_seen=False)
    host.restart()
    host.wait(700)
    host.probe(3)
    assert host.spans() == before
    assert host.ledger.stats().lead_seconds > DAY_MS / 1000
    assert "the clock is behind, and what is seen now counts for nothing until it is right" in caplog.text
    host.set_clock(0)
    host.wait(1)
    host.probe(3)
    assert host.spans()[:-1] == before
    assert host.ledger.stats().lead_seconds == 0


def test_a_dead_clock_that_is_set_in_parts_doubts_nothing(host: Host) -> None:
    """First to some day of the last year, then back by a moment, then right."""
    host.probe(600)
    before = host.spans()
    host.set_clock(-50 * 365 * DAY_MS, is_seen=False)
    host.restart()
    host.probe(2)
    for error_ms in (-400 * DAY_MS, -400 * DAY_MS - 3_000, 0):
        host.set_clock(error_ms)
        host.probe(2)
    assert host.spans()[: len(before)] == before
    assert host.spans()[-1].outcome is Outcome.UP


def test_a_clock_that_is_behind_for_a_minute_after_the_start_doubts_nothing(host: Host) -> None:
    host.probe(600)
    host.set_clock(-3_600_000, is_seen=False)
    host.restart()
    host.wait(60)
    host.set_clock(0)
    host.wait(1)
    host.probe(10)
    assert host.told() == [(0, 6_000, "up", None), (6_061, 6_161, "up", None)]


def test_a_clock_that_was_ahead_for_long_from_the_first_start_is_believed_after_a_while(host: Host) -> None:
    """It cannot be told apart from one that is behind now; what it costs to be wrong is little."""
    host.set_clock(365 * DAY_MS, is_seen=False)
    host.probe(60)
    host.set_clock(0, is_seen=False)
    host.restart_after(60_000)
    host.probe(1)
    assert host.ledger.stats().out_of_order == 1
    host.wait(650)
    host.probe(10)
    assert host.told()[-1][2:] == ("up", None)
    assert host.told()[-1][1] - host.told()[-1][0] == 100
    host.wait(1)
    assert host.ledger.stats().lead_seconds == 0


def test_two_steps_that_cancel_before_anybody_notices(host: Host) -> None:
    """One observation has the time of next year. It does not blind its endpoint for a year."""
    host.probe(60)
    host.set_clock(365 * DAY_MS, is_seen=False)
    host.probe(1)
    host.set_clock(0, is_seen=False)
    host.wait(8)
    host.probe(10)
    assert host.told()[0] == (0, 600, "up", None)
    assert host.told()[-1][2:] == ("up", None)
    assert host.told()[-1][1] - host.told()[-1][0] == 100


def test_somebody_can_say_that_the_clock_is_right(host: Host) -> None:
    host.see(40, 3_600_000)
    host.ledger.close(DEADLINE_S)
    now_ms = host.clock.true_ms - 39 * 3_600_000
    assert end_future(host.path, now_ms) > 30 * 3_600_000
    assert end_future(host.path, now_ms) == 0
    assert rebuild_spans(host.path, lambda *_: None) == 0
    host.clock.error_ms = now_ms - host.clock.true_ms
    host.ledger = host._open()
    host.probe(10)
    assert host.told()[-1][2:] == ("up", None)


def test_a_sleep_is_no_error_that_a_later_step_back_puts_right(host: Host) -> None:
    """Otherwise all that was seen since the host slept would be in doubt."""
    host.probe(60)
    host.suspend(3_600_000)
    host.probe(1_000)
    host.set_clock(-3_600_000)
    host.probe(10)
    doubted_s = sum(end - start for start, end, outcome, _ in host.told() if outcome == "unknown")
    assert doubted_s <= 3_600
    assert [(one.size_ms) for one in host.ledger.clock_steps()] == [3_600_000, 0, -3_600_000]


STEPS = st.sampled_from([1_500, -1_500, 20_000, -20_000, 300_000, -300_000, DAY_MS, -DAY_MS, 0])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("probe"), st.integers(1, 12), st.booleans()),
        st.tuples(st.just("set"), STEPS, st.booleans()),
        st.tuples(st.just("sleep"), st.sampled_from([5_000, 600_000]), st.just(True)),
        st.tuples(st.just("restart"), st.sampled_from([0, 60_000]), st.just(True)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_the_clock_did_the_spans_are_rebuilt_and_the_next_probe_counts(
    acts: list[tuple[str, int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    host = Host(tmp_path_factory.mktemp("host") / "ledger.db")
    for act, size, flag in acts:
        if act == "probe":
            host.probe(size, is_up=flag)
        elif act == "set":
            host.set_clock(size, is_seen=flag)
        elif act == "sleep":
            host.suspend(size)
        else:
            host.restart_after(size)
    host.set_clock(0)
    host.wait(700)
    host.probe(2)
    spans = host.spans()
    host.ledger.close(DEADLINE_S)
    assert spans[-1].outcome is Outcome.UP
    assert spans[-1].seen_ms == host.clock.now_ms() - EVERY_MS
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(spans))
    assert all(span.start_ms < span.end_ms for span in spans)
    assert check(host.path, lambda *_: None).problems == ()
    assert rebuild_spans(host.path, lambda *_: None) == 0
