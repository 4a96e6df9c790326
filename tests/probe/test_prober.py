"""What every probe goes through: timing, speed, errors of ours, clocks; and the registry of kinds."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import Endpoint, EndpointTerms
from sla_monitor.probe import Finding, Stopwatch, observe_once
from sla_monitor.sla.observation import Outcome, Phases, Reason, StepFinding
from tests.fakes.clock import FakeClock
from tests.probe.looking import terms

UP = Finding(Outcome.UP)


class Scripted:
    """A prober whose probe is given."""

    def __init__(self, act: Callable[[], Finding], **limits: str) -> None:
        self.terms: EndpointTerms = terms("tcp", host="127.0.0.1", port=1, **limits)
        self._act = act

    async def probe(self, _: Stopwatch) -> Finding:
        return self._act()

    def close(self) -> None:
        pass


def taking(clock: FakeClock, ms: int, found: Finding = UP) -> Callable[[], Finding]:
    def act() -> Finding:
        clock.advance(ms)
        return found

    return act


def test_every_kind_of_endpoint_has_its_probe_and_no_probe_is_without_one() -> None:
    union = typing.get_args(typing.get_args(Endpoint)[0])
    kinds = {typing.get_args(kind.model_fields["kind"].annotation)[0] for kind in union}
    assert kinds == set(probe.KINDS)


def test_a_probe_is_timed_on_the_monotonic_clock() -> None:
    clock = FakeClock()
    assert observe_once(Scripted(taking(clock, 120)), clock).duration_us == 120_000


def test_nothing_that_was_found_is_lost_when_the_time_is_added() -> None:
    clock = FakeClock()
    steps = (StepFinding("a", "A", Outcome.UP, "b", 1, Phases(2), 3),)
    found = Finding(Outcome.DOWN, Reason.TIMEOUT, "c", 4, Phases(5, 6, 7, 8, 9), "::1", 503, 10, 11, b"d", steps)
    assert all(getattr(found, one.name) not in (None, one.default) for one in fields(found))
    timed = observe_once(Scripted(taking(clock, 120, found)), clock)
    assert timed == replace(found, duration_us=timed.duration_us)


@pytest.mark.parametrize(
    ("ms", "outcome"), [(100, Outcome.UP), (101, Outcome.DEGRADED), (300, Outcome.DEGRADED), (301, Outcome.DOWN)]
)
def test_a_slow_probe_is_degraded_and_a_slower_one_down(ms: int, outcome: Outcome) -> None:
    clock = FakeClock()
    found = observe_once(Scripted(taking(clock, ms), degraded_above="100ms", down_above="300ms"), clock)
    assert found.outcome is outcome
    assert found.reason is (None if outcome is Outcome.UP else Reason.TOO_SLOW)


def test_slowness_adds_nothing_to_a_failure() -> None:
    clock = FakeClock()
    down = Finding(Outcome.DOWN, Reason.TIMEOUT, "the time was up")
    found = observe_once(Scripted(taking(clock, 600, down), degraded_above="100ms"), clock)
    assert (found.reason, found.duration_us) == (Reason.TIMEOUT, 600_000)


def test_a_degraded_answer_that_is_slow_keeps_its_first_reason_until_it_is_down() -> None:
    clock = FakeClock()
    degraded = Finding(Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)
    limits = {"degraded_above": "100ms", "down_above": "300ms"}
    assert observe_once(Scripted(taking(clock, 200, degraded), **limits), clock).reason is Reason.CERTIFICATE_EXPIRING
    assert observe_once(Scripted(taking(clock, 400, degraded), **limits), clock).outcome is Outcome.DOWN


def test_an_error_of_ours_is_unknown_and_never_down(caplog: pytest.LogCaptureFixture) -> None:
    def act() -> Finding:
        raise ZeroDivisionError("secret words")

    found = observe_once(Scripted(act), SystemClock())
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
    assert "secret words" not in found.detail
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(("step_ms", "reason"), [(1_000, None), (1_001, "step"), (-1_001, "step"), (3_600_000, "step")])
def test_a_clock_that_stepped_during_the_probe_makes_it_unknown(step_ms: int, reason: str | None) -> None:
    clock = FakeClock()

    def act() -> Finding:
        clock.step(step_ms)
        return UP

    found = observe_once(Scripted(act), clock)
    assert found.reason is (Reason.CLOCK_STEPPED if reason else None)
    assert found.outcome is (Outcome.UNKNOWN if reason else Outcome.UP)


def test_a_probe_that_outlasts_its_deadline_was_held_up_by_us() -> None:
    """SIGSTOP leaves both clocks in step; but no probe of ours lasts a second past its deadline."""
    clock = FakeClock()

    def act() -> Finding:
        clock.advance(11_500)
        return Finding(Outcome.DOWN, Reason.TIMEOUT)

    found = observe_once(Scripted(act), clock)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.CLOCK_STEPPED)
    assert "stood still" in found.detail
