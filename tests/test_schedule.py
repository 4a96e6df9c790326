"""When we look: phases, slots, gaps, overruns, steps of the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.clock import SystemClock
from sla_monitor.schedule import LATENESS_BUCKETS_S, Schedule, Slot, SlotTrigger, phase_ms, workers_needed
from sla_monitor.workers import Workers
from tests.fakes.clock import FakeClock
from tests.running import wait_until


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(st.integers(1, 90_000), st.data(), st.floats(1e9, 2e9))
def test_a_slot_fires_at_the_next_whole_second_of_its_phase(period: int, data: st.DataObject, now: float) -> None:
    phase = data.draw(st.integers(0, period - 1))
    due = SlotTrigger(period, phase).get_next_fire_time(None, at(now)).timestamp()
    assert due % 1 == 0
    assert (int(due) - phase) % period == 0
    assert 0 <= due - at(now).timestamp() < period


def test_a_day_of_fires_has_no_drift() -> None:
    trigger, due, fires = SlotTrigger(60, 17), at(1_700_000_000), []
    while due < at(1_700_086_400):
        due = trigger.get_next_fire_time(due, due)
        fires.append(due.timestamp())
    assert len(fires) in (1440, 1441)
    assert {second % 60 for second in fires} == {17.0}


def test_a_gap_of_any_length_is_one_step() -> None:
    """A host that slept for ten years fires next within one period of waking up."""
    trigger = SlotTrigger(10, 3)
    due = trigger.get_next_fire_time(at(1_400_000_003), at(1_700_000_000.5))
    assert due == at(1_700_000_003)


def test_a_clock_set_back_does_not_stop_the_slot() -> None:
    due = SlotTrigger(10, 3).get_next_fire_time(None, at(1_600_000_000))
    assert due == at(1_600_000_003)


@given(st.text(min_size=1), st.sampled_from([1_000, 10_000, 60_000]))
def test_a_phase_is_fixed_and_within_the_interval(key: str, every_ms: int) -> None:
    assert phase_ms(key, every_ms) == phase_ms(key, every_ms) < every_ms


def test_phases_spread_over_the_interval() -> None:
    seconds = Counter(phase_ms(f"contract/endpoint-{n}", 10_000) // 1000 for n in range(1000))
    assert set(seconds) == set(range(10))
    assert max(seconds.values()) < 150


class Recorder:
    """A schedule on a fake clock, fired by hand: its slots' behaviour without waiting."""

    def __init__(self) -> None:
        self.clock = FakeClock(1_700_000_000_000)
        self.looks: list[tuple[str, int]] = []
        self.skips: Counter[str] = Counter()
        self.workers = Workers(4)
        self.schedule = Schedule(self.clock, self.look, self.skip, lambda: None, self.workers)
        self.release = threading.Event()
        self.release.set()

    def look(self, key: str) -> None:
        self.looks.append((key, self.clock.now_ms()))
        self.release.wait(5)

    def skip(self, key: str, count: int) -> None:
        self.skips[key] += count

    def fire(self, slot: Slot, expected_looks: int) -> None:
        self.schedule._fire(slot)
        deadline = time.monotonic() + 5
        while len(self.looks) < expected_looks and time.monotonic() < deadline:
            time.sleep(0.002)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    one = Recorder()
    yield one
    one.release.set()
    one.schedule.stop()


def test_members_go_at_their_own_place_in_the_second(recorder: Recorder) -> None:
    slot = Slot(10, 0, [(100, "a"), (700, "b")])
    recorder.fire(slot, 2)
    assert sorted(key for key, _ in recorder.looks) == ["a", "b"]
    assert recorder.clock.now_ms() == 1_700_000_000_700


def test_a_late_hand_over_is_a_strain_for_a_second(recorder: Recorder) -> None:
    recorder.fire(Slot(10, 0, [(0, "a")]), 1)
    assert recorder.workers.is_strained is False
    recorder.clock.advance(60)
    recorder.fire(Slot(10, 0, [(0, "b"), (950, "c")]), 3)
    assert recorder.workers.is_strained is True
    recorder.clock.advance(200)
    recorder.fire(Slot(10, 1, [(500, "d")]), 4)
    assert recorder.workers.is_strained is False


def test_looks_lost_in_a_gap_are_counted_for_each_endpoint(recorder: Recorder) -> None:
    """No event of the scheduler tells of a gap: due times do."""
    slot = Slot(10, 0, [(0, "a"), (1, "b")])
    recorder.fire(slot, 2)
    recorder.clock.advance(60_000)
    recorder.fire(slot, 4)
    assert recorder.skips == {"a": 5, "b": 5}
    assert recorder.schedule.stats.missed == 10


