"""Badges: what they say, to the eye and to a screen reader, and that nothing runs over in a real browser."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sla_monitor.assess import Assessment
from sla_monitor.board import Board
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.api.badge import badge_of, drawn, missing_badge, text_width
from sla_monitor.web.page.selection import ListedService, listed_services
from tests.web import estate
from tests.web.browser import tab
from tests.web.running import Parts, ask, serving

SVG = "{http://www.w3.org/2000/svg}"
FITS = """
(() => { const width = document.documentElement.getBoundingClientRect().width;
  const fields = [...document.querySelectorAll('path')].map(e => e.getBBox());
  return [...document.querySelectorAll('text')].map((e, i) => { const box = e.getBBox();
    return box.x >= fields[i].x + 5 && box.x + box.width <= fields[i].x + fields[i].width - 5 && box.width > 0
      && fields[1].x + fields[1].width <= width + 0.5; }); })()
"""


def one(name: str, board: Board | None = None) -> ListedService:
    return next(each for each in listed_services(board or estate.partnership()) if each.service_id == name)


def told(badge: bytes) -> tuple[str, str, list[str]]:
    """Title, label for readers, and the texts."""
    svg = ET.fromstring(badge)
    assert svg.get("role") == "img"
    texts = [one.text or "" for one in svg.iter(f"{SVG}text")]
    return svg.findtext(f"{SVG}title") or "", svg.get("aria-label") or "", texts


@pytest.mark.parametrize(
    ("service", "state"),
    [
        ("e-mail", "✓ Up"),
        ("mobile-data", "▲ Degraded"),
        ("custody-records", "✕ Down"),
        ("crime-analytics", "? Unknown"),
    ],
)
def test_a_state_is_a_symbol_a_word_and_a_colour(service: str, state: str) -> None:
    title, label, texts = told(badge_of(one(service), has_availability=False))
    assert texts[1] == state
    assert title == label == f"{texts[0]}: {state[2:].lower()}"
    colours = {
        badge_of(one(name), has_availability=False).split(b'fill="')[2][:7]
        for name in ("e-mail", "mobile-data", "custody-records", "crime-analytics")
    }
    assert len(colours) == 4


def test_an_availability_stands_beside_its_coverage_and_unknown_is_no_number() -> None:
    _, _, texts = told(badge_of(one("custody-records"), has_availability=True))
    assert texts[1] == "✕ Down, 99.88 % available, 100.00 % seen"
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    unseen = replace(contract.services[4], unknown_ms=contract.services[4].agreed_ms, outages=())
    board.assessment = Assessment(board.assessment.at_ms, (replace(contract, services=(unseen,)),))
    assert told(badge_of(one("e-mail", board), has_availability=True))[2][1] == "✓ Up, availability unknown"
    board.assessment = Assessment(0, ())
    assert told(badge_of(one("e-mail", board), has_availability=True))[2][1] == "✓ Up, not assessed yet"


def test_a_service_that_is_not_there_has_a_grey_badge() -> None:
    with serving(Parts(board=estate.partnership())) as web:
        answer = ask(web, "/badge/partnership/cust.svg")
        assert (answer.status, answer.headers["content-type"]) == (404, "image/svg+xml; charset=utf-8")
        assert answer.body.encode() == missing_badge("cust")
        assert ask(web, "/badge/partnership/e-mail.svg").headers["cache-control"] == "private, max-age=15"
        assert ask(web, "/badge/partnership/e-mail.svg?show=money").status == 400
    assert told(missing_badge("cust"))[0] == "cust: no such service"


def test_it_brings_all_that_it_needs_and_runs_nothing() -> None:
    badge = drawn("x" * 300 + "<script>", Outcome.UP, "Up").decode()
    for word in ("<script", "<style", "href", "url(", "@import", "onload", "<image"):
        assert word not in badge
    assert len(told(badge.encode())[2][0]) == 40


NAMES = (
    "E-mail",
    "iiiiiiiiii",
    "W" * 40,
    "指令管制システム",
    "Ж" * 30,
    "a\u0300" * 9,
    "–",
)


def test_nothing_runs_over_in_a_browser(tmp_path: Path) -> None:
    async def run() -> None:
        async with tab(tmp_path) as browser:
            for number, name in enumerate(NAMES):
                path = tmp_path / f"{number}.svg"
                path.write_bytes(drawn(name, Outcome.DEGRADED, "Degraded, 99.98 % available, 100.00 % seen"))
                await browser.open(path.as_uri(), 800)
                assert await browser.value(FITS) == [True, True], name
                assert [text for text in browser.complaints() if "favicon" not in text] == []

    asyncio.run(run())


def test_widths_grow_with_the_text() -> None:
    assert text_width("") == 1
    assert text_width("W" * 10) > text_width("i" * 10) > text_width("i")
    assert text_width("指令") >= 2 * 11
