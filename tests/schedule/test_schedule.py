"""When endpoints are due, and what was missed: gaps, reloads, steps of the clock."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.probe import Loop
from sla_monitor.schedule import ClockJump, LoopScheduler, Schedule, ScheduleSlot, phase_ms, threaded
from sla_monitor.schedule.schedule import STEP_MS
from tests.fakes.clock import FakeClock
from tests.support.waiting import wait_until

START_MS = 1_700_000_000_000


class Recorder:
    """A schedule on a fake clock, fired by hand: its slots' behaviour without waiting."""

    def __init__(self) -> None:
        self.clock = FakeClock(START_MS)
        self.due: list[tuple[str, int]] = []
        self.missed: Counter[str] = Counter()
        note = lambda key, count: self.missed.update({key: count})  # noqa: E731
        self.schedule = Schedule(self.clock, threaded(), lambda key, at_ms: self.due.append((key, at_ms)), note)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_each_member_is_due_at_its_own_place_in_the_second(recorder: Recorder) -> None:
    recorder.clock.advance(40)
    recorder.schedule._fire(ScheduleSlot(10, 0, [(0, "a"), (600, "b")]))
    assert recorder.due == [("a", START_MS), ("b", START_MS + 600)]


def test_what_is_lost_in_a_gap_is_counted_for_each_endpoint(recorder: Recorder) -> None:
    """No event of the scheduler tells of a gap: due times do."""
    slot = ScheduleSlot(10, 0, [(0, "a"), (200, "b")])
    recorder.schedule._fire(slot)
    recorder.clock.advance(60_000)
    recorder.schedule._fire(slot)
    assert recorder.missed == {"a": 5, "b": 5}
    assert [key for key, _ in recorder.due] == ["a", "b", "a", "b"]


def test_a_slot_fired_twice_for_one_due_time_is_due_once(recorder: Recorder) -> None:
    slot = ScheduleSlot(10, 0, [(0, "a")])
    recorder.schedule._fire(slot)
    recorder.clock.advance(3_000)
    recorder.schedule._fire(slot)
    assert len(recorder.due) == 1


def test_a_slot_that_fires_late_is_due_when_it_should_have_been(recorder: Recorder) -> None:
    recorder.clock.advance(7_000)
    recorder.schedule._fire(ScheduleSlot(10, 0, [(200, "a")]))
    assert recorder.due == [("a", START_MS + 200)]
    assert recorder.missed == {}


def test_a_step_of_the_clock_is_seen_counted_and_told_once(recorder: Recorder) -> None:
    assert recorder.schedule.mind_the_clock() == ClockJump()
    recorder.clock.advance(5_000)
    assert recorder.schedule.mind_the_clock() == ClockJump()
    recorder.clock.step(-3_600_000)
    assert recorder.schedule.mind_the_clock() == ClockJump(-3_600_000)
    assert recorder.schedule.mind_the_clock() == ClockJump()
    assert recorder.schedule.clock_steps == 1


@pytest.mark.parametrize("step_ms", [400, -400, 900])
def test_small_steps_add_up_until_they_are_told(recorder: Recorder, step_ms: int) -> None:
    told = []
    for _ in range(10):
        recorder.clock.advance(1_000)
        recorder.clock.step(step_ms)
        told.append(recorder.schedule.mind_the_clock())
    told_ms = sum(moved.step_ms for moved in told)
    assert abs(10 * step_ms - told_ms) < STEP_MS
    assert all(moved == ClockJump() or abs(moved.step_ms) >= STEP_MS for moved in told)


def test_small_steps_to_and_fro_are_none(recorder: Recorder) -> None:
    for number in range(10):
        recorder.clock.step(900 if number % 2 else -900)
        assert recorder.schedule.mind_the_clock() == ClockJump()


def test_a_suspended_host_is_told_from_a_clock_that_was_set(recorder: Recorder) -> None:
    recorder.clock.suspend(3_600_000)
    assert recorder.schedule.mind_the_clock() == ClockJump(0, 3_600_000)
    recorder.clock.suspend(60_000)
    recorder.clock.step(-5_000)
    assert recorder.schedule.mind_the_clock() == ClockJump(-5_000, 60_000)
    recorder.clock.suspend(60_000)
    recorder.clock.step(-60_000)  # a clock that stood still with the host
    assert recorder.schedule.mind_the_clock() == ClockJump(-60_000, 60_000)
    assert recorder.schedule.clock_steps == 3


