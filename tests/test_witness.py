"""A supplier is never charged for our outage."""

from __future__ import annotations

import threading

import pytest
from sla_monitor.witness import NETWORK_REASONS, OFFLINE_HOLDS_S, Witnesses

from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.fakes.clock import FakeClock

UP = Finding(Outcome.UP)
TIMED_OUT = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer")


class Network:
    """Two witnesses behind one network, which can be cut."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.is_cut = False
        self.one_is_down = False
        self.rounds = 0
        self.witnesses = Witnesses({"a": self.first, "b": self.second}, self.clock)

    def first(self) -> Finding:
        self.rounds += 1
        return TIMED_OUT if self.is_cut or self.one_is_down else UP

    def second(self) -> Finding:
        return TIMED_OUT if self.is_cut else UP

    def judge(self, finding: Finding, ago_s: float = 1.0) -> Finding:
        return self.witnesses.judge(finding, self.clock.monotonic() - ago_s)


@pytest.fixture
def network() -> Network:
    return Network()


def test_a_failure_stands_when_a_witness_answers(network: Network) -> None:
    assert network.judge(TIMED_OUT) is TIMED_OUT


def test_one_silent_witness_is_not_an_outage_of_ours(network: Network) -> None:
    network.one_is_down = True
    assert network.judge(TIMED_OUT) is TIMED_OUT


def test_a_failure_is_unknown_when_no_witness_answers(network: Network) -> None:
    network.is_cut = True
    judged = network.judge(TIMED_OUT)
    assert (judged.outcome, judged.reason) == (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
    assert not network.witnesses.is_online


def test_a_network_that_came_back_before_we_asked_still_excuses_the_look_it_spoilt(network: Network) -> None:
    """The scheduled round found us cut off while the look was under way."""
    network.is_cut = True
    network.witnesses.check(network.clock.monotonic())
    network.is_cut = False
    network.clock.advance(3_000)
    assert network.judge(TIMED_OUT, ago_s=4.0).outcome is Outcome.UNKNOWN
    assert network.judge(TIMED_OUT, ago_s=2.0).outcome is Outcome.DOWN


def test_what_came_through_the_network_is_not_excused(network: Network) -> None:
    network.is_cut = True
    answered = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503", status=503)
    assert network.judge(answered) is answered
    assert network.judge(UP) is UP
    assert network.rounds == 0


def test_every_network_reason_is_judged(network: Network) -> None:
    network.is_cut = True
    for reason in NETWORK_REASONS:
        assert network.judge(Finding(Outcome.DOWN, reason)).reason is Reason.MONITOR_OFFLINE


def test_while_we_are_cut_off_failures_share_a_round(network: Network) -> None:
    network.is_cut = True
    for _ in range(100):
        network.judge(TIMED_OUT)
    assert network.rounds == 1
    network.clock.advance(int(OFFLINE_HOLDS_S * 1000) + 1)
    network.judge(TIMED_OUT)
    assert network.rounds == 2


def test_callers_who_wait_for_the_same_round_share_its_result() -> None:
    clock, gate, rounds = FakeClock(), threading.Event(), list[int]()

    def slow() -> Finding:
        rounds.append(1)
        gate.wait(5)
        return UP

    witnesses = Witnesses({"a": slow}, clock)
    asked_s = clock.monotonic()
    threads = [threading.Thread(target=witnesses.check, args=(asked_s,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert rounds == [1]


def test_without_witnesses_every_failure_stands() -> None:
    assert Witnesses({}, FakeClock()).judge(TIMED_OUT, 0.0) is TIMED_OUT
