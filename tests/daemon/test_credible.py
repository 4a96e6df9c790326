"""What a site that has been taken over cannot make us record."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.daemon.credible import REASONS, UNDER_WAY_S, Credible
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason, StepFinding
from tests.fakes.clock import FakeClock

EVERY_MS = 10_000
TERMS = endpoint_of({"id": "e", "kind": "tcp", "host": "h", "port": 1, "every": "10s"})
UP = Finding(Outcome.UP)
DOWN = Finding(Outcome.DOWN, Reason.TIMEOUT, "the time was up", 5, Phases(1, 2, None, 3, 4), "::1", 503, 7, 8, b"seen")


class Said:
    """Observations of one endpoint, and whether they are believed."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.credible = Credible(self.clock)

    def is_taken(self, ago_ms: int = 0, finding: Finding = UP, terms: Endpoint = TERMS) -> bool:
        self.credible.note_time()
        return not self.credible.doubt(Observation("c/e", self.clock.now_ms() - ago_ms, finding), terms)


@pytest.fixture
def said() -> Said:
    one = Said()
    one.clock.advance(EVERY_MS)
    return one


def test_what_is_honest_is_taken(said: Said) -> None:
    for finding in (UP, DOWN, replace(UP, duration_us=0, status=200, address="fe80::1%eth0")):
        assert said.is_taken(5, finding)
        said.clock.advance(EVERY_MS)


def test_a_reason_of_every_outcome_is_taken_and_no_other(said: Said) -> None:
    for outcome in Outcome:
        for reason in (None, *Reason):
            said.clock.advance(EVERY_MS)
            assert said.is_taken(0, Finding(outcome, reason)) is (reason in REASONS[outcome])


def test_an_outage_cannot_be_told_as_a_trouble_of_ours_nor_the_other_way(said: Said) -> None:
    assert not said.is_taken(0, Finding(Outcome.DOWN, Reason.MONITOR_OFFLINE))
    assert not said.is_taken(0, Finding(Outcome.UNKNOWN, Reason.TIMEOUT))
    assert not said.is_taken(0, Finding(Outcome.UP, Reason.TIMEOUT))
    assert not said.is_taken(0, Finding(Outcome.DOWN))


@pytest.mark.parametrize(
    "wrong",
    [
        {"detail": "x" * 201},
        {"detail": "two\nlines"},
        {"detail": "\x1b[31m"},
        {"detail": "a\u2028b"},
        {"evidence": bytes(2049)},
        {"duration_us": -1},
        {"duration_us": 2**63},
        {"status": -1},
        {"status": 10**6},
        {"body_bytes": -1},
        {"body_bytes": 2**63},
        {"certificate_expires_at_s": 2**63},
        {"address": "x" * 65},
        {"address": "a\nb"},
        *({"phases": replace(DOWN.phases, **{name: value})} for name in Phases.__slots__ for value in (-1, 2**63)),
    ],
    ids=str,
)
def test_what_cannot_be_in_a_finding_is_refused(said: Said, wrong: dict[str, Any]) -> None:
    assert not said.is_taken(0, replace(DOWN, **wrong))
    assert said.is_taken(0, DOWN)


def test_only_a_failure_has_evidence(said: Said) -> None:
    assert not said.is_taken(0, replace(UP, evidence=b"x"))


def test_a_detail_that_was_cut_at_a_space_is_taken(said: Said) -> None:
    assert said.is_taken(0, replace(DOWN, detail=("a" * 199) + " "))


STEPS = (StepFinding("in", "Sign in", Outcome.UP, "", 4, Phases(1), 200), StepFinding("search", "search", None))
JOURNEY = endpoint_of({
    "id": "e", "kind": "journey", "every": "10s", "base": "http://h",
    "steps": [{"id": "in", "name": "Sign in", "url": "/in"}, {"id": "search", "url": "/s"}],
})  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "steps", "is_taken"),
    [
        (JOURNEY, STEPS, True),
        (JOURNEY, (), True),  # the probe could not be made
        (TERMS, STEPS, False),
        (JOURNEY, STEPS[:1], False),
        (JOURNEY, STEPS[::-1], False),
        (JOURNEY, (*STEPS, STEPS[1]), False),
        *((JOURNEY, (replace(STEPS[0], **wrong), STEPS[1]), False) for wrong in (
            {"step": "other"}, {"title": "other"}, {"detail": "x" * 201}, {"detail": "two\nlines"}, {"duration_us": -1},
            {"phases": Phases(-1)}, {"status": 1_000},
        )),
    ],
)  # fmt: skip
def test_the_steps_of_a_journey_are_the_contract_s(
    said: Said, terms: Endpoint, steps: tuple[StepFinding, ...], is_taken: bool
) -> None:
    assert said.is_taken(0, replace(DOWN, steps=steps), terms) is is_taken


