"""From the outbox of a site into the collector's record, through a real server, whatever is cut, killed or lost.

What is always so: nothing that the site had on disk is missing in the record, and nothing is there twice.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.outpost import handing_over, lane
from sla_monitor.transport import line as line_module
from tests.daemon import far_worker
from tests.outpost import worker
from tests.support.forked import forking, kill, preload
from tests.support.nats import (
    KEY,
    OLDEST,
    PROGRAM,
    Collector,
    Network,
    Off,
    Sender,
    Server,
    collecting,
    sending,
    serving,
    terms,
    times,
    wait,
)

KILLS = int(os.environ.get("SITE_KILLS", "10"))
"""`make site-loop` asks for a hundred."""

preload("tests.outpost.worker", "tests.daemon.far_worker")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for as long as in earnest."""
    monkeypatch.setattr(lane, "AGAIN_S", 1.0)
    monkeypatch.setattr(handing_over, "GATHER_S", 0.05)
    monkeypatch.setattr(handing_over, "PULSE_S", 0.2)
    monkeypatch.setattr(line_module, "LONGEST_PAUSE_S", 0.5)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("nats") / "server") as server:
        yield server


@pytest.fixture
def shared(started: Server) -> Server:
    """One server for what does it no harm."""
    return started.emptied()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "server") as server:
        yield server


def arrive(collector: Collector, site: Sender, seen: Sequence[int]) -> None:
    wait(lambda: site.outbox.waiting == 0)
    assert collector.times() == list(seen)
    assert collector.refused() == {}


