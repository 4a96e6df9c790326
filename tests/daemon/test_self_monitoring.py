"""Whether the daemon calls itself well: a site that cannot be started is no small matter."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.board import Board
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.daemon.self_monitoring import PULSE_LIMIT_S, OwnState, Reloads
from sla_monitor.ledger import Ledger
from sla_monitor.schedule import Schedule, threaded
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Finding, Observation, Outcome
from sla_monitor.transport import FarPulse
from tests.assess.records import endpoint, one_version, service
from tests.daemon.running import wait
from tests.daemon.test_collector import WEB, House, contract

NO_SITE = "a site does not answer, or cannot be started: its endpoints are not probed"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path, [])
    yield one
    one.end()


def own_state(house: House) -> OwnState:
    collector, clock = house.collector, house.clock
    return OwnState(
        0,
        clock=clock,
        ledger=house.ledger,
        collector=collector,
        sites=collector.sites,
        schedule=Schedule(clock, threaded(), collector.judge_heartbeat, house.board.skip),
        assessing=Assessing(house.ledger, house.board, clock, verified := RecordVerification()),
        reloads=Reloads(0),
        verified=verified,
    )


def test_a_site_that_cannot_be_started_makes_us_neither_ready_nor_well(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.collector.sites._command = ("/nonexistent/python",)
    house.collector.sites.start()
    wait(lambda: "a site cannot be started" in caplog.messages)
    own = own_state(house)
    health = own.health()
    assert not health.ready
    assert NO_SITE in health.reasons
    assert list(own.metrics()[names.SITES]) == [((), 0)]


@pytest.mark.parametrize(("sites", "is_over"), [(["north"], True), (["main", "north"], False)])
def test_the_start_is_over_without_an_observation_where_only_sites_far_away_probe(
    house: House, sites: list[str], is_over: bool
) -> None:
    seen = {"sites": sites, "quorum": "any"}
    house.collector.take_up([one_version(services=[service("cad", endpoint(places=seen))])])
    own = own_state(house)
    assert own.is_probing is is_over
    assert ("no endpoint has been probed yet" in own.health().reasons) is not is_over


def test_a_site_that_ends_again_and_again_is_told_though_there_were_observations(house: House) -> None:
    house.collector.sites._command = ("/bin/true",)
    house.collector.sites.start()
    own = own_state(house)
    wait(lambda: house.collector.sites.stats().restarts["ended"] >= 1)
    house.collector.take([Observation("small/web", house.clock.now_ms(), Finding(Outcome.UP))])
    health = own.health()
    assert health.ready
    assert NO_SITE in health.reasons
    assert dict(own.metrics()[names.SITE_RESTARTS])[("ended",)] in range(1, 10)


def test_how_long_a_site_was_not_heard_is_told(house: House) -> None:
    house.collector.sites._command = ("/bin/sleep", "600")
    own = own_state(house)
    own.beat()
    house.clock.advance(int(PULSE_LIMIT_S * 1000) + 1_000)
    own.beat()
    assert list(own.metrics()[names.PULSE]) == [((), PULSE_LIMIT_S + 1)]


def test_a_ledger_that_cannot_be_written_makes_us_not_ready(house: House) -> None:
    """The start is over all the same: systemd must not kill what holds observations in memory."""
    house.collector.take([Observation("small/web", house.clock.now_ms(), Finding(Outcome.UP))])
    own = own_state(house)
    assert own.health().ready
    with closing(sqlite3.connect(house.ledger._path, isolation_level=None)) as other:
        other.execute("begin immediate")
        house.ledger.clock_stepped(5_000)
        wait(lambda: house.ledger.stats().failing)
        health = own.health()
        assert (health.ready, own.is_probing) == (False, True)
        assert any("the ledger cannot be written: database is locked" in reason for reason in health.reasons)
        other.execute("rollback")
    wait(lambda: own.health().ready)


def test_a_disk_that_is_nearly_full_is_told_before_it_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    own, folder = own_state(house), house.ledger._path.parent
    assert not any("nearly full" in reason for reason in own.health().reasons)
    ((_, free),) = list(own.metrics()[names.LEDGER_FREE])
    assert free == pytest.approx(shutil.disk_usage(folder).free, abs=2**30)
    monkeypatch.setattr("sla_monitor.ledger.recording.stats.LEAST_ROOM_BYTES", 2**62)
    (told,) = (reason for reason in own.health().reasons if "nearly full" in reason)
    assert re.fullmatch(r"the ledger's disk is nearly full: [\d,]+ MiB are free", told)


@pytest.mark.parametrize(
    ("free", "size", "is_low"),
    [(2**30, 2**30, False), (2**30 - 1, 1, True), (2**31, 2**32, True), (2**32, 2**32, False), (None, 1, False)],
)
def test_the_disk_needs_room_for_another_ledger(house: House, free: int | None, size: int, *, is_low: bool) -> None:
    assert replace(house.ledger.stats(), free_bytes=free, size_bytes=size).is_room_low is is_low


@pytest.mark.parametrize("is_stopping", [False, True])
def test_an_assessment_that_finds_the_ledger_closed_is_told_unless_we_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, is_stopping: bool
) -> None:
    clock = SystemClock()
    ledger = Ledger.open(tmp_path / "ledger.db", clock)
    assessing = Assessing(ledger, Board(clock.now_ms(), "here"), clock, RecordVerification())
    ledger.close()
    if is_stopping:
        assessing.stop()
    assessing.assess_or_tell(lambda: [one_version()])
    assert caplog.messages == ([] if is_stopping else ["the figures cannot be calculated"])
    assert bool(assessing.problem) is not is_stopping


def test_an_assessment_that_goes_on_ends_with_the_monitor(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock, board = SystemClock(), Board(0, "here")
    with closing(Ledger.open(tmp_path / "ledger.db", clock)) as ledger:
        assessing = Assessing(ledger, board, clock, RecordVerification())

        def contracts() -> list[Contract]:
            assessing.stop()
            return [one_version()]

        assessing.assess_or_tell(contracts)
    assert (board.assessment.at_ms, caplog.messages, assessing.problem) == (0, [], "")


def test_sites_far_away_are_told_by_their_place_and_only_what_is_known_of_them(tmp_path: Path) -> None:
    key = tmp_path / "ledger.key"
    SigningKey.make(key)
    nats = {"servers": ["nats://localhost:1"]}
    known = [{"id": "north", "endpoints": ["small/web", "small/job"]}, {"id": "south"}]
    more = {"ledger": {"key": str(key)}, "sites": {"nats": nats, "known": known}}
    house = House(tmp_path, [], **more)
    try:
        own, far, now_ms = own_state(house), house.collector.far, house.clock.now_ms()
        north = far.sites["north"]
        assert list(north.terms) == ["small/web"], "a job reports by itself"
        cut_off = "the site north does not answer: what it sees comes later"
        assert cut_off in own.health().reasons
        metrics = own.metrics()
        assert metrics[names.LINE_UP] == [((), False)]
        assert metrics[names.FAR_CONNECTED] == [(("north",), False), (("south",), False)]
        assert metrics[names.FAR_AHEAD] == metrics[names.FAR_WAITING] == metrics[names.FAR_UP] == []
        north.heard_s, north.skew_ms, north.lost = house.clock.monotonic(), -1_500, 7
        north.pulse = FarPulse("north", (), now_ms, 1, 20, None, 7, 0, 1)
        north.refused["past"] = 3
        house.collector.show([Observation("small/web", now_ms, Finding(Outcome.DOWN))], "north")
        metrics = own.metrics()
        assert cut_off not in own.health().reasons
        assert metrics[names.FAR_CONNECTED] == [(("north",), True), (("south",), False)]
        assert metrics[names.FAR_AHEAD] == [(("north",), -1.5)]
        assert metrics[names.FAR_WAITING] == [(("north",), 20)]
        assert metrics[names.FAR_LOST] == [(("north",), 7), (("south",), 0)]
        assert dict(metrics[names.FAR_REFUSED])["north", "past"] == 3
        assert metrics[names.FAR_UP] == [(("north", "small", "service", "web"), False)]
        assert house.board.endpoints["small/web"].last is None, "its contract does not ask what north saw"
        house.collector.show([Observation("small/web", now_ms, Finding(Outcome.UNKNOWN))], "north")
        assert own.metrics()[names.FAR_UP] == []
        house.collector.show([Observation("small/web", now_ms - 60_000, Finding(Outcome.UP))], "north")
        assert own.metrics()[names.FAR_UP] == [], "that was a while ago"
    finally:
        house.end()


def test_a_collector_that_probes_nothing_itself_is_ready_and_shows_what_its_places_see(tmp_path: Path) -> None:
    key = tmp_path / "ledger.key"
    SigningKey.make(key)
    nats = {"servers": ["nats://localhost:1"]}
    house = House(tmp_path, [], ledger={"key": str(key)}, sites={"nats": nats, "known": [{"id": "north"}]})
    try:
        house.collector.take_up([contract(WEB | {"places": {"sites": ["north"], "quorum": "any"}})])
        assert own_state(house).is_probing
        assert not any(house.collector.sites.stats().isolated)
        house.collector.show([Observation("small/web", house.clock.now_ms(), Finding(Outcome.DOWN))], "north")
        watched = house.board.endpoints["small/web"]
        assert (watched.outcome, watched.places_short) == (Outcome.DOWN, 0)
        house.clock.advance(60_000)
        house.board.settle(house.clock.now_ms())
        assert (watched.outcome, watched.places_short) == (Outcome.UNKNOWN, 1)
    finally:
        house.end()


def test_without_sites_far_away_nothing_of_them_is_told(house: House) -> None:
    assert not any("far_site" in metric.name or metric is names.LINE_UP for metric in own_state(house).metrics())
