"""Two collectors record what the sites see, each on its own; what a site saw stays there until both have it."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.daemon import following
from sla_monitor.errors import LineError
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.housekeeping.restoring import restore
from sla_monitor.ledger.reading.day_rows import DAY_MS, DayRows
from sla_monitor.outpost import handing_over, lane
from sla_monitor.pair import shared_register
from sla_monitor.pair.day_roots import Teller, difference
from sla_monitor.register.instant import format_utc
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Observation
from sla_monitor.transport import PURPOSE, Answer, Signed, encode
from sla_monitor.transport import line as line_module
from sla_monitor.transport.line import FarConnection, once, to_site
from tests.pair import pair_worker
from tests.pair.support import are_the_same, names, paired, register, said, trouble
from tests.support.forked import forking, kill, preload
from tests.support.nats import (
    EVERY_MS,
    KEY,
    PAIR,
    UP,
    Collector,
    Server,
    collecting,
    sending,
    serving,
    terms,
    times,
    wait,
)

KILLS = int(os.environ.get("PAIR_KILLS", "4"))
"""`make standby-records-loop` asks for a hundred."""

preload("tests.pair.pair_worker")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for as long as in earnest."""
    monkeypatch.setattr(lane, "AGAIN_S", 1.0)
    monkeypatch.setattr(handing_over, "GATHER_S", 0.05)
    monkeypatch.setattr(handing_over, "PULSE_S", 0.2)
    monkeypatch.setattr(following, "EVERY_S", 0.5)
    monkeypatch.setattr(following, "COMPARE_EVERY_S", 0.5)
    monkeypatch.setattr(shared_register, "PAUSE_S", 0.1)
    monkeypatch.setattr(line_module, "LONGEST_PAUSE_S", 0.3)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def have(seen: Sequence[int], *several: Collector) -> None:
    wait(lambda: all(len(one.times()) >= len(seen) for one in several))
    assert all(one.times() == list(seen) and one.refused() == {} for one in several)


def alike(*several: Collector) -> bool:
    """Whether every day of two ledgers is equal."""
    with DayRows(several[0].path) as here, DayRows(several[1].path) as there:
        days = {*here.days(int(time.time() * 1000)), *there.days(int(time.time() * 1000))}
        return bool(days) and all(difference(day, Teller(here), Teller(there)) is None for day in days)


def test_an_outbox_gives_up_what_both_have_and_neither_waits_for_the_other(
    tmp_path: Path, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "MOST_UNDER_WAY", 600)
    with paired(tmp_path, own_server) as (east, west), sending(tmp_path / "o.db", own_server.settings("north")) as site:
        seen = times(4_000)
        site.see(*seen[:500])
        have(seen[:500], east, west)
        wait(lambda: site.outbox.waiting == 0)
        west.stop()
        site.see(*seen[500:])
        have(seen, east)
        assert site.outbox.waiting == 3_500
        wait(lambda: dict(east.far.sites["north"].behind()).get("east") == 0.0)
        assert dict(east.far.sites["north"].behind())["west"] > DAY_MS / 1000
        own_server.kill()
        own_server.delete_store()  # what west has not read is at the site alone
        own_server.start()
        west.start()
        have(seen, east, west)
        wait(lambda: site.outbox.waiting == 0)
        assert alike(east, west)
        assert east.far.sites["north"].lost == west.far.sites["north"].lost == 0


def test_only_the_collectors_of_the_signed_terms_have_a_say(tmp_path: Path, own_server: Server) -> None:
    with paired(tmp_path, own_server) as (east, west), sending(tmp_path / "o.db", own_server.settings("north")) as site:
        seen = times(20)
        site.see(*seen[:10])
        have(seen[:10], east, west)
        wait(lambda: site.outbox.waiting == 0)
        west.stop()
        site.see(*seen[10:])
        have(seen, east)
        answer = Answer({site.outbox.name: 20}, 0, 0, "weest")
        body = encode(answer)
        forged = Signed(body, SigningKey.read(tmp_path / "ledger.key").sign(PURPOSE + body))

        async def say(connection: FarConnection) -> None:
            await connection.say(to_site("north"), encode(forged))

        nats = east.settings.sites.nats
        assert nats is not None
        once(nats, "_INBOX_collector", say)
        wait(lambda: "weest" in site.handing._strangers)
        assert site.outbox.waiting == 10
        west.start()
        wait(lambda: site.outbox.waiting == 0)


