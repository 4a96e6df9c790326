"""Names to addresses within a deadline, whatever the system's resolver does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sla_monitor.probe.deadline import DeadlinePassed, Stopwatch

from sla_monitor.probe import connect, resolve
from sla_monitor.probe.resolve import MOST_ADDRESSES, Resolver
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import look

Make = Callable[..., Resolver]
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


@pytest.fixture
def resolver_of() -> Iterator[Make]:
    """Makes resolvers, and ends their threads."""
    made: list[Resolver] = []

    def make(*options: Any, **named: Any) -> Resolver:
        made.append(Resolver(*options, **named))
        return made[-1]

    yield make
    for resolver in made:
        resolver.close()


def test_localhost_is_found_by_the_real_one(resolver_of: Make) -> None:
    addresses = resolver_of().addresses(Stopwatch(5000), "localhost", 80, "ipv4")
    assert addresses == [(socket.AF_INET, ("127.0.0.1", 80))]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_literal_needs_no_thread(host: str, resolver_of: Make) -> None:
    asked_in: list[str] = []

    def ask(*question: Any) -> list[tuple[Any, ...]]:
        asked_in.append(threading.current_thread().name)
        return socket.getaddrinfo(*question)

    assert resolver_of(ask).addresses(Stopwatch(5000), host, 80, "any")[0][1][0] == host
    assert asked_in == [threading.current_thread().name]


def test_a_resolver_that_does_not_answer_holds_a_look_only_until_its_deadline(resolver_of: Make) -> None:
    slow = SlowResolver()
    watch = Stopwatch(100)
    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        resolver_of(slow).addresses(watch, "slow.example", 80, "any")
    assert time.monotonic() - began < 1.1
    assert watch.doing == "resolving the name"
    slow.answer.set()


def test_looks_that_want_the_same_name_share_one_question(resolver_of: Make) -> None:
    slow = SlowResolver()
    resolver = resolver_of(slow)
    for _ in range(3):
        with pytest.raises(DeadlinePassed):
            resolver.addresses(Stopwatch(20), "slow.example", 80, "any")
    slow.answer.set()
    assert slow.asked == ["slow.example"]


def test_names_beyond_the_limit_wait_for_their_turn(resolver_of: Make) -> None:
    slow = SlowResolver()
    resolver = resolver_of(slow, most=1)
    with pytest.raises(DeadlinePassed):
        resolver.addresses(Stopwatch(20), "slow.example", 80, "any")
    with pytest.raises(DeadlinePassed):
        resolver.addresses(Stopwatch(20), "other.example", 80, "any")
    assert slow.asked == ["slow.example"]
    slow.answer.set()
    assert resolver.addresses(Stopwatch(5000), "other.example", 80, "any")[0][1][0] == "192.0.2.1"


def test_a_name_is_asked_for_again_after_its_answer(resolver_of: Make) -> None:
    """No cache: a look sees what a user would meet now."""
    slow = SlowResolver()
    slow.answer.set()
    resolver = resolver_of(slow)
    resolver.addresses(Stopwatch(5000), "www.example", 80, "any")
    resolver.addresses(Stopwatch(5000), "www.example", 80, "any")
    assert slow.asked == ["www.example"] * 2


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_AGAIN, "try again"), UnicodeError("label too long")])
def test_what_cannot_be_resolved_is_an_error_of_names(error: Exception, resolver_of: Make) -> None:
    def ask(*_: Any) -> list[tuple[Any, ...]]:
        raise error

    with pytest.raises(socket.gaierror):
        resolver_of(ask).addresses(Stopwatch(5000), "www.example", 80, "any")


def test_a_name_with_very_many_addresses_is_cut_short(resolver_of: Make) -> None:
    assert (
        len(resolver_of(lambda *_: FOUND * 1000).addresses(Stopwatch(5000), "www.example", 80, "any")) == MOST_ADDRESSES
    )


def test_an_idle_thread_ends_by_itself_and_another_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, resolver_of: Make
) -> None:
    monkeypatch.setattr(resolve, "IDLE_SECONDS", 0.02)
    resolver = resolver_of(lambda *_: FOUND)
    for _ in range(2):
        assert resolver.addresses(Stopwatch(5000), "www.example", 80, "any")
        deadline = time.monotonic() + 5
        while any(thread.name == "resolve" for thread in threading.enumerate()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_name_that_takes_long_holds_up_no_other(resolver_of: Make) -> None:
    slow = SlowResolver()

    def ask(host: str, *rest: Any) -> list[tuple[Any, ...]]:
        return slow(host, *rest) if host == "slow.example" else FOUND

    resolver = resolver_of(ask)
    with pytest.raises(DeadlinePassed):
        resolver.addresses(Stopwatch(20), "slow.example", 80, "any")
    assert resolver.addresses(Stopwatch(5000), "quick.example", 80, "any")
    slow.answer.set()


def test_an_http_look_at_a_slow_name_is_a_timeout(monkeypatch: pytest.MonkeyPatch, resolver_of: Make) -> None:
    slow = SlowResolver()
    monkeypatch.setattr(connect, "RESOLVER", resolver_of(slow))
    found = look("http", url="http://slow.example/")
    slow.answer.set()
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.TIMEOUT)
    assert found.detail == "the time was up while resolving the name"
