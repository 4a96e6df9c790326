"""The script is data, and what it means at an instant is a pure function."""

from __future__ import annotations

import pytest

from sla_monitor.demo.estate import PLACES, SERVERS
from sla_monitor.demo.scenario import (
    A_BAD_DAY,
    CALM,
    HANG,
    Scenario,
    ScenarioStep,
    active,
    ends_in,
    slow,
    state,
    status,
)

SMALL = Scenario(
    (ScenarioStep("a is slow", "a", slow(2), 10, 20), ScenarioStep("b hangs", "b", HANG, 15, 30)),
    cycle_seconds=60,
)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, {}),
        (9.99, {}),
        (10, {"a": slow(2)}),
        (15, {"a": slow(2), "b": HANG}),
        (20, {"b": HANG}),
        (30, {}),
        (70, {"a": slow(2)}),
        (60 * 1000 + 19.99, {"a": slow(2), "b": HANG}),
    ],
)
def test_a_step_holds_from_its_start_until_just_before_its_end_in_every_cycle(
    seconds: float, expected: dict[str, object]
) -> None:
    assert state(SMALL, seconds) == expected


def test_the_end_of_a_step_is_told_in_seconds_from_now() -> None:
    (step,) = active(SMALL, 72.5)
    assert ends_in(SMALL, step, 72.5) == 7.5


def test_a_newcomer_sees_the_first_failure_within_half_a_minute() -> None:
    assert min(step.start_seconds for step in A_BAD_DAY.steps) <= 30
    assert status(503) in state(A_BAD_DAY, 30).values()


def test_every_step_lasts_long_enough_to_be_confirmed_and_ends_within_the_cycle() -> None:
    """The example contract probes every 15 s at most and confirms with two probes in a row."""
    for step in A_BAD_DAY.steps:
        assert step.end_seconds - step.start_seconds >= 30
        assert 0 < step.start_seconds < step.end_seconds <= A_BAD_DAY.cycle_seconds


def test_every_step_names_a_place_that_can_behave_so() -> None:
    for step in A_BAD_DAY.steps:
        assert step.place in PLACES
        assert step.behaviour.kind != "refuse" or step.place in SERVERS
        assert step.behaviour.kind != "status" or step.place not in SERVERS


def test_no_place_is_told_two_things_at_once() -> None:
    for second in range(A_BAD_DAY.cycle_seconds):
        places = [step.place for step in active(A_BAD_DAY, second)]
        assert len(places) == len(set(places))


def test_a_calm_estate_is_always_well() -> None:
    assert not any(state(CALM, second) for second in range(CALM.cycle_seconds))