def test_nobody_speaks_of_tomorrow(said: Said) -> None:
    assert not said.is_taken(-1)
    assert not said.is_taken(-86_400_000)


def test_nobody_speaks_of_the_time_before_we_began(said: Said) -> None:
    assert not said.is_taken(EVERY_MS + 1)
    assert not said.is_taken(30 * 86_400_000)


def test_what_was_said_is_not_said_again_nor_gone_behind(said: Said) -> None:
    assert said.is_taken(100)
    assert not said.is_taken(100)
    assert not said.is_taken(101)
    assert said.is_taken(99)


def test_observations_come_in_the_pace_of_the_probes(said: Said) -> None:
    """A flood would fill the ledger's buffer, and push out what others saw."""
    taken = 0
    for _ in range(100 * EVERY_MS // 100):
        said.clock.advance(100)
        taken += said.is_taken()
    assert 100 <= taken <= 2 * 100 + 3


@given(st.lists(st.integers(0, EVERY_MS - 1), min_size=2, max_size=60))
def test_probes_that_are_late_are_never_refused(late_ms: list[int]) -> None:
    said = Said()
    start_ms = said.clock.now_ms()
    for number, each in enumerate(late_ms, 1):
        at_ms = start_ms + number * EVERY_MS + each
        said.clock.advance(start_ms + (number + 1) * EVERY_MS - said.clock.now_ms())
        assert said.is_taken(said.clock.now_ms() - at_ms), (number, each)


def test_a_backlog_is_taken_as_it_would_have_been(said: Said) -> None:
    """The collector stood still, and hears an hour at once."""
    said.clock.advance(3_600_000)
    assert all(said.is_taken(3_600_000 - n * EVERY_MS) for n in range(360))


def test_an_interval_that_became_shorter_costs_nothing(said: Said) -> None:
    slow = endpoint_of({"id": "e", "kind": "tcp", "host": "h", "port": 1, "every": "10m"})
    said.credible.note_time()
    for _ in range(3):
        said.clock.advance(600_000)
        said.credible.note_time()
        assert not said.credible.doubt(Observation("c/e", said.clock.now_ms(), UP), slow)
    for _ in range(20):
        said.clock.advance(EVERY_MS)
        assert said.is_taken()


def test_a_clock_that_is_set_back_stops_nobody(said: Said) -> None:
    assert said.is_taken()
    said.clock.advance(4_000)
    begun_ms = said.clock.now_ms()  # a probe that is under way meanwhile
    said.clock.step(-3_600_000)
    said.clock.advance(1_000)
    assert said.is_taken(said.clock.now_ms() - begun_ms)
    for _ in range(10):
        said.clock.advance(EVERY_MS)
        assert said.is_taken(3)


def test_what_was_ahead_for_a_while_is_not_believed_for_ever(said: Said) -> None:
    """A site could otherwise speak of next year from then on."""
    said.clock.step(365 * 86_400_000)
    assert said.is_taken()
    said.clock.step(-365 * 86_400_000)
    said.credible.note_time()
    said.clock.advance(EVERY_MS)
    assert said.is_taken()
    said.clock.advance(int(UNDER_WAY_S * 1000) + 1)
    assert not said.is_taken(-30 * 86_400_000)
    assert said.is_taken()


def test_a_clock_that_is_set_forward_stops_nobody(said: Said) -> None:
    assert said.is_taken()
    said.clock.step(3_600_000)
    for _ in range(10):
        said.clock.advance(EVERY_MS)
        assert said.is_taken(3)


def test_what_is_no_longer_probed_is_not_gone_behind_when_it_is_probed_again(said: Said) -> None:
    assert said.is_taken(100)
    said.credible.forget(["c/e"])
    assert not said.is_taken(100)
    assert said.is_taken(0)