def test_watching_again_touches_only_the_slots_that_change(recorder: Recorder) -> None:
    recorder.schedule.watch({"a": 10_000, "b": 60_000})
    (before,) = [slot for slot in recorder.schedule._slots.values() if slot.period_s == 10]
    before.due_s = 5
    recorder.schedule.watch({"a": 10_000, "c": 30_000})
    assert recorder.schedule._slots[10, before.phase_s] is before
    assert before.due_s == 5
    assert {slot.period_s for slot in recorder.schedule._slots.values()} == {10, 30}
    assert len(recorder.schedule._scheduler.get_jobs()) == 2


class Settable(SystemClock):
    """The real time, set by so much."""

    step_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.step_ms


def turn_until(loop: Loop, condition: Callable[[], bool]) -> None:
    """Let time pass, and the loop turn, for a scheduler that lives in it."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        loop.turn(0.05)


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_probing_goes_on_after_the_clock_was_set_back_by_an_hour(kind: str) -> None:
    """APScheduler waits for wall-clock instants; without a nudge it would be silent for the hour."""
    loop, clock, seen = Loop(), Settable(), list[str]()
    scheduler = threaded() if kind == "threads" else LoopScheduler(loop)
    schedule = Schedule(clock, scheduler, lambda key, at_ms: seen.append(key), lambda key, count: None)
    scheduler.start(paused=True)
    schedule.watch({"a": 1_000})
    (slot,) = schedule._slots.values()
    assert slot.job is not None
    # As it stands when the clock has just been set back: it fired last, and is due next, in an hour.
    slot.due_s = clock.now_ms() // 1000 + 3600
    slot.job.modify(next_run_time=datetime.fromtimestamp(slot.due_s + 1, UTC))
    clock.step_ms = 3_600_000
    schedule.mind_the_clock()
    clock.step_ms = 0
    scheduler.resume()
    try:
        assert schedule.mind_the_clock().step_ms < 0
        turn_until(loop, lambda: bool(seen))
    finally:
        scheduler.shutdown(wait=True)
        loop.close()


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_the_real_schedule_is_on_time_and_goes_on_over_a_change(kind: str) -> None:
    loop, seen = Loop(), list[tuple[str, int]]()
    scheduler = threaded() if kind == "threads" else LoopScheduler(loop)
    schedule = Schedule(SystemClock(), scheduler, lambda key, at_ms: seen.append((key, at_ms)), lambda key, count: None)
    schedule.watch({"a": 1_000, "b": 1_000})
    scheduler.start()
    try:
        turn_until(loop, lambda: len(seen) >= 2)
        schedule.watch({"a": 1_000})
        del seen[:]
        turn_until(loop, lambda: bool(seen))
    finally:
        scheduler.shutdown(wait=True)
        loop.close()
    assert {key for key, _ in seen} == {"a"}
    assert {at_ms % 1000 for _, at_ms in seen} == {phase_ms("a", 1_000)}


def test_something_of_our_own_is_done_every_so_often() -> None:
    loop, seen = Loop(), list[int]()
    scheduler = LoopScheduler(loop)
    Schedule(SystemClock(), scheduler, lambda key, at_ms: None, lambda key, count: None).every(
        1_000, "pulse", lambda: seen.append(1)
    )
    scheduler.start()
    turn_until(loop, lambda: bool(seen))
    scheduler.shutdown()
    loop.close()


def test_a_turn_that_comes_while_the_one_before_goes_on_is_left_out_and_nobody_is_warned(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The first figures of ten years may take a minute, and are asked for every 15 seconds."""
    scheduler = threaded()
    schedule = Schedule(SystemClock(), scheduler, lambda key, at_ms: None, lambda key, count: None)
    go_on, turns = threading.Event(), list[int]()

    def long() -> None:
        turns.append(1)
        go_on.wait(120)

    schedule.every(1_000, "long", long)
    with caplog.at_level(logging.WARNING):
        scheduler.start()
        time.sleep(3.2)
        assert len(turns) == 1
        go_on.set()
        wait_until(lambda: len(turns) > 1)
        scheduler.shutdown()
    assert caplog.messages == []