def test_a_look_that_overruns_its_interval_is_counted_and_not_doubled(recorder: Recorder) -> None:
    slot = Slot(10, 0, [(0, "a")])
    recorder.release.clear()
    recorder.fire(slot, 1)
    recorder.clock.advance(10_000)
    recorder.fire(slot, 1)
    assert len(recorder.looks) == 1
    assert recorder.skips == {"a": 1}
    assert recorder.schedule.stats.overrun == 1


def test_a_slot_fired_twice_for_one_due_time_looks_once(recorder: Recorder) -> None:
    slot = Slot(10, 0, [(0, "a")])
    recorder.fire(slot, 1)
    recorder.clock.advance(3_000)
    recorder.schedule._fire(slot)
    assert len(recorder.looks) == 1


def test_a_step_of_the_clock_is_seen_and_counted(recorder: Recorder) -> None:
    assert not recorder.schedule.mind_the_clock()
    recorder.clock.advance(5_000)
    assert not recorder.schedule.mind_the_clock()
    recorder.clock.step(-3_600_000)
    assert recorder.schedule.mind_the_clock()
    assert recorder.schedule.stats.clock_steps == 1


def test_looking_goes_on_after_the_clock_was_set_back_by_an_hour() -> None:
    """APScheduler waits for wall-clock instants; without a nudge it would be silent for the hour."""

    class Settable(SystemClock):
        step_ms = 0

        def now_ms(self) -> int:
            return super().now_ms() + self.step_ms

    clock, seen, skips = Settable(), list[int](), Counter[str]()
    schedule = Schedule(
        clock, lambda key: seen.append(1), lambda key, n: skips.update({key: n}), lambda: None, Workers(2)
    )
    slot = schedule._new_slot(1, 0)
    slot.members = [(0, "a")]
    slot.due_s = clock.now_ms() // 1000 + 3600  # as it stands when the clock has just been set back
    clock.step_ms = 3_600_000
    schedule.mind_the_clock()
    clock.step_ms = 0
    schedule.start()
    try:
        assert schedule.mind_the_clock()
        deadline = time.monotonic() + 10
        while not seen and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        schedule.stop()
    assert seen


def test_the_real_schedule_looks_on_time_and_touches_only_what_changes() -> None:
    """Two endpoints every second for three seconds; one is then dropped without disturbing the other."""
    seen: list[tuple[str, float]] = []
    pulses: list[int] = []
    schedule = Schedule(
        SystemClock(),
        lambda key: seen.append((key, time.time())),
        lambda key, n: None,
        lambda: pulses.append(1),
        Workers(4),
    )
    schedule.watch({"a": 1_000, "b": 1_000})
    schedule.start()
    time.sleep(3.2)
    schedule.watch({"a": 1_000})
    count_b = sum(key == "b" for key, _ in seen)
    time.sleep(2.1)
    schedule.stop()
    moments = [moment for key, moment in seen if key == "a"]
    assert len(moments) in (4, 5, 6)
    assert sum(key == "b" for key, _ in seen) <= count_b + 1
    for moment in moments:
        assert (moment * 1000 - phase_ms("a", 1_000)) % 1000 < 500
    assert len(pulses) >= 4
    assert sum(schedule.stats.lateness_counts) == len(seen)
    assert len(schedule.stats.lateness_counts) == len(LATENESS_BUCKETS_S) + 1


def test_a_turn_that_comes_while_the_one_before_goes_on_is_left_out_and_nobody_is_warned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first figures of ten years may take a minute, and are asked for every 15 seconds."""
    schedule = Schedule(SystemClock(), lambda key: None, lambda key, n: None, lambda: None, Workers(1))
    go_on, turns = threading.Event(), list[int]()

    def long() -> None:
        turns.append(1)
        go_on.wait(30)

    schedule.every(1_000, "long", long)
    with caplog.at_level(logging.WARNING):
        schedule.start()
        time.sleep(3.2)
        assert len(turns) == 1
        go_on.set()
        wait_until(lambda: len(turns) > 1)
        schedule.stop()
    assert caplog.messages == []


def test_the_pool_is_sized_for_the_worst_day() -> None:
    """A thousand endpoints every 10 s with 5 s timeouts hold 500 threads when everything times out together."""
    assert workers_needed([(5_000, 10_000)] * 1000) == 627
    assert workers_needed([]) == 8
