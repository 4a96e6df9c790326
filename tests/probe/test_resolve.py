"""Names to addresses within a deadline, whatever the system's resolver does."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from sla_monitor.probe.deadline import DeadlinePassed, Stopwatch
from sla_monitor.probe.resolve import MOST_ADDRESSES, Resolver

FOUND = [(socket.AF_INET, 1, 6, "", ("192.0.2.1", 80))]


class SlowResolver:
    """The system's resolver on a bad day: it answers when it is told to."""

    def __init__(self) -> None:
        self.answer = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, *_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        self.answer.wait()
        return list(FOUND)


def test_localhost_is_found_by_the_real_one() -> None:
    addresses = Resolver().addresses(Stopwatch(5000), "localhost", 80, "ipv4")
    assert addresses == [(socket.AF_INET, ("127.0.0.1", 80))]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_literal_needs_no_thread(host: str) -> None:
    asked_in: list[str] = []

    def ask(*question: Any) -> list[tuple[Any, ...]]:
        asked_in.append(threading.current_thread().name)
        return socket.getaddrinfo(*question)

    assert Resolver(ask).addresses(Stopwatch(5000), host, 80, "any")[0][1][0] == host
    assert asked_in == [threading.current_thread().name]


def test_a_resolver_that_does_not_answer_holds_a_look_only_until_its_deadline() -> None:
    slow = SlowResolver()
    watch = Stopwatch(100)
    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        Resolver(slow).addresses(watch, "slow.example", 80, "any")
    assert time.monotonic() - began < 1.1
    assert watch.doing == "resolving the name"
    slow.answer.set()


def test_looks_that_want_the_same_name_share_one_question() -> None:
    slow = SlowResolver()
    resolver = Resolver(slow)
    for _ in range(3):
        with pytest.raises(DeadlinePassed):
            resolver.addresses(Stopwatch(20), "slow.example", 80, "any")
    slow.answer.set()
    assert slow.asked == ["slow.example"]


def test_names_beyond_the_limit_wait_for_their_turn() -> None:
    slow = SlowResolver()
    resolver = Resolver(slow, most=1)
    with pytest.raises(DeadlinePassed):
        resolver.addresses(Stopwatch(20), "slow.example", 80, "any")
    with pytest.raises(DeadlinePassed):
        resolver.addresses(Stopwatch(20), "other.example", 80, "any")
    assert slow.asked == ["slow.example"]
    slow.answer.set()
    assert resolver.addresses(Stopwatch(5000), "other.example", 80, "any")[0][1][0] == "192.0.2.1"


def test_a_name_is_asked_for_again_after_its_answer() -> None:
    """No cache: a look sees what a user would meet now."""
    slow = SlowResolver()
    slow.answer.set()
    resolver = Resolver(slow)
    resolver.addresses(Stopwatch(5000), "www.example", 80, "any")
    resolver.addresses(Stopwatch(5000), "www.example", 80, "any")
    assert slow.asked == ["www.example"] * 2


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_AGAIN, "try again"), UnicodeError("label too long")])
def test_what_cannot_be_resolved_is_an_error_of_names(error: Exception) -> None:
    def ask(*_: Any) -> list[tuple[Any, ...]]:
        raise error

    with pytest.raises(socket.gaierror):
        Resolver(ask).addresses(Stopwatch(5000), "www.example", 80, "any")


def test_a_name_with_very_many_addresses_is_cut_short() -> None:
    assert len(Resolver(lambda *_: FOUND * 1000).addresses(Stopwatch(5000), "www.example", 80, "any")) == MOST_ADDRESSES
