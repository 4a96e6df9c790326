"""Rests: long work leaves half of the time to others."""

from __future__ import annotations

from sla_monitor.clock import LONGEST_REST_S, REST_S, Rests, SystemClock
from tests.fakes.clock import FakeClock


def test_work_rests_for_as_long_as_it_took() -> None:
    clock = FakeClock()
    rest, began = Rests(clock), clock.monotonic()
    for _ in range(10):
        clock.advance(5)
        rest()
    assert round((clock.monotonic() - began) * 1000) == 2 * 10 * 5


def test_work_that_is_done_in_a_moment_does_not_rest() -> None:
    clock = FakeClock()
    rest = Rests(clock)
    clock.advance(round(REST_S * 1000) - 1)
    before = clock.monotonic()
    rest()
    assert clock.monotonic() == before
    clock.advance(1)
    rest()
    assert clock.monotonic() > before + REST_S


def test_no_rest_is_longer_than_the_longest() -> None:
    clock = FakeClock()
    rest = Rests(clock)
    clock.advance(60_000)
    before = clock.monotonic()
    rest()
    assert round(clock.monotonic() - before, 6) == LONGEST_REST_S


def test_the_real_clock_rests_too_and_for_work_alone() -> None:
    clock = SystemClock()
    rest = Rests(clock)
    clock.sleep(2 * REST_S)  # others had this time
    before = clock.worked()
    rest()
    assert clock.worked() - before < REST_S
    until = clock.worked() + REST_S
    while clock.worked() < until:
        pass
    now = clock.monotonic()
    rest()
    assert clock.monotonic() - now >= REST_S