def test_what_a_site_sees_is_recorded_and_leaves_its_outbox(tmp_path: Path, shared: Server) -> None:
    with (
        collecting(tmp_path / "c", shared.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", shared.settings("north")) as site,
    ):
        seen = times(1_200)
        site.see(*seen)
        arrive(collector, site, seen)
        wait(lambda: site.taken_up > 0 and site.skew() is not None)
        assert abs(site.skew() or 0) < 1_000
        assert collector.far.sites["north"].lost == 0
        assert collector.times(site="south") == []


def test_a_site_that_is_cut_off_keeps_what_it_sees(tmp_path: Path, shared: Server) -> None:
    with (
        closing(Network(shared.port)) as network,
        collecting(tmp_path / "c", shared.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", shared.settings("north", network.port)) as site,
    ):
        seen = times(3_000)
        for start in range(0, 3_000, 500):
            site.see(*seen[start : start + 500])
            if start == 1_000:
                wait(lambda: bool(collector.times()))
                network.cut()
                wait(lambda: not site.line.is_up)
        wait(lambda: not site.outbox._held)
        assert site.outbox.waiting >= 1_500
        network.mend()
        arrive(collector, site, seen)


@pytest.mark.parametrize(("program", "is_store_lost"), [(PROGRAM, False), (PROGRAM, True), (OLDEST, True)])
def test_a_server_that_is_killed_loses_nothing_also_with_its_store(
    tmp_path: Path, program: Path, is_store_lost: bool
) -> None:
    with (
        serving(tmp_path / "server", program=program) as server,
        collecting(tmp_path / "c", server.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", server.settings("north")) as site,
    ):
        seen = times(2_000)
        for start in range(0, 2_000, 250):
            site.see(*seen[start : start + 250])
            if start % 500 == 250:
                server.kill()
                if is_store_lost:
                    server.delete_store()
                server.start()
        arrive(collector, site, seen)


def test_a_collector_that_is_away_finds_all_of_it_later_and_the_server_holds_a_part_of_it(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "MOST_UNDER_WAY", 1_000)
    with (
        collecting(tmp_path / "c", server.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", server.settings("north")) as site,
    ):
        seen = times(4_000)
        site.see(*seen[:100])
        arrive(collector, site, seen[:100])
        collector.stop()
        site.see(*seen[100:])
        wait(lambda: site.handing.lanes[""].under_way >= 1_000)
        assert site.outbox.waiting == 3_900
        collector.start()
        arrive(collector, site, seen)


def test_a_ledger_that_is_restored_from_a_copy_goes_on_and_says_what_is_missing(
    tmp_path: Path, shared: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        collecting(tmp_path / "c", shared.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", shared.settings("north")) as site,
    ):
        seen = times(300)
        site.see(*seen[:100])
        arrive(collector, site, seen[:100])
        collector.stop()
        copy = collector.path.read_bytes()
        collector.start()
        site.see(*seen[100:200])
        arrive(collector, site, seen[:200])
        collector.stop()
        for file in collector.path.parent.glob("ledger.db*"):
            file.unlink()
        collector.path.write_bytes(copy)
        collector.start()
        site.see(*seen[200:])
        arrive(collector, site, seen[:100] + seen[200:])
        assert collector.far.sites["north"].lost == 100
    assert any("has lost" in message for message in caplog.messages)


def test_an_outbox_from_a_copy_gives_nothing_a_number_that_is_taken(tmp_path: Path, shared: Server) -> None:
    """What the copy still has is sent again, and is known; what is seen from then on is new."""
    outbox, seen = tmp_path / "outbox.db", times(300)
    with collecting(tmp_path / "c", shared.settings("collector")) as collector:
        with sending(outbox, {**shared.settings("north"), "servers": ["nats://localhost:1"]}) as site:
            site.see(*seen[:100])
        copy = outbox.read_bytes()
        with sending(outbox, shared.settings("north")) as site:
            site.see(*seen[100:200])
            arrive(collector, site, seen[:200])
        for file in tmp_path.glob("outbox.db*"):
            file.unlink()
        outbox.write_bytes(copy)
        with sending(outbox, shared.settings("north")) as site:
            site.see(*seen[200:])
            arrive(collector, site, seen)


def test_an_outbox_that_is_gone_is_begun_anew(tmp_path: Path, shared: Server) -> None:
    seen = times(200)
    with collecting(tmp_path / "c", shared.settings("collector")) as collector:
        for half in (0, 100):
            with sending(tmp_path / f"outbox-{half}.db", shared.settings("north")) as site:
                site.see(*seen[half : half + 100])
                arrive(collector, site, seen[: half + 100])


def test_a_full_outbox_gives_up_the_oldest_and_the_collector_hears_of_it(tmp_path: Path, shared: Server) -> None:
    seen, outbox = times(20_000), tmp_path / "outbox.db"
    with sending(outbox, {**shared.settings("north"), "servers": ["nats://localhost:1"]}, most_bytes=500_000) as site:
        site.see(*seen)
        wait(lambda: not site.outbox._held)
    lost = site.outbox.lost
    assert 1_000 < lost < 19_000
    assert site.outbox.waiting + lost == 20_000
    assert outbox.stat().st_size < 3 << 20
    with (
        collecting(tmp_path / "c", shared.settings("collector")) as collector,
        sending(outbox, shared.settings("north")) as site,
    ):
        arrive(collector, site, seen[lost:])
        assert collector.far.sites["north"].lost == lost


def test_a_clock_that_is_wrong_is_measured_and_what_it_dated_is_unknown(tmp_path: Path, shared: Server) -> None:
    seen, clock = times(60, days_ago=1), Off(-3_600_000)
    with (
        collecting(tmp_path / "c", shared.settings("collector")) as collector,
        sending(tmp_path / "outbox.db", shared.settings("north"), clock=clock) as site,
    ):
        wait(lambda: site.skew() is not None)
        assert abs((site.skew() or 0) + 3_600_000) < 1_000
        site.see(*seen[:30])
        clock.off_ms = 0  # somebody puts it right: what was measured moves with it
        site.see(*seen[30:])
        arrive(collector, site, seen)
        assert collector.outcomes() == {"unknown": 30, "up": 30}


@pytest.mark.timeout(1200)
def test_a_site_that_is_killed_at_any_time_loses_nothing_that_it_had_on_disk(tmp_path: Path, shared: Server) -> None:
    chance = random.Random(14)
    folder, seen = tmp_path / "site", times(200_000)
    folder.mkdir()
    (folder / "nats.json").write_text(json.dumps(shared.settings("north")))
    with collecting(tmp_path / "c", shared.settings("collector")) as collector, forking() as start:
        for _ in range(KILLS):
            before = read_kept(folder)
            process = start(worker.main, (folder, seen[0], len(seen)))
            wait(lambda before=before: read_kept(folder) > before)  # type: ignore[misc]
            time.sleep(chance.random() / 2)
            kill(process)
        kept = read_kept(folder)
        with sending(folder / "outbox.db", shared.settings("north")) as site:
            wait(lambda: site.outbox.waiting == 0)
        found = collector.times()
        assert found == seen[: len(found)], "each once, and in order"
        assert len(found) >= kept
        # Of what was on disk when it was killed and not yet noted, the next start sees the times again.
        assert set(collector.refused()) <= {"past"}


def read_kept(folder: Path) -> int:
    kept = folder / "kept"
    return int(kept.read_text()) if kept.exists() else 0


@pytest.mark.timeout(1200)
def test_a_collector_that_is_killed_at_any_time_records_everything_once(tmp_path: Path, shared: Server) -> None:
    chance = random.Random(41)
    folder, count = tmp_path / "c", 400 * KILLS
    collector = Collector(folder, shared.settings("collector"), {KEY: terms()}, SystemClock())  # makes the key
    (folder / "nats.json").write_text(json.dumps(shared.settings("collector")))
    seen = times(count)
    with sending(tmp_path / "outbox.db", shared.settings("north")) as site, forking() as start:
        for number in range(KILLS):
            process = start(far_worker.main, (folder,))
            site.see(*seen[number * 400 : (number + 1) * 400])
            time.sleep(chance.random())
            kill(process)
        with collecting(folder, shared.settings("collector")) as collector:
            arrive(collector, site, seen)