def test_a_site_that_knows_no_pairs_keeps_all_that_it_sees(
    tmp_path: Path, own_server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with paired(tmp_path, own_server) as (east, west):
        with monkeypatch.context() as before:
            before.setattr(handing_over.HandingOver, "take_terms", _as_before)
            with sending(tmp_path / "o.db", own_server.settings("north")) as old:
                old.see(*times(5))
                wait(lambda: any("knows no pairs" in message for message in caplog.messages))
                assert old.outbox.waiting == 5
        with sending(tmp_path / "o.db", own_server.settings("north")) as site:
            have(times(5), east, west)
            wait(lambda: site.outbox.waiting == 0)


def _as_before(self: handing_over.HandingOver, terms: object) -> None:
    self._revision = terms.revision  # type: ignore[attr-defined]


def test_days_are_compared_and_the_first_difference_is_told(
    tmp_path: Path, own_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    seen = times(300, days_ago=3)
    odd_ms = seen[4] + 1
    with paired(tmp_path, own_server) as (east, west), sending(tmp_path / "o.db", own_server.settings("north")) as site:
        site.see(*seen)
        have(seen, east, west)
        west.ledger.record(Observation(f"{KEY}@north", odd_ms, UP), EVERY_MS)
        assert west.ledger.flush(5)
        with sending(tmp_path / "p.db", own_server.settings("south"), "south"):
            assert east.following is not None
            assert west.following is not None
            of_east, of_west = east.following.comparing, west.following.comparing
            wait(lambda: bool(of_east.unequal and of_west.unequal))
        day = odd_ms // DAY_MS * DAY_MS
        told = of_west.unequal[day]
        assert told == f"{KEY}@north at {format_utc(odd_ms)}: west has up, east has nothing"
        assert of_east.unequal[day].endswith("east has nothing, west has up")
        assert any(told in one for one in west.following.troubles())
        assert day not in of_east._equal
    assert any("the records of the pair differ" in message for message in caplog.messages)


def test_a_day_is_not_compared_before_both_have_it_to_its_end(tmp_path: Path, own_server: Server) -> None:
    seen = times(1_000, days_ago=3)
    with (
        paired(tmp_path, own_server) as (east, west),
        sending(tmp_path / "o.db", own_server.settings("north")) as site,
        sending(tmp_path / "p.db", own_server.settings("south"), "south"),
    ):
        site.see(*seen[:10])
        have(seen[:10], east, west)
        west.far.stop(5)  # it answers for its days, and records nothing
        site.see(*seen[10:])
        have(seen, east)
        assert east.following is not None
        east_compares, done = east.following.comparing, times(1)[0]
        wait(lambda: east.far.complete_until_ms() > done)
        wait(lambda: not west.far.complete_until_ms() > seen[10])
        time.sleep(1.2)
        assert east_compares.unequal == {}
        assert not east_compares._equal
        west.restart()
        have(seen, east, west)
        wait(lambda: bool(east_compares._equal))
        assert east_compares.unequal == {}


def test_a_dead_collector_is_replaced_from_the_others_backup(tmp_path: Path, own_server: Server) -> None:
    seen = times(3_000, days_ago=3)
    with (
        paired(tmp_path, own_server) as (east, west),
        sending(tmp_path / "o.db", own_server.settings("north")) as site,
        sending(tmp_path / "p.db", own_server.settings("south"), "south") as other,
    ):
        site.see(*seen[:500])
        other.see(*seen[:400])
        register(east).add([said("A"), said("B")])
        have(seen[:500], east, west)
        wait(lambda: are_the_same(east, west))
        west.stop()
        shutil.rmtree(west.path.parent)
        site.see(*seen[500:1_500])
        register(east).add([said("C")])
        have(seen[:1_500], east)
        copy = tmp_path / "copy.db"
        backup(east.path, copy, lambda *_: None)
        site.see(*seen[1_500:2_500])
        other.see(*seen[400:])
        register(east).add([said("D")])
        have(seen[:2_500], east)
        west.path.parent.mkdir()
        restore(copy, west.path, int(time.time() * 1000), lambda *_: None)
        west.start()
        site.see(*seen[2_500:])
        have(seen, east, west)
        wait(lambda: site.outbox.waiting == other.outbox.waiting == 0)
        wait(lambda: are_the_same(east, west))
        assert names(west) == ["A", "B", "C", "D"]
        assert east.times(site="south") == west.times(site="south") == seen
        assert alike(east, west)
        assert west.far.sites["north"].lost == 0
        assert not check(west.path, lambda *_: None).problems


@pytest.mark.timeout(2400)
def test_whichever_is_killed_at_any_time_both_have_everything_once(tmp_path: Path, own_server: Server) -> None:
    chance = random.Random(int(os.environ.get("PAIR_SEED", "14")))
    made = {name: Collector(tmp_path / name, own_server.settings("collector"), {KEY: terms()}, SystemClock(), name)
            for name in PAIR}  # fmt: skip
    for one in made.values():
        (one.path.parent / "nats.json").write_text(json.dumps(own_server.settings("collector")))
    seen, entered = times(200 * KILLS, days_ago=20), list[str]()
    with sending(tmp_path / "o.db", own_server.settings("north")) as site, forking() as start:
        processes = {name: start(pair_worker.main, (tmp_path / name,)) for name in PAIR}
        for number in range(KILLS):
            name = chance.choice(PAIR)
            site.see(*seen[number * 200 : (number + 1) * 200])
            if chance.random() < 0.7 and (tmp_path / name / "ledger.db").exists() and _enter(made[name], f"{number}"):
                entered.append(f"{number}")
            time.sleep(chance.random())
            kill(processes[name])
            if chance.random() < 0.15:
                own_server.kill()
                if chance.random() < 0.5:
                    own_server.delete_store()
                own_server.start()
            processes[name] = start(pair_worker.main, (tmp_path / name,))
        for process in processes.values():
            kill(process)
        with (
            collecting(tmp_path / "east", own_server.settings("collector"), name="east") as east,
            collecting(tmp_path / "west", own_server.settings("collector"), name="west") as west,
        ):
            have(seen, east, west)
            wait(lambda: site.outbox.waiting == 0)
            wait(lambda: not trouble(east) and not trouble(west) and are_the_same(east, west))
            found = names(east)
            assert [name for name in found if name in entered] == entered
            assert len(set(found)) == len(found)
            assert names(west) == found
            assert alike(east, west)
    print(f"{KILLS} kills: {len(seen)} observations and {len(found)} entries in both records, none lost, none twice")


def _enter(one: Collector, name: str) -> bool:
    """Whether it was entered for certain; what is refused is refused whole, and what is not known is not counted."""
    try:
        register(one).add([said(name)])
    except LineError:
        return False
    return True
