"""The pages of services and endpoints: what they tell of a record, in words, whatever its state."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from copy import copy
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.assess import Acknowledged
from sla_monitor.board import Board
from sla_monitor.sla.observation import Finding, Observation, Outcome
from sla_monitor.web import Web
from sla_monitor.web.page.history_rows import failure_rows
from sla_monitor.web.page_record import FailedRun
from tests.web import estate, recorded
from tests.web.browser import tab
from tests.web.page.test_browser import AXE, CONTRASTS, STICKS_OUT, VIOLATIONS, WIDE_ENOUGH
from tests.web.running import Parts, ask, serving

ROWS_OF_DAYS = "new Set([...document.querySelectorAll('.days > li')].map(one => one.offsetTop)).size"
CUSTODY, MAIL = "/services/partnership/custody", "/services/partnership/mail"
WEB = "/endpoints/partnership/custody-web"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return recorded.parts(tmp_path_factory.mktemp("record"))


@pytest.fixture(scope="module")
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts) as served:
        yield served


def text_of(web: Web, path: str) -> str:
    """What a reader reads, in one line."""
    answer = ask(web, path)
    assert answer.status == 200, answer.body
    return words_of(answer.body)


def words_of(html: str) -> str:
    body = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.S)
    bare = re.sub(r"</?(bdi|strong|b|span|a)\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())


def test_a_service_that_is_down_says_since_when_why_and_who_has_it(web: Web) -> None:
    text = text_of(web, CUSTODY)
    for said in (
        "Custody records: down since 11:01:00 GMT (for 3 h 24 min) status unexpected",
        "kim has this outage in hand: Supplier restarts the database; next news at 15:00. <b>Not bold</b>",
        "so far 98.00 %, target ≥ 99.5 %, below target so far",
        "Began 20 Nov 2026 11:01:00 GMT (20 Nov 2026 11:01:00 UTC)",
        "status unexpected, status 503, took 41 ms",
        "name lookup 1 ms, connection 2 ms, TLS 14 ms, first byte 23 ms, transfer under 1 ms",
        "Ended 8 Nov 2026 15:01:00 GMT, after 6 failed probes",
        "Supplier’s service desk (24 hours) +44 1782 000000",
        "acknowledgement partnership --service custody --config /etc/sla-monitor/sla-monitor.yaml --note '…'",
    ):
        assert said in text


def test_its_links_lead_to_runbook_dashboard_and_endpoints(web: Web) -> None:
    links = re.findall(r'href="([^"]+)"', ask(web, CUSTODY).body)
    dashboard = "https://grafana.authority.example/d/sla-service?var-contract=partnership&amp;var-service=custody"
    assert {"https://wiki.authority.example/custody", dashboard, WEB, "tel:+441782000000"} <= set(links)


def days_of(web: Web, path: str) -> dict[str, str]:
    """The text of each bar by the classes that say how it looks; only one day of each look."""
    bars = re.findall(r'<a class="day ([^"]+)"[^>]*title="([^"]+)"', ask(web, path).body)
    assert len(bars) == 90
    return {look: unescape(text) for look, text in bars}


def test_every_day_has_a_bar_that_says_what_it_was(web: Web) -> None:
    """Unknown is hatched and never counts as up; what lies before the first probe is neither."""
    days = days_of(web, CUSTODY)
    assert days["down"].startswith("20 Nov 2026: outage (down 3 h 24 min")
    assert days["before"] == "31 Aug 2026: not watched yet"
    assert days["unknown h10"] == "20 Oct 2026: unknown (unknown 24 h)"
    assert "h2" not in days["up"]
    assert days["up h2"] == "31 Oct 2026: up (unknown 5 h)"
    assert days_of(web, MAIL)["degraded"].startswith("11 Nov 2026: degraded (degraded ")
    assert "no service time" in days_of(web, "/services/partnership/portal")["none"]


def test_bars_of_days_before_the_first_probe_have_a_key(web: Web) -> None:
    assert '<i class="day before"></i> not watched yet' in ask(web, CUSTODY).body


def test_an_answer_keeps_its_lines_and_an_imported_outage_has_no_count_of_probes() -> None:
    """An evidence file's outages have a count of nobody's, and no first probe."""
    first = Observation("c/e", 0, Finding(Outcome.DOWN, evidence=b"HTTP/1.1 503 Busy\r\nServer: x\r\n\r\nGone\x1b"))
    runs = (
        FailedRun("e", "main", 0, 5_000, True, None, 6, first),
        FailedRun("e", "main", 0, 5_000, True, None, 1_000, None),
    )
    kept, imported = failure_rows(runs, "c", {}, (ZoneInfo("UTC"), 9_000))
    assert kept.answer == "HTTP/1.1 503 Busy\nServer: x\n\nGone\N{REPLACEMENT CHARACTER}"
    assert (kept.probes, imported.probes) == ("6 failed probes", "")


def test_the_bars_of_an_endpoint_are_what_was_probed(web: Web) -> None:
    """One of two endpoints failed on a day on which the service was down; the other did not."""
    assert days_of(web, WEB)["down"].startswith("20 Nov 2026: outage")
    api = re.findall(r'title="8 Nov 2026: ([a-z]+)', ask(web, "/endpoints/partnership/custody-api").body)
    assert api == ["up"]
    assert "8 Nov 2026: outage (down 6 h)" in ask(web, WEB).body


def test_the_days_add_up_to_what_the_month_says(web: Web, parts: Parts) -> None:
    (contract,) = parts.board.assessment.contracts
    with closing(parts.record()) as record:
        history = record.service_history(parts.contracts[0], "custody", contract.at_ms)
    (service,) = (one for one in contract.services if one.service == "custody")
    assert sum(day.down_ms for day in history.days if day.on.month == 11) == service.downtime_ms


def test_an_endpoint_says_where_how_often_and_what_it_found(web: Web) -> None:
    text = text_of(web, WEB)
    assert "Custody web: down since 11:01:00 GMT (for 3 h 24 min)" in text
    assert "https://custody.example/custody-web Pace every 1 h, given up after 10 s" in text
    assert "in-the-address" not in text, "the query may hold a key"
    assert "4 failures in a row" in text


def test_booked_maintenance_is_listed_with_its_effect(web: Web) -> None:
    text = text_of(web, MAIL)
    assert "1 service silenced until 16:25:26 GMT" in text
    assert "20 Nov 2026 13:25:26 to 16:25:26 GMT Silenced now E-mail #2" in text
    assert "Silenced now" not in text_of(web, CUSTODY)


def test_a_service_without_endpoints_has_a_page_too(web: Web) -> None:
    assert "It has no endpoints: its figures come from the register." in text_of(web, "/services/partnership/desk")


def test_what_is_up_needs_no_command(web: Web) -> None:
    text = text_of(web, MAIL)
    assert "E-mail: up" in text
    assert "no outage was seen this month" in text
    assert "acknowledgement" not in text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/services/partnership/custdy", "No service of partnership is called custdy (did you mean custody?)"),
        ("/endpoints/partnership/custody", "No endpoint of partnership is called custody (did you mean custody-"),
        ("/services/other/custody", "No contract is called other (known here: partnership)"),
        (
            "/services/partnership/" + quote("<b>\u202e%2e/..", safe=""),
            "is called <b>\ufffd%2e/.. (known here: ",
        ),
        ("/endpoints/partnership/" + quote("ü x\n"), "is called ü x (known here"),
        ("/services/" + "x" * 500 + "/y", f"No contract is called {'x' * 80} ("),
    ],
)
def test_what_is_not_there_is_said_and_what_there_is(web: Web, path: str, said: str) -> None:
    answer = ask(web, path)
    assert answer.status == 404
    assert said in words_of(answer.body)
    assert "<b>" not in answer.body


def test_a_new_install_has_pages_without_noughts(tmp_path: Path) -> None:
    with serving(recorded.parts(tmp_path, is_new=True)) as web:
        text, looks = text_of(web, CUSTODY), days_of(web, WEB)
    assert set(looks) == {"before"}
    assert "Nothing has been probed yet." in text
    assert "Custody records: unknown not probed yet" in text
    assert "Downtime unknown of 470 h" in text
    assert "Outages unknown confirmed" in text
    assert "No outage" not in text


def test_pages_are_there_before_the_first_assessment_and_without_a_ledger(parts: Parts, tmp_path: Path) -> None:
    board = Board(recorded.NOW_MS)
    board.watch(list(parts.board.endpoints.values()))
    bare = replace(parts, board=board, ledger=tmp_path / "none.db")
    with serving(bare) as web:
        text = text_of(web, CUSTODY)
    assert "Not assessed yet." in text
    assert "The record cannot be read: " in text
    assert "Custody web" in text


def test_a_service_that_came_up_since_it_was_assessed_is_not_said_to_be_unprobed(parts: Parts) -> None:
    board = copy(parts.board)
    (contract,) = board.assessment.contracts
    services = [
        replace(one, state=Outcome.DEGRADED, outages=()) if one.service == "mail" else one for one in contract.services
    ]
    board.assessment = replace(board.assessment, contracts=(replace(contract, services=tuple(services)),))
    with serving(replace(parts, board=board)) as web:
        text = text_of(web, MAIL)
    assert "its endpoints are up again, and it is not assessed anew yet" in text


def test_a_page_that_is_asked_for_again_reads_nothing(parts: Parts) -> None:
    """Until the next assessment."""
    (contract,) = parts.contracts
    with closing(parts.record()) as record:
        first = record.service_history(contract, "custody", recorded.NOW_MS)
        assert record.service_history(contract, "custody", recorded.NOW_MS) is first
        assert record.service_history(contract, "custody", recorded.NOW_MS + 15_000) is not first


def test_the_pages_in_a_browser(web: Web, tmp_path: Path) -> None:
    """Nothing is refused or sticks out, everything can be read, and axe finds nothing, wide and narrow."""

    async def visit() -> None:
        async with tab(tmp_path) as browser:
            for path in (CUSTODY, WEB):
                for width, scheme in ((1280, "light"), (390, "dark")):
                    await browser.open(f"http://127.0.0.1:{web.port}{path}", width, scheme=scheme)
                    await browser.value("document.querySelectorAll('details.down').forEach(one => one.open = true)")
                    assert await browser.value(WIDE_ENOUGH), (path, width)
                    assert await browser.value(ROWS_OF_DAYS) == (1 if width > 1000 else 6), "bars, side by side"
                    assert await browser.value(STICKS_OUT) == [], (path, width)
                    assert await browser.value(CONTRASTS) == [], (path, scheme)
                    await browser.value(AXE.read_text() + ";0")
                    assert await browser.value(VIOLATIONS) == [], (path, width, scheme)
                    assert [one for one in browser.complaints() if "favicon" not in one] == []
                    assert "taken" not in await browser.value("document.title")
            await browser.open(f"http://127.0.0.1:{web.port}{CUSTODY}", 1280)
            await browser.value("document.querySelector('a.day.down').click()")
            assert await browser.value("document.querySelector(':target').closest('details').open")
            assert await browser.value(STICKS_OUT) == []

    asyncio.run(visit())


@pytest.mark.parametrize("query", ["", "?q=custody"])
def test_the_status_page_marks_what_somebody_has_in_hand(web: Web, query: str) -> None:
    text = text_of(web, f"/{query}")
    assert "Custody records" in text
    assert text.count("In hand: kim") >= 1
    assert "Supplier restarts the database" not in text, "the words stand on the page of the service"
    assert "In hand" not in text_of(web, "/?q=webmail")


def test_a_row_has_the_mark_too() -> None:
    board = estate.thousand()
    (contract,) = board.assessment.contracts
    one = Acknowledged(1, estate.NOW_MS, "kim\u202e", "On it.", "service-0")
    board.assessment = replace(board.assessment, contracts=(replace(contract, acknowledged=(one,)),))
    with serving(Parts(board=board)) as web:
        assert text_of(web, "/").count("In hand: kim\ufffd since") == 1
