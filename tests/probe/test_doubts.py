"""A supplier is never charged for our outage."""

from __future__ import annotations

import pytest

from sla_monitor.probe.doubts import Doubts
from sla_monitor.sla.observation import NETWORK_REASONS, Finding, Observation, Outcome, Reason

UP = Finding(Outcome.UP)
TIMED_OUT = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer", evidence=b"evidence")
PATIENCE_MS = 60_000


class Known:
    """What is known of the witnesses."""

    asked_ms = back_ms = 0
    is_online = True


class Bench:
    """Observations go in with their probe's begin and end, and come out judged."""

    def __init__(self, patience_ms: int = PATIENCE_MS) -> None:
        self.known, self.out, self.now_ms = Known(), list[Observation](), 0
        self.doubts = Doubts(self.known, self.out.append, patience_ms)

    def fail(self, since_ms: int, ended_ms: int, endpoint: str = "a", finding: Finding = TIMED_OUT) -> None:
        self.now_ms = ended_ms
        self.doubts.take(Observation(endpoint, since_ms, finding), since_ms, ended_ms)

    def asked(self, began_ms: int, ended_ms: int, *, is_online: bool) -> None:
        """A round of the witnesses is over."""
        if is_online and not self.known.is_online:
            self.known.back_ms = ended_ms
        self.known.asked_ms, self.known.is_online = began_ms, is_online
        self.now_ms = ended_ms
        self.doubts.settle(ended_ms)

    @property
    def outcomes(self) -> list[str]:
        return [f"{one.endpoint}{one.at_ms} {one.finding.outcome}" for one in self.out]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_failure_waits_for_a_round_that_began_after_it_and_stands_when_a_witness_answers(bench: Bench) -> None:
    bench.fail(100, 200)
    bench.asked(150, 250, is_online=True)
    assert bench.out == []
    assert bench.doubts.waiting == 1
    bench.asked(300, 310, is_online=True)
    assert [one.finding for one in bench.out] == [TIMED_OUT]
    assert bench.doubts.waiting == 0


def test_a_failure_is_unknown_when_no_witness_answers(bench: Bench) -> None:
    bench.fail(100, 200)
    bench.asked(300, 1_300, is_online=False)
    (one,) = bench.out
    assert (one.finding.outcome, one.finding.reason) == (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
    assert "timeout" in one.finding.detail
    assert one.finding.evidence == b""


def test_a_network_that_came_back_still_excuses_the_probe_it_spoilt(bench: Bench) -> None:
    bench.fail(100, 500, "a")
    bench.asked(200, 400, is_online=False)
    assert bench.out == []
    bench.asked(700, 710, is_online=True)
    assert bench.outcomes == ["a100 unknown"]


def test_until_a_witness_answers_again_we_may_have_been_cut_off(bench: Bench) -> None:
    """The network came back at some time after none answered and before one did: nobody is charged in between."""
    bench.asked(200, 400, is_online=False)
    bench.fail(600, 610, "a")
    bench.asked(700, 710, is_online=True)
    bench.fail(710, 720, "b")
    bench.fail(711, 720, "c")
    bench.asked(800, 810, is_online=True)
    assert bench.outcomes == ["a600 unknown", "b710 unknown", "c711 down"]


def test_what_came_through_the_network_is_not_excused(bench: Bench) -> None:
    bench.asked(50, 60, is_online=False)
    answered = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503", status=503)
    bench.fail(100, 200, "a", answered)
    bench.fail(100, 200, "b", UP)
    assert [one.finding for one in bench.out] == [answered, UP]


@pytest.mark.parametrize("reason", sorted(NETWORK_REASONS))
def test_every_reason_that_our_network_could_have_caused_is_judged(bench: Bench, reason: Reason) -> None:
    bench.fail(100, 200, "a", Finding(Outcome.DOWN, reason))
    assert bench.out == []
    bench.asked(300, 310, is_online=False)
    assert bench.out[0].finding.reason is Reason.MONITOR_OFFLINE


@pytest.mark.parametrize("reason", sorted(set(Reason) - NETWORK_REASONS))
def test_no_other_reason_waits(bench: Bench, reason: Reason) -> None:
    bench.fail(100, 200, "a", Finding(Outcome.DOWN, reason))
    assert len(bench.out) == 1


def test_the_order_of_an_endpoint_is_kept_while_a_failure_waits(bench: Bench) -> None:
    bench.fail(100, 200, "a")
    bench.fail(1_100, 1_110, "a", UP)
    bench.fail(1_100, 1_110, "b", UP)
    bench.fail(2_100, 2_200, "a")
    bench.fail(3_100, 3_110, "a", UP)
    assert bench.outcomes == ["b1100 up"]
    bench.asked(1_000, 1_020, is_online=True)
    assert bench.outcomes == ["b1100 up", "a100 down", "a1100 up"]
    bench.asked(2_500, 2_510, is_online=False)
    assert bench.outcomes[3:] == ["a2100 unknown", "a3100 up"]


def test_an_endpoint_that_is_well_again_waits_for_nobody(bench: Bench) -> None:
    """However rarely the witnesses are asked: what follows on a failure that is decided goes on at once."""
    bench.fail(100, 200)
    for n in range(1, 50):
        bench.fail(1_000 * n, 1_000 * n + 10, finding=UP)
    bench.asked(500, 510, is_online=True)
    assert len(bench.out) == 50
    bench.fail(60_000, 60_010, finding=UP)
    assert len(bench.out) == 51


def test_without_witnesses_every_failure_stands_at_once() -> None:
    bench = Bench(patience_ms=0)
    bench.fail(100, 200)
    assert [one.finding for one in bench.out] == [TIMED_OUT]


def test_a_failure_that_nobody_decides_is_unknown_in_the_end(bench: Bench) -> None:
    """The site that asks the witnesses cannot be started: nobody is charged, and nothing piles up."""
    bench.fail(100, 200)
    bench.doubts.settle(200 + PATIENCE_MS - 1)
    assert bench.out == []
    bench.doubts.settle(200 + PATIENCE_MS + 1_000)
    assert bench.out[0].finding.reason is Reason.MONITOR_OFFLINE


def test_at_the_end_what_is_not_decided_is_unknown_and_the_rest_goes_on(bench: Bench) -> None:
    bench.fail(100, 200)
    bench.fail(1_100, 1_110, finding=UP)
    bench.doubts.end()
    assert bench.outcomes == ["a100 unknown", "a1100 up"]
    assert bench.doubts.waiting == 0


def test_before_the_first_round_nothing_is_decided(bench: Bench) -> None:
    bench.fail(100, 200)
    bench.doubts.settle(210)
    bench.doubts.settle(5_000)
    assert bench.out == []
