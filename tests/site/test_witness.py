"""Whether our own network works: who is asked, how often, and what their answers prove."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.probe import Finding, Loop, Stopwatch, Surroundings, build
from sla_monitor.site.witness import Witnesses
from sla_monitor.transport import HostWords, SiteWords
from tests.fakes.clock import FakeClock
from tests.probe.servers import Conduct, Peer, answering, page, serving, silent_port
from tests.support.ports import free_port


class Room:
    """Witnesses that are asked over real connections, by a clock that does what it is told."""

    def __init__(self) -> None:
        self.loop, self.clock = Loop(), FakeClock()
        self.words, self.host = SiteWords(), HostWords()
        self.witnesses = Witnesses(self.loop, self.clock, self.words)

    def name(
        self, *ports: int, every: str = "10s", kind: str = "http", first_every: str = "", asked_ms: int = 0
    ) -> None:
        """Ask these from now on."""
        probers = []
        for number, port in enumerate(ports):
            place = {"url": f"http://127.0.0.1:{port}/"} if kind == "http" else {"host": "127.0.0.1", "port": port}
            pace = first_every if first_every and not number else every
            terms = endpoint_of({"id": f"w{number}", "kind": kind, "every": pace, "timeout": "400ms", **place})
            probers.append(build(terms, Surroundings(SystemClock(), terms.id, 0)))
        self.witnesses.set(probers, asked_ms)

    def turn_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            self.witnesses.turn()
            self.loop.turn(0.02)
            self.host.take(self.words, int(self.clock.monotonic() * 1000))

    def ask(self) -> bool:
        """Until something new is found; whether we are online."""
        before = self.host.asked_ms
        self.clock.advance(20)
        self.turn_until(lambda: self.host.asked_ms > before)
        return self.host.is_online

    def settle(self, seconds: float = 0.5) -> None:
        """Let everybody who has been asked answer, or not."""
        until = time.monotonic() + seconds
        self.turn_until(lambda: time.monotonic() > until)


@pytest.fixture
def room() -> Iterator[Room]:
    one = Room()
    yield one
    until = time.monotonic() + 10
    while any(witness.is_asked for witness in one.witnesses._witnesses) and time.monotonic() < until:
        one.loop.turn(0.1)
    one.loop.close()
    one.words.close()
    one.host.close()


@contextmanager
def ports_of(*conducts: Conduct | None) -> Iterator[list[int]]:
    """A server for each; None: a port on which nobody ever answers."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(silent_port()) if one is None else stack.enter_context(serving(one)).port
            for one in conducts
        ]


def drip(peer: Peer) -> None:
    """Never a whole answer."""
    peer.request()
    peer.drip(b"H")


@pytest.mark.parametrize(
    "conduct",
    [
        answering(page(b"fine")),
        answering(page(b"busy", "503 Service Unavailable")),
        answering(page(b"", "301 Moved Permanently", "Location: http://elsewhere.invalid/")),
        answering(b"what?"),
        drip,
    ],
    ids=["200", "503", "301", "no HTTP", "drip"],
)
def test_any_answer_at_all_proves_that_we_are_online(room: Room, conduct: Conduct) -> None:
    with ports_of(conduct) as ports:
        room.name(*ports)
        assert room.ask()


def test_a_port_that_refuses_proves_nothing(room: Room) -> None:
    """The refusal may come from our own side of a broken way."""
    room.name(free_port(), kind="tcp")
    assert not room.ask()


def test_a_silent_witness_is_no_outage_of_ours_while_another_answers(room: Room) -> None:
    with ports_of(None, answering(page(b"fine"))) as ports:
        room.name(*ports)
        assert room.ask()
        room.settle()
        assert room.host.is_online


def test_when_none_answers_we_are_offline_and_online_again_with_the_first_answer(room: Room) -> None:
    with ports_of(None, None) as silent, ports_of(answering(page(b"fine"))) as good:
        room.name(*silent)
        assert not room.ask()
        room.settle()
        room.name(silent[0], *good)
        assert room.ask()


def test_they_are_asked_once_in_every_interval_however_often_the_loop_turns(room: Room) -> None:
    with serving(answering(page(b"fine"))) as server:
        room.name(server.port)
        room.ask()
        room.settle(0.3)
        assert server.connections == 1
        room.clock.advance(9_000)
        room.settle(0.2)
        assert server.connections == 1
        room.clock.advance(1_000)
        room.settle(0.2)
        assert server.connections == 2


def test_each_is_asked_in_its_own_interval(room: Room) -> None:
    with serving(answering(page(b"fine"))) as often, serving(answering(page(b"fine"))) as rarely:
        room.name(often.port, rarely.port, first_every="1s", every="60s")
        for _ in range(5):
            room.settle(0.15)
            room.clock.advance(1_000)
        assert rarely.connections == 1
        assert often.connections >= 4


def test_we_are_not_offline_before_the_one_that_is_asked_rarely_was_asked_too(room: Room) -> None:
    with ports_of(None) as silent, serving(answering(page(b"fine"))) as rarely:
        room.name(silent[0], rarely.port, first_every="1s", every="60s")
        assert room.ask()
        asked_ms = room.host.asked_ms
        for _ in range(3):
            room.clock.advance(1_000)
            room.settle(0.5)
        assert room.host.asked_ms == asked_ms, "the silence of one decides nothing"
        assert room.host.is_online
        room.clock.advance(60_000)
        assert room.ask()


def test_a_site_that_follows_on_another_asks_no_sooner(room: Room) -> None:
    with serving(answering(page(b"fine"))) as server:
        now_ms = int(room.clock.monotonic() * 1000)
        room.name(server.port, asked_ms=now_ms - 3_000)
        room.settle(0.2)
        assert server.connections == 0
        room.clock.advance(7_000)
        assert room.ask()


def test_what_those_answer_who_are_no_longer_asked_counts_for_nothing(room: Room) -> None:
    with ports_of(None) as silent, ports_of(answering(page(b"fine"))) as good:
        room.name(*silent)
        room.witnesses.turn()
        room.name(*good)
        assert room.ask()
        room.settle()
        assert room.host.is_online


def test_without_witnesses_nobody_is_asked(room: Room) -> None:
    room.name()
    room.settle(0.1)
    assert room.host.asked_ms == 0
    assert room.host.is_online


def test_a_witness_that_cannot_be_asked_is_told(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    """We are called offline then: nobody is charged, and everybody hears of it."""

    class Broken:
        terms = endpoint_of({"id": "w", "kind": "tcp", "host": "127.0.0.1", "port": 1})

        async def probe(self, watch: Stopwatch) -> Finding:
            raise RuntimeError("a mistake of ours")

        def close(self) -> None:
            pass

    room.witnesses.set([Broken()], 0)
    assert not room.ask()
    assert "a witness cannot be asked" in caplog.messages
