"""What is due is done on time, whatever held the loop up."""

from __future__ import annotations

import time
from math import inf

from sla_monitor.clock import SystemClock
from sla_monitor.probe import Loop
from sla_monitor.site.agenda import MOST_AT_ONCE, Agenda
from tests.fakes.clock import FakeClock


def test_entries_are_done_in_order_of_time_and_of_entering() -> None:
    clock, done = FakeClock(), list[str]()
    agenda = Agenda(clock)
    for name, after_s in (("c", 2.0), ("a", 1.0), ("d", 2.0), ("b", 1.5)):
        agenda.call_at(agenda.time() + after_s, lambda name=name: done.append(name))  # type: ignore[misc]
    assert agenda.wait_s() == 1.0
    agenda.run()
    assert done == []
    clock.advance(1_500)
    agenda.run()
    assert done == ["a", "b"]
    clock.advance(10_000)
    assert agenda.wait_s() == 0
    agenda.run()
    assert done == ["a", "b", "c", "d"]
    assert agenda.wait_s() == inf


def test_what_is_cancelled_is_not_done() -> None:
    clock, done = FakeClock(), list[str]()
    agenda = Agenda(clock)
    agenda.call_at(agenda.time(), lambda: done.append("a")).cancel()
    agenda.run()
    assert done == []


def test_after_a_standstill_the_loop_turns_in_between() -> None:
    clock, done = FakeClock(), list[int]()
    agenda = Agenda(clock)
    for _ in range(3 * MOST_AT_ONCE):
        agenda.call_at(agenda.time(), lambda: done.append(1))
    agenda.run()
    assert len(done) == MOST_AT_ONCE
    agenda.run()
    agenda.run()
    assert len(done) == 3 * MOST_AT_ONCE


def test_time_in_which_the_loop_was_held_up_makes_nothing_later() -> None:
    """The loop's own timers wait for so much longer: a deadline must not pass because of us."""
    loop, agenda, done = Loop(), Agenda(SystemClock()), list[str]()
    loop.call_at(loop.time() + 0.5, lambda: done.append("deadline"))
    agenda.call_at(agenda.time() + 0.5, lambda: done.append("due"))
    loop.call_soon(lambda: time.sleep(0.4))
    loop.turn(0)
    time.sleep(0.15)
    agenda.run()
    loop.turn(0)
    assert done == ["due"]
    loop.close()
