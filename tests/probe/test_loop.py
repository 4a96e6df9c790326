"""The loop's time: what holds it up is nobody's deadline, and nobody gains by holding it up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.probe import observe
from sla_monitor.probe.connections.channel import Channel
from sla_monitor.probe.loop import FORGIVEN_S, REFILL, Loop, park
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch
from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.looking import surroundings, terms
from tests.probe.servers import OK, Peer, serving
from tests.support.waiting import until


@pytest.fixture
def loop() -> Loop:
    return Loop()


def run_until(loop: Loop, is_over: Callable[[], bool]) -> None:
    for _ in until(is_over):
        loop.turn(0.01)


def begun(loop: Loop, coroutine: Any) -> list[Any]:
    """What it comes to, when it has."""
    end: list[Any] = []
    loop.spawn(coroutine, lambda value, error: end.append(error if error is not None else value))
    return end


def after(loop: Loop, seconds: float, call: Callable[[], None]) -> None:
    loop.call_at(loop.time() + seconds, call)


def test_a_deadline_does_not_pass_while_the_answer_lies_there_unread(loop: Loop) -> None:
    """It comes while the loop is held up beyond the deadline."""

    def conduct(peer: Peer) -> None:
        peer.request()
        time.sleep(0.1)
        peer.send(OK)
        peer.wait()

    with serving(conduct) as server:
        prober = probe.build(terms("http", url=f"http://127.0.0.1:{server.port}/", timeout="300ms"), surroundings())
        end = begun(loop, observe(prober, loop, SystemClock()))
        after(loop, 0.05, lambda: time.sleep(0.6))
        run_until(loop, lambda: bool(end))
    assert (end[0].outcome, end[0].detail) == (Outcome.UP, "")
    assert end[0].duration_us < 300_000
    assert 0.5 < loop.lost_s < 0.65


async def waits(loop: Loop, timeout_ms: int) -> None:
    watch = Stopwatch(loop, timeout_ms)
    try:
        while True:
            await park()
    finally:
        watch.stop()


def test_nobody_gains_more_than_a_second_by_holding_the_loop_up(loop: Loop) -> None:
    async def hogs() -> None:
        for _ in until(lambda: end):
            time.sleep(0.1)
            await loop.yield_control()

    began = time.monotonic()
    end = begun(loop, waits(loop, 500))
    begun(loop, hogs())
    run_until(loop, lambda: bool(end))
    took = time.monotonic() - began
    assert isinstance(end[0], DeadlinePassed)
    assert 1.3 < took < (0.5 + FORGIVEN_S) / (1 - REFILL) + 0.25
    assert loop.stood_still_s == 0


def test_who_computed_is_charged_and_who_stood_still_is_not(loop: Loop) -> None:
    """Short turns are some peer's work; one of more than a second is the host's doing."""

    def silent(seconds: float, times: int) -> Finding:
        prober = probe.build(terms("http", url=f"http://127.0.0.1:{server.port}/", timeout="300ms"), surroundings())
        end = begun(loop, observe(prober, loop, SystemClock()))
        for _ in range(times):
            after(loop, 0.01, lambda: time.sleep(seconds))
            loop.turn(0.02)
        run_until(loop, lambda: bool(end))
        found: Finding = end[0]
        return found

    with serving(Peer.wait) as server:
        assert silent(0.4, 4).reason is Reason.TIMEOUT
        stood = silent(1.6, 1)
    assert (stood.outcome, stood.reason) == (Outcome.UNKNOWN, Reason.CLOCK_STEPPED)
    assert 1.5 < loop.stood_still_s < 1.8


def test_time_stands_still_in_a_long_turn_and_goes_on_where_it_was(loop: Loop) -> None:
    told: list[float] = []

    def long() -> None:
        told.append(loop.time())
        time.sleep(0.3)
        told.append(loop.time())

    loop.call_soon(long)
    loop.turn(0)
    told.append(loop.time())
    assert 0 <= told[1] - told[0] <= 0.011
    assert 0 <= told[2] - told[1] < 0.05


def test_the_lightest_go_on_first_and_the_rest_later(loop: Loop) -> None:
    order: list[str] = []

    async def works(name: str, *weight: int) -> None:
        await loop.yield_control(*weight)
        order.append(name)

    for name, weight in (
        ("says nothing", ()),
        ("heavy", (900,)),
        ("light", (1,)),
        ("light too", (1,)),
        ("middle", (50,)),
    ):
        begun(loop, works(name, *weight))
    loop.turn(0)
    assert order == ["light", "light too", "middle", "heavy", "says nothing"]


def test_deadlines_and_events_do_not_wait_for_those_who_give_way(loop: Loop) -> None:
    order: list[str] = []

    async def works(number: int) -> None:
        await loop.yield_control(number)
        time.sleep(0.02)
        order.append(f"worked {number}")

    for number in range(3):
        begun(loop, works(number))
    after(loop, 0.001, lambda: order.append("timer"))
    run_until(loop, lambda: len(order) == 4)
    assert order == ["worked 0", "worked 1", "timer", "worked 2"]  # it was not due when epoll was asked


def test_many_events_are_taken_in_several_turns(loop: Loop) -> None:
    ready: list[int] = []

    class Pipe:
        def __init__(self, fd: int) -> None:
            self.fd = fd

        def ready(self, _: int) -> None:
            ready.append(self.fd)
            loop.forget(self.fd)
            os.close(self.fd)

    for _ in range(50):
        reading, writing = os.pipe()
        loop.register(reading, Pipe(reading), 1)
        os.close(writing)
    loop.turn(0.1)
    assert len(ready) == 32
    loop.turn(0.1)
    assert len(ready) == 50


def test_a_task_that_is_thrown_out_leaves_its_place(loop: Loop) -> None:
    """A deadline in the middle of giving way: going on later must not wake somebody else's wait."""
    channel = Channel(loop, (2, ("127.0.0.1", 9)))

    async def gives_way() -> str:
        watch = Stopwatch(loop, 20)
        try:
            time.sleep(0.05)
            await loop.yield_control(1)
            while True:
                await loop.yield_control()
        finally:
            watch.stop()

    end = begun(loop, gives_way())
    run_until(loop, lambda: bool(end))
    loop.turn(0)
    channel.sock.close()
    assert isinstance(end[0], DeadlinePassed)


def test_a_probe_that_begins_in_a_long_turn_is_not_given_the_time_before_it(loop: Loop) -> None:
    """It took no less than nothing, and no less than it took."""

    class Prober:
        terms = terms("tcp", host="127.0.0.1", port=1)

        async def probe(self, watch: Stopwatch) -> Finding:
            for _ in range(3):
                await loop.yield_control()
            return Finding(Outcome.UP)

        def close(self) -> None:
            pass

    ends: list[list[Any]] = []

    def turn() -> None:
        time.sleep(0.3)
        ends.append(begun(loop, observe(Prober(), loop, SystemClock())))
        time.sleep(0.3)

    loop.call_soon(turn)
    loop.turn(0)
    run_until(loop, lambda: bool(ends[0]))
    assert 0 <= ends[0][0].duration_us < 250_000
