"""What the collector takes of a site far away, and what it refuses: a site that lies charges nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.daemon import far_sites
from sla_monitor.daemon.far_sites import MOST_LOGGED, WHY_REFUSED
from sla_monitor.errors import SigningKeyError
from sla_monitor.settings import Settings
from sla_monitor.signing import VerifyingKey
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason, StepFinding
from sla_monitor.transport import (
    PURPOSE,
    Answer,
    FarPulse,
    Parcel,
    Signed,
    SiteTerms,
    decode_signed,
    decode_to_site,
    encode,
)
from sla_monitor.transport.line import FarConnection, FarLine, parcels_of, pulses_of, to_site
from tests.support.nats import EVERY_MS, KEY, UP, Collector, Server, collecting, serving, terms, times, wait

DOWN = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer", 900_000)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("nats") / "server") as server:
        yield server


@pytest.fixture
def server(started: Server) -> Server:
    return started.emptied()


class Voice:
    """A site that says what it is told to say, whatever that is."""

    def __init__(self, server: Server, site: str = "north") -> None:
        self.site = site
        self.heard: list[tuple[Signed, Answer | SiteTerms]] = []
        settings = Settings.model_validate({"sites": {"nats": server.settings(site)}}).sites.nats
        assert settings is not None
        self._todo: asyncio.Queue[Callable[[FarConnection], Awaitable[None]]] = asyncio.Queue()
        self._done = 0
        self.line = FarLine(settings, "voice", f"_INBOX_{site}", self._serve)
        self.line.start()
        wait(lambda: self.line.is_up)

    async def _serve(self, connection: FarConnection) -> None:
        async def hear(subject: str, data: bytes) -> None:
            signed = decode_signed(data)
            self.heard.append((signed, decode_to_site(signed.body)))

        await connection.listen(to_site(self.site), hear)
        while True:
            await (await self._todo.get())(connection)
            self._done += 1

    def put(self, *messages: bytes) -> None:
        """Have them in the stream."""
        before = self._done
        for message in messages:
            self._do(partial(_put, parcels_of(self.site), message))
        wait(lambda: self._done == before + len(messages))

    def _do(self, doing: Callable[[FarConnection], Awaitable[None]]) -> None:
        self.line.call(partial(self._todo.put_nowait, doing))

    def pulse(self, **changed: object) -> None:
        pulse = FarPulse(self.site, ("a",), int(time.time() * 1000), 0, 0, None, 0, 0, 1)
        message = encode(structs.replace(pulse, **changed))
        self._do(partial(_say, pulses_of(self.site), message))

    def positions(self) -> dict[str, int]:
        told = [said for _, said in self.heard if isinstance(said, Answer)]
        return told[-1].positions if told else {}

    def terms(self) -> SiteTerms | None:
        return next((said for _, said in self.heard if isinstance(said, SiteTerms)), None)


async def _put(subject: str, data: bytes, connection: FarConnection) -> None:
    await connection.put(subject, data)


async def _say(subject: str, data: bytes, connection: FarConnection) -> None:
    await connection.say(subject, data)


def parcel(seen: Sequence[Observation], first: int = 1, *, since: int | None = None, **changed: str) -> bytes:
    named = {"site": "north", "outbox": "a", **changed}
    whole = Parcel(named["site"], named["outbox"], since or first, first, tuple(seen), (0,) * len(seen))
    return encode(whole)


def saw(several: Sequence[int], finding: Finding = UP, key: str = KEY) -> list[Observation]:
    return [Observation(key, at_ms, finding) for at_ms in several]


@contextmanager
def both(folder: Path, server: Server) -> Iterator[tuple[Collector, Voice]]:
    with collecting(folder, server.settings("collector")) as collector:
        wait(lambda: collector.far._listens_s < float("inf"))  # the stream is there
        voice = Voice(server)
        try:
            yield collector, voice
        finally:
            voice.line.stop(5)


def settled(collector: Collector, outbox: str, sequence: int) -> None:
    wait(lambda: collector.ledger.positions().get(("north", outbox), 0) >= sequence)


def test_parcels_that_come_twice_in_parts_and_out_of_order_are_recorded_once(tmp_path: Path, server: Server) -> None:
    seen = saw(times(60))
    with both(tmp_path, server) as (collector, voice):
        voice.put(
            parcel(seen[20:40], 21),  # before its turn: it has to come again
            parcel(seen[:20]),
            parcel(seen[:20]),
            parcel(seen[10:30], 11),
            parcel(seen[40:], 41),
            parcel(seen[20:40], 21),
            parcel(seen[5:10], 6),
            parcel(seen[40:], 41),
        )
        settled(collector, "a", 60)
        assert collector.times() == [one.at_ms for one in seen]
        assert collector.far.sites["north"].again == 2
        assert collector.refused() == {}
        collector.restart()
        wait(lambda: collector.far.line is not None and collector.far.line.is_up)
        more = saw(times(61)[60:])
        voice.put(parcel(seen[40:], 41), parcel(more, 61))
        settled(collector, "a", 61)
        assert len(collector.times()) == 61


def test_what_is_on_disk_later_than_it_is_waited_for_is_acknowledged_without_coming_again(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_sites, "COMMIT_S", 0.0)  # on any disk too little
    with both(tmp_path, server) as (collector, voice):
        for number in (1, 2, 3):
            voice.put(parcel(saw(times(1, start=number)), number))
        settled(collector, "a", 3)
        wait(lambda: (voice.pulse(), time.sleep(0.05), voice.positions())[2] == {"a": 3})  # type: ignore[func-returns-value]
        wait(lambda: not collector.far._in_hand)
        assert collector.far.sites["north"].again == 0


def test_what_there_is_no_room_for_comes_again_once_there_is(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far_sites, "NO_ROOM_S", 0.2)
    asked = list[int]()
    with both(tmp_path, server) as (collector, voice):

        def has_room_for(count: int) -> bool:
            asked.append(count)
            return len(asked) > 3

        monkeypatch.setattr(collector.ledger, "has_room_for", has_room_for)
        voice.put(parcel(saw(times(2))))
        settled(collector, "a", 2)
        assert len(asked) == 4


def lies() -> dict[str, list[Observation]]:
    now_ms = int(time.time() * 1000)
    long_ago = now_ms - 41 * 86_400_000
    steps = (StepFinding("s", "not in the contract", Outcome.UP),)
    return {
        "endpoint": [*saw(times(1), DOWN, "custody/other"), *saw(times(1), DOWN, "custody/login@north")],
        "past": saw([long_ago, times(10)[0] - EVERY_MS, times(10)[9]], DOWN),
        "future": saw([now_ms + 60_000, now_ms + 10**9], DOWN),
        "content": saw(times(1, start=20), Finding(Outcome.UP, Reason.TIMEOUT))
        + saw(times(1, start=21), replace(DOWN, detail="x" * 500))
        + saw(times(1, start=22), replace(DOWN, duration_us=-5))
        + saw(times(1, start=23), replace(UP, steps=steps)),
        "pace": saw([times(1, start=30)[0] + place for place in range(50)], DOWN)[8:],
    }


def test_what_a_site_may_not_say_is_refused_counted_and_passed_over(
    tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    good = saw(times(10))
    with both(tmp_path, server) as (collector, voice):
        voice.put(parcel(good))
        place = 11
        for why, several in lies().items():
            voice.put(parcel(several, place))
            place += len(several)
            settled(collector, "a", place - 1)
            refused = collector.refused()
            wanted = len(several) if why != "pace" else len(several) - 4
            assert refused.pop(why) >= wanted, (why, refused)
        voice.put(parcel(saw(times(1, start=100)), place))
        settled(collector, "a", place)
        recorded = collector.times()
        assert recorded[:10] == [one.at_ms for one in good]
        assert recorded[-1] == times(1, start=100)[0]
        assert len(recorded) <= 10 + 1 + 4
        assert [(site, one.at_ms) for site, one in collector.shown] == [("north", at_ms) for at_ms in recorded]
        assert set(collector.refused()) <= set(WHY_REFUSED)
    told = [one for one in caplog.messages if one == "a site sent what is refused"]
    assert 5 <= len(told) <= 5 * MOST_LOGGED


def test_a_message_that_is_none_or_names_another_site_is_refused_whole(tmp_path: Path, server: Server) -> None:
    good = saw(times(4))
    with both(tmp_path, server) as (collector, voice):
        voice.put(
            b"",
            b"\xff" * 100,
            parcel(good, site="south"),
            encode(Parcel("north", "a", 1, 1, tuple(good), (0,))),
            encode(Parcel("north", "a", 5, 1, tuple(good), (0,) * 4)),
            encode(Parcel("north", "a", 1, 1, tuple(good * 300), (0,) * 1_200)),
            encode(FarPulse("north", (), 0, 0, 0, None, 0, 0, 0)),
        )
        wait(lambda: sum(collector.refused().values()) == 7)
        assert collector.refused() == {"message": 6, "name": 1}
        assert collector.times() == collector.times(site="south") == []
        voice.put(parcel(good))
        settled(collector, "a", 4)
        assert collector.refused("south") == {}


def test_a_site_is_told_its_terms_signed_and_how_far_the_record_has_it(tmp_path: Path, server: Server) -> None:
    with both(tmp_path, server) as (collector, voice):
        voice.put(parcel(saw(times(5))))
        settled(collector, "a", 5)
        wait(lambda: (voice.pulse(), time.sleep(0.05), voice.positions())[2] == {"a": 5})  # type: ignore[func-returns-value]
        public = VerifyingKey.read(tmp_path / "ledger.pub")
        assert all(public.holds(signed.signature, PURPOSE + signed.body) for signed, _ in voice.heard)
        wait(lambda: voice.terms() is not None)
        said = voice.terms()
        assert said is not None
        assert (said.site, [one.key for one in said.endpoints]) == ("north", [KEY])
        assert endpoint_of(said.endpoints[0].terms) == terms()
        # One that knows a later revision, of a collector whose clock was ahead, is told a later one still.
        voice.heard.clear()
        voice.pulse(revision=said.revision + 10**9)
        wait(lambda: voice.terms() is not None)
        later = voice.terms()
        assert later is not None
        assert later.revision == said.revision + 10**9 + 1
        # One that has them is told nothing more.
        voice.heard.clear()
        voice.pulse(revision=later.revision)
        wait(lambda: bool(voice.heard))
        assert voice.terms() is None


def _is(collector: Collector, *, has_all: bool) -> bool:
    return collector.far.has_all() is has_all


def test_a_record_is_in_step_once_it_has_what_connected_sites_saw(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting(tmp_path, server.settings("collector")) as collector:
        assert not collector.far.has_all()  # nobody was heard yet, and not for long
        monkeypatch.setattr(far_sites, "CUT_OFF_S", 0.5)
        wait(collector.far.has_all)  # nobody is there
        voice = Voice(server)
        try:
            now_ms = int(time.time() * 1000)
            for lacking, has_all in ((now_ms - 60_000, False), (None, True), (now_ms - 60_000, False)):
                voice.pulse(at_ms=now_ms, lacking={"": lacking})
                wait(partial(_is, collector, has_all=has_all))
            voice.pulse(at_ms=now_ms, lacking={"": None})
            wait(collector.far.has_all)
            monkeypatch.setattr(far_sites, "CUT_OFF_S", 100.0)
            monkeypatch.setattr(far_sites, "LATELY_S", 0.1)
            wait(lambda: not collector.far.has_all())  # it has said nothing since: is the line still there?
        finally:
            voice.line.stop(5)


def test_of_a_pair_the_one_that_follows_answers_and_tells_no_terms(tmp_path: Path, server: Server) -> None:
    with both(tmp_path, server) as (collector, voice):
        speaks = [False]
        collector.far.speaks = lambda: speaks[0]
        before = collector.far.sites["north"].revision
        voice.pulse(revision=before + 10**9)
        wait(lambda: any(isinstance(said, Answer) for _, said in voice.heard))
        assert voice.terms() is None
        assert collector.far.sites["north"].revision == before
        speaks[0] = True
        wait(lambda: (voice.pulse(revision=before + 10**9), time.sleep(0.05), voice.terms())[2] is not None)  # type: ignore[func-returns-value]


def test_after_a_reload_what_was_probed_by_the_terms_before_still_counts(tmp_path: Path, server: Server) -> None:
    with both(tmp_path, server) as (collector, voice):
        voice.put(parcel(saw(times(2))))
        settled(collector, "a", 2)
        before = collector.far.sites["north"].revision
        collector.far.assign({})
        assert collector.far.sites["north"].revision > before
        voice.put(parcel(saw(times(1, start=2)), 3))
        settled(collector, "a", 3)
        assert len(collector.times()) == 3
        assert collector.refused() == {}


def test_what_was_seen_by_a_clock_that_was_far_off_is_unknown(tmp_path: Path, server: Server) -> None:
    seen = saw(times(3), DOWN)
    with both(tmp_path, server) as (collector, voice):
        voice.put(encode(Parcel("north", "a", 1, 1, tuple(seen), (0, 6_000, -6_000))))
        settled(collector, "a", 3)
        assert collector.outcomes() == {"down": 1, "unknown": 2}
        # One that does not know is taken at what its pulse says.
        voice.pulse(at_ms=int(time.time() * 1000) - 60_000)
        wait(lambda: collector.far.sites["north"].skew_ms < -50_000)
        voice.put(encode(Parcel("north", "a", 4, 4, tuple(saw(times(1, start=3), DOWN)), (None,))))
        settled(collector, "a", 4)
        assert collector.outcomes() == {"down": 1, "unknown": 3}


def test_sites_need_a_server_names_of_their_own_and_a_key(tmp_path: Path, server: Server) -> None:
    nats = server.settings("collector")
    for wrong in (
        {"sites": {"known": [{"id": "north"}]}},
        {"sites": {"nats": nats, "known": [{"id": "north"}, {"id": "north"}]}},
        {"sites": {"nats": nats, "known": [{"id": "main"}]}},
        {"sites": {"nats": nats, "known": [{"id": "a.b"}]}},
        {"sites": {"nats": {**nats, "client_key": "x"}}},
    ):
        with pytest.raises(ValueError, match="sites"):
            Settings.model_validate(wrong)
    collector = Collector(tmp_path, nats, {KEY: terms()}, SystemClock())
    (tmp_path / "ledger.key").unlink()
    with pytest.raises(SigningKeyError, match="ledger key --make"):
        collector.start()
    collector.ledger.close()
