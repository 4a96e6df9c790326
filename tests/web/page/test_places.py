"""The pages of a service and an endpoint that several places probe, over a real record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.assess import assess
from sla_monitor.board import Board, Watched
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.ledger import HistoryReader, Ledger
from sla_monitor.sla.observation import Observation
from sla_monitor.web import PageRecord, Web
from tests.fakes.clock import FakeClock
from tests.web import recorded
from tests.web.page.test_subject_pages import days_of, text_of
from tests.web.recorded import DAY, DOWN, EVERY, HOUR, NOW_MS, SILENT, contract, endpoint, up
from tests.web.running import Parts, serving

PLACES = {"sites": ["main", "north", "south"], "quorum": 2}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Five days of hourly probes by three places; on the last day but one, two of them see an outage."""
    path, clock = tmp_path_factory.mktemp("places") / "ledger.db", FakeClock(NOW_MS)
    one = contract(
        services=[{"id": "custody", "name": "Custody records", "places": PLACES,
                   "endpoints": [endpoint("custody-web", "Custody web")]}],
        kpis=[{"id": "K", "service": "custody", "target": "99.5"}],
    )  # fmt: skip
    board = Board(NOW_MS - 5 * DAY)
    board.watch(Watched(key, one.id, service.id, each) for key, service, each in one.endpoints_at(NOW_MS))
    with Ledger.open(path, clock) as ledger:
        begin_ms = (NOW_MS - 5 * DAY) // HOUR * HOUR
        for at_ms in range(begin_ms, NOW_MS, EVERY):
            ago = (NOW_MS - at_ms) // HOUR
            for site, finding in (("main", DOWN), ("north", SILENT), ("south", DOWN)):
                failed = {"main": 30 <= ago < 52, "north": 30 <= ago < 46, "south": False}[site]
                seen = Observation(endpoint_key(one.id, "custody-web", site), at_ms, finding if failed else up(40))
                ledger.record(seen, EVERY)
                if site != "south" or ago > 20:  # it is cut off on the last day
                    board.observe(replace(seen, endpoint=endpoint_key(one.id, "custody-web")), site)
        assert ledger.flush(20)
    with HistoryReader(path) as reader:
        board.assessment = assess([one], reader, NOW_MS)
    whole = recorded.parts(tmp_path_factory.mktemp("whole"), is_new=True)
    return Parts(board=board, ledger=path, contracts=(one,), clock=clock, elsewhere=whole.elsewhere)


@pytest.fixture(scope="module")
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts) as served:
        yield served


def test_a_ledger_keeps_what_each_site_saw_and_the_quorum_judges_it(parts: Parts) -> None:
    (assessed,) = parts.board.assessment.contracts
    (outage,) = assessed.services[0].outages
    assert (outage.downtime_ms, outage.endpoints) == (16 * HOUR, ("custody-web",))
    assert [(one.site, f"{one.outcome}") for one in outage.places] == [
        ("main", "down"), ("north", "down"), ("south", "up")
    ]  # fmt: skip
    assert [one.outvoted_ms for one in assessed.services[0].places] == [6 * HOUR, 0, 0]


def test_the_page_of_an_endpoint_has_a_row_for_each_place(web: Web) -> None:
    text = text_of(web, "/endpoints/partnership/custody-web")
    assert "down for 22 h, 6 h of it seen from too few places to count" in text
    assert "Custody web, seen from north" in text
    assert "seen up from main and north; south is cut off" in text
    rows = [text[text.index(f"{site} {state}") :] for site, state in (("main", "✓ Up"), ("south", "? Unknown"))]
    assert "saw " in rows[0]
    assert rows[1].removeprefix("south ? Unknown ").startswith("cut off, since 19 Nov 2026 18:00:00 GMT")


def test_the_days_of_pages_are_by_the_quorum(web: Web, parts: Parts) -> None:
    text = text_of(web, "/services/partnership/custody")
    assert "custody-web (down from main and north, up from south)" in text
    for path in ("/services/partnership/custody", "/endpoints/partnership/custody-web"):
        assert days_of(web, path)["down"].startswith("19 Nov 2026: outage"), path
    (contract,) = parts.board.assessment.contracts
    with closing(parts.record()) as record:
        history = record.service_history(parts.contracts[0], "custody", contract.at_ms)
        own = record.endpoint_history(parts.contracts[0], "custody-web", contract.at_ms)
    assert sum(day.down_ms for day in history.days) == contract.services[0].downtime_ms
    assert sum(day.down_ms for day in own.days) == contract.services[0].downtime_ms


def test_an_endpoint_is_down_since_enough_places_saw_it_whichever_saw_it_first(parts: Parts, tmp_path: Path) -> None:
    (one,) = parts.contracts
    at_ms = NOW_MS // HOUR * HOUR
    with Ledger.open(tmp_path / "ledger.db", FakeClock(at_ms)) as ledger:
        for ago in reversed(range(12)):
            for site, since in (("main", 9), ("north", 4), ("south", -1)):
                key = endpoint_key(one.id, "custody-web", site)
                ledger.record(Observation(key, at_ms - ago * HOUR, DOWN if ago <= since else up(40)), EVERY)
        assert ledger.flush(20)
    record = PageRecord(lambda: HistoryReader(tmp_path / "ledger.db"), lambda: parts.contracts)
    with closing(record):
        history = record.endpoint_history(one, "custody-web", at_ms + HOUR // 2)
    assert history.down_since_ms == at_ms - 4 * HOUR
    assert [(run.site, run.start_ms) for run in history.failures] == [
        ("north", at_ms - 4 * HOUR), ("main", at_ms - 9 * HOUR)
    ]  # fmt: skip
