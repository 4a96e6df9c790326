"""When a probe begins, what is counted, and what becomes of it: real probes, on a clock that does what it is told."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.probe import Loop
from sla_monitor.probe.doubts import Doubts
from sla_monitor.site.agenda import Agenda
from sla_monitor.site.probe_runner import Probing
from sla_monitor.sla.observation import Observation, Outcome
from sla_monitor.transport import Assigned, HostWords, Pulse, SiteWords
from tests.daemon.running import terms
from tests.fakes.clock import FakeClock
from tests.probe.servers import OK, Peer, serving


class Room:
    """Probing without a process of its own."""

    def __init__(self) -> None:
        self.clock, self.loop = FakeClock(), Loop()
        self.words, self.host = SiteWords(), HostWords()
        self.agenda = Agenda(self.clock)
        self.seen: list[Observation] = []
        self.probing = Probing(self.loop, self.agenda, self.clock, self.words)
        self.probing.doubts = Doubts(self.host, self.seen.append)
        self.turns = 0

    def give(self, **several: Endpoint) -> None:
        given = [Assigned.of(n, f"c/{name}", spelled(each)) for n, (name, each) in enumerate(several.items(), 1)]
        self.probing.take_up(given, self._turned)

    def _turned(self) -> None:
        self.turns += 1

    def due(self, name: str, in_ms: int = 0) -> None:
        """It is due then, as the schedule says."""
        self.probing._due(f"c/{name}", self.clock.now_ms() + in_ms)
        self.agenda.run()

    def turn_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            self.agenda.run()
            self.loop.turn(0.02)

    def in_flight(self, number: int = 1) -> list[tuple[int, int]]:
        return list(self.words.in_flight(iter((number,))))

    def pulse(self) -> Pulse:
        return self.probing.pulse({})


@pytest.fixture
def room() -> Iterator[Room]:
    one = Room()
    yield one
    one.give()
    one.turn_until(lambda: one.pulse().in_flight == 0)
    one.loop.close()
    one.words.close()
    one.host.close()


@pytest.fixture
def port() -> Iterator[int]:
    with serving(Peer.wait) as server:
        yield server.port


@pytest.fixture
def silent(port: int) -> Endpoint:
    """A probe of it lasts for as long as it may."""
    return terms(port, timeout="300ms", expect="never")


def test_a_probe_is_in_flight_until_it_has_been_handed_over(room: Room, port: int) -> None:
    room.give(e=terms(port))
    began_ms = room.clock.now_ms()
    room.due("e")
    assert room.in_flight() == [(1, began_ms)]
    room.turn_until(lambda: bool(room.seen))
    (one,) = room.seen
    assert (one.endpoint, one.at_ms, one.finding.outcome) == ("c/e", began_ms, Outcome.UP)
    assert room.in_flight() == [(1, began_ms)]
    room.probing.handed_over((("c/e", began_ms),))
    assert room.in_flight() == []


def test_one_that_was_handed_over_leaves_the_next_in_flight(room: Room, port: int) -> None:
    room.give(e=terms(port))
    first_ms = room.clock.now_ms()
    room.due("e")
    room.turn_until(lambda: bool(room.seen))
    room.clock.advance(1_000)
    room.due("e")
    room.probing.handed_over((("c/e", first_ms),))
    assert room.in_flight() == [(1, first_ms + 1_000)]


def test_a_probe_begins_at_its_place_and_not_before(room: Room, port: int) -> None:
    room.give(e=terms(port))
    room.due("e", in_ms=600)
    room.clock.advance(599)
    room.agenda.run()
    assert room.in_flight() == []
    room.clock.advance(1)
    room.agenda.run()
    assert room.in_flight() == [(1, room.clock.now_ms())]


def test_how_late_probes_begin_is_counted_by_buckets(room: Room, port: int) -> None:
    for late_ms in (0, 3, 700):
        room.give()
        room.give(e=terms(port, every="10s"))
        room.probing._due("c/e", room.clock.now_ms())
        room.clock.advance(late_ms)
        room.agenda.run()
    pulse = room.pulse()
    counts = dict(zip((*LATENESS_BUCKETS_S, "more"), pulse.lateness_counts, strict=True))
    assert {edge for edge, count in counts.items() if count} == {0.001, 0.005, 1.0}
    assert sum(pulse.lateness_counts) == 3
    assert pulse.lateness_sum_s == pytest.approx(0.703)


def test_a_probe_that_overruns_its_interval_is_counted_and_not_doubled(room: Room, silent: Endpoint) -> None:
    room.give(e=silent)
    room.due("e")
    room.due("e")
    pulse = room.pulse()
    assert (pulse.overrun, pulse.missed, pulse.in_flight, pulse.skipped) == (1, 0, 1, {1: 1})
    room.turn_until(lambda: bool(room.seen))
    room.due("e")
    room.turn_until(lambda: len(room.seen) == 2)
    assert room.pulse().overrun == 1


def test_a_probe_that_is_late_by_its_interval_is_missed_for_the_next_is_due(room: Room, port: int) -> None:
    room.give(e=terms(port))
    room.probing._due("c/e", room.clock.now_ms())
    room.clock.advance(1_000)
    room.agenda.run()
    pulse = room.pulse()
    assert (pulse.missed, pulse.skipped, pulse.in_flight) == (1, {1: 1}, 0)


def test_what_was_skipped_is_told_once_and_other_counts_go_on(room: Room, port: int) -> None:
    room.give(e=terms(port))
    room.probing._missed("c/e", 3)
    assert room.pulse().skipped == {1: 3}
    assert room.pulse().skipped == {}
    assert room.pulse().missed == 3


def test_what_is_lost_on_the_way_is_told_as_skipped(room: Room, port: int) -> None:
    room.give(e=terms(port))
    room.due("e")
    room.turn_until(lambda: bool(room.seen))
    room.probing.lost((("c/e", room.seen[0].at_ms),))
    assert room.pulse().skipped == {1: 1}
    assert room.in_flight() == []


def test_new_terms_wait_for_the_probe_that_is_under_way(room: Room, silent: Endpoint, port: int) -> None:
    room.give(e=silent)
    room.due("e")
    room.give(e=terms(port, timeout="800ms"))
    room.turn_until(lambda: bool(room.seen))
    assert room.seen[0].finding.outcome is Outcome.DOWN, "by the terms it was begun with"
    room.clock.advance(1_000)
    room.due("e")
    room.turn_until(lambda: len(room.seen) == 2)
    assert room.seen[1].finding.outcome is Outcome.UP


def test_of_several_reloads_during_a_probe_the_last_one_counts(room: Room, silent: Endpoint, port: int) -> None:
    room.give(e=silent)
    room.due("e")
    room.give(e=terms(1))
    room.give(e=terms(port))
    room.turn_until(lambda: bool(room.seen))
    room.due("e")
    room.turn_until(lambda: len(room.seen) == 2)
    assert room.seen[1].finding.outcome is Outcome.UP


def test_an_endpoint_that_is_removed_is_no_longer_in_flight_nor_told_of(room: Room, silent: Endpoint) -> None:
    room.give(e=silent)
    room.due("e")
    room.give()
    assert room.in_flight() == []
    room.turn_until(lambda: room.pulse().in_flight == 0)
    assert room.seen == []
    room.due("e")
    assert room.pulse().in_flight == 0


def test_an_endpoint_that_comes_back_is_another(room: Room, silent: Endpoint, port: int) -> None:
    room.give(e=silent)
    room.due("e")
    room.give()
    room.give(e=terms(port))
    room.due("e")
    room.turn_until(lambda: room.pulse().in_flight == 0)
    assert [one.finding.outcome for one in room.seen] == [Outcome.UP]


def test_a_reload_leaves_alone_what_did_not_change(room: Room, port: int) -> None:
    room.give(a=terms(port, "a"), b=terms(port, "b"))
    before = room.probing._probed["c/a"]
    prober = before.prober
    room.give(a=terms(port, "a"), b=terms(port, "b", timeout="800ms"))
    assert room.probing._probed["c/a"] is before
    assert before.prober is prober


def test_thousands_of_endpoints_are_taken_up_with_a_sign_of_life_for_each(room: Room) -> None:
    room.give(**{f"e{n}": terms(1, f"e{n}") for n in range(100)})
    assert room.turns == 100
    assert room.pulse().has_assignment


def test_terms_that_cannot_be_understood_cost_their_own_endpoint_only(
    room: Room, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    good, odd = spelled(terms(port)), spelled(terms(port)) | {"kind": "telepathy"}
    room.probing.take_up([Assigned.of(1, "c/odd", odd), Assigned.of(2, "c/e", good)], lambda: None)
    assert [record.__dict__["endpoint"] for record in caplog.records] == ["c/odd"]
    room.due("e")
    room.turn_until(lambda: bool(room.seen))


def test_what_fails_around_a_probe_is_unknown_and_told(room: Room, port: int, caplog: pytest.LogCaptureFixture) -> None:
    room.give(e=terms(port))
    room.probing._probed["c/e"].prober.terms.__dict__["timeout_ms"] = None
    room.due("e")
    (one,) = room.seen
    assert one.finding.outcome is Outcome.UNKNOWN
    assert "a probe failed inside the monitor" in caplog.messages


def test_an_endpoint_without_its_secret_is_unknown(room: Room) -> None:
    web = {"id": "e", "kind": "http", "url": "http://127.0.0.1:1/", "bearer_token": "${env:NO_SUCH_SECRET}"}
    room.give(e=endpoint_of(web))
    room.due("e")
    (one,) = room.seen
    assert one.finding.outcome is Outcome.UNKNOWN
    assert "NO_SUCH_SECRET" in one.finding.detail


def test_a_secret_that_is_rotated_is_sent_with_the_next_probe(room: Room, tmp_path: Path) -> None:
    """Wherever it stands: else the supplier would be charged for the password that we did not take up."""
    secret, asked = tmp_path / "secret", []

    def hears(peer: Peer) -> None:
        asked.append(peer.request())
        peer.send(OK)

    with serving(hears) as server:
        url, reference = f"http://127.0.0.1:{server.port}/", f"${{file:{secret}}}"
        pace = {"every": "1s", "timeout": "900ms"}
        step = {"id": "in", "method": "POST", "url": url, "form": {"user": "m", "password": reference}}
        several: dict[str, dict[str, Any]] = {
            "bearer": {"kind": "http", "url": url, "bearer_token": reference},
            "header": {"kind": "http", "url": url, "headers": {"X-Api-Key": reference}},
            "basic": {"kind": "http", "url": url, "basic_auth": {"username": "m", "password": reference}},
            "journey": {"kind": "journey", "base": url.rstrip("/"), "steps": [step | {"url": "/"}]},
        }
        for name, web in several.items():
            asked.clear()
            room.seen.clear()
            secret.write_text("old-one")
            room.give(**{name: endpoint_of(web | pace | {"id": name})})
            for count, (said, outcome) in enumerate(
                [("old-one", Outcome.UP), ("new-one", Outcome.UP), ("", Outcome.UNKNOWN), ("last", Outcome.UP)], 1
            ):
                secret.write_text(said)
                room.clock.advance(1_000)
                room.due(name)
                room.turn_until(lambda count=count: len(room.seen) == count)  # type: ignore[misc]
                assert room.seen[-1].finding.outcome is outcome, (name, said, room.seen[-1].finding)
            words = b64encode(b"m:new-one") if name == "basic" else b"new-one"
            assert words in asked[1], name
            assert len(asked) == 3


def test_what_is_probed_by_no_longer_is_let_go_of(room: Room) -> None:
    """Kept connections are closed: by new terms, which hold for the next probe, and when an endpoint is removed."""
    closed: list[int] = []

    def keeps(peer: Peer) -> None:
        while peer.request():
            peer.send(OK)
        closed.append(peer.number)

    with serving(keeps) as server:
        web = {"id": "e", "kind": "http", "url": f"http://127.0.0.1:{server.port}/", "every": "1s", "timeout": "900ms"}
        for number, name in enumerate(("", "another"), 1):
            room.give(e=endpoint_of(web | {"connection": "reuse", "name": name}))
            assert room.probing._probed["c/e"].prober.terms.name == name
            room.clock.advance(1_000)
            room.due("e")
            room.turn_until(lambda number=number: len(room.seen) == number)  # type: ignore[misc]
            room.turn_until(lambda number=number: len(closed) == number - 1)  # type: ignore[misc]
        room.give()
        room.turn_until(lambda: closed == [1, 2])
