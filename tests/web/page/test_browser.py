"""The page in a real browser: wide and narrow, light and dark, with nothing refused and nothing sticking out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from sla_monitor.board import Board
from sla_monitor.settings.views import SharedViews
from tests.support.reconciled import reconciled
from tests.web import estate
from tests.web.browser import Tab, tab
from tests.web.running import Parts, serving

AXE = files("axe_playwright_python").joinpath("axe.min.js")
VIOLATIONS = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(
  one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(' | ')))
"""
STICKS_OUT = """
[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length
  && getComputedStyle(e).clipPath === 'none' && !e.closest('thead')
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 80))
"""
WIDE_ENOUGH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
CONTRASTS = """
(() => {
  const light = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor; if (!c.endsWith(', 0)')) return c; } return 'rgb(255, 255, 255)'; };
  return [...document.querySelectorAll('body *')].filter(e => e.getClientRects().length
      && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)]; }).filter(([ratio]) => ratio < 4.5);
})()
"""


def browse(board: Board, path: Path, visit: Callable[[Tab, str], Awaitable[None]]) -> None:
    """Serve the page and visit it."""

    async def run(port: int) -> None:
        async with tab(path) as browser:
            await visit(browser, f"http://127.0.0.1:{port}/?open=all")

    with serving(Parts(board=booked_for_ever(board))) as web:
        asyncio.run(run(web.port))


def booked_for_ever(board: Board) -> Board:
    """The page is served by today's clock: what is booked goes on until then."""
    contracts = [
        replace(one, booked=tuple(replace(each, end_ms=each.end_ms + 100 * 365 * estate.DAY) for each in one.booked))
        for one in board.assessment.contracts
    ]
    board.assessment = replace(board.assessment, contracts=tuple(contracts))
    return board


def hostile() -> Board:
    """The partnership with the worst that a supplier's answer may say."""
    board = estate.partnership()
    texts = [
        "W" * 200,
        "<script>document.title='taken'</script>",
        "\u202e" + "ا" * 190,
        "a\u0300" * 90,
        "x" + "\u0489" * 150,
    ]
    seen = [one for one in board.endpoints.values() if one.last]
    for number, one in enumerate(seen):
        assert one.last
        one.last = replace(one.last, finding=replace(one.last.finding, detail=texts[number % len(texts)]))
    (contract,) = board.assessment.contracts
    worst = tuple(replace(one, reference=texts[0], services=(texts[1], texts[2])) for one in contract.booked)
    board.assessment = replace(board.assessment, contracts=(replace(reconciled(contract, texts), booked=worst),))
    return board


@pytest.mark.parametrize("board", [estate.partnership, hostile])
def test_nothing_sticks_out_at_any_width(tmp_path: Path, board: Callable[[], Board]) -> None:
    async def visit(browser: Tab, url: str) -> None:
        for width in (320, 360, 768, 1280):
            await browser.open(url, width)
            assert await browser.value(WIDE_ENOUGH), width
            assert await browser.value(STICKS_OUT) == [], width
            assert "taken" not in await browser.value("document.title")

    browse(board(), tmp_path, visit)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(tmp_path: Path, scheme: str) -> None:
    """WCAG's contrast of 4.5 to 1, worked out for every element with text of its own."""

    async def visit(browser: Tab, url: str) -> None:
        await browser.open(url, 1280, scheme=scheme)
        dark = await browser.value("getComputedStyle(document.body).backgroundColor")
        assert dark == {"light": "rgb(245, 246, 248)", "dark": "rgb(18, 21, 26)"}[scheme]
        assert await browser.value(CONTRASTS) == []

    browse(estate.partnership(), tmp_path, visit)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_that_keeps_anybody_out(tmp_path: Path, width: int) -> None:
    async def visit(browser: Tab, url: str) -> None:
        await browser.open(url, width)
        await browser.value(AXE.read_text() + ";0")
        assert await browser.value(VIOLATIONS) == []

    browse(estate.partnership(), tmp_path, visit)


ELSEWHERE = {
    "/?group=participant": ((390, "light"), (1200, "dark")),
    "/?q=zzz&state=down&page=x": ((390, "dark"),),
    "/wall": ((1200, "light"),),
    "/public": ((390, "light"),),
}


def test_rows_filters_the_wall_and_the_public_page_keep_nobody_out(tmp_path: Path) -> None:
    """axe at two widths and in both schemes; and nothing sticks out."""
    parts = Parts(board=estate.many(2, 22, 1, 12, figured=1), views=SharedViews(public="everybody"))

    async def run(port: int) -> None:
        async with tab(tmp_path) as browser:
            for path, visits in ELSEWHERE.items():
                for width, scheme in visits:
                    await browser.open(f"http://127.0.0.1:{port}{path}", width, scheme=scheme)
                    at = (path, width, scheme)
                    assert await browser.value(WIDE_ENOUGH), at
                    assert await browser.value(STICKS_OUT) == [], at
                    await browser.value(AXE.read_text() + ";0")
                    assert await browser.value(VIOLATIONS) == [], at
                    assert [text for text in browser.complaints() if "favicon" not in text] == []

    with serving(parts) as web:
        asyncio.run(run(web.port))


def test_a_filter_works_by_itself_and_on_paper_a_thousand_services_are_few_pages(tmp_path: Path) -> None:
    async def run(port: int) -> None:
        async with tab(tmp_path) as browser:
            await browser.open(f"http://127.0.0.1:{port}/", 1200)
            printed = await browser.send("Page.printToPDF", printBackground=True)
            assert base64.b64decode(printed["data"]).count(b"/Type /Page\n") <= 10
            await browser.value("document.querySelector('#filters').open = true")
            # The keyboard alone: / goes to the search, what is typed is found.
            for key, text in (("/", "/"), *((letter, letter) for letter in "service 7")):
                await browser.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
                await browser.send("Input.dispatchKeyEvent", type="keyUp", key=key)
            await address(browser, "?q=service+7")
            assert await browser.value("document.activeElement.id") == "q"
            await browser.value(
                "(s => { s.value = 'bad'; s.dispatchEvent(new Event('change', {bubbles: true})) })"
                "(document.querySelector('#filter-state'))"
            )
            await address(browser, "?q=service+7&state=bad")
            assert "of 1,000 services" in await browser.value("document.querySelector('main').textContent")

    async def address(browser: Tab, wanted: str) -> None:
        for _ in range(200):
            if await browser.value("document.readyState === 'complete' && location.search") == wanted:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(await browser.value("location.href"))

    with serving(Parts(board=estate.many(100, 1_000, 1, 200, figured=0))) as web:
        asyncio.run(run(web.port))


def test_the_browser_refuses_nothing_and_the_style_holds(tmp_path: Path) -> None:
    async def visit(browser: Tab, url: str) -> None:
        await browser.open(url, 1280)
        assert await browser.value("getComputedStyle(document.querySelector('.banner')).display") == "grid"
        assert [text for text in browser.complaints() if "favicon" not in text] == []

    browse(estate.partnership(), tmp_path, visit)


def test_a_folded_service_opens_with_the_keyboard(tmp_path: Path) -> None:
    async def visit(browser: Tab, url: str) -> None:
        await browser.open(url.partition("?")[0], 1280)
        fold = "document.getElementById('partnership--e-mail')"
        assert not await browser.value(f"{fold}.open")
        await browser.value(f"{fold}.querySelector('summary').focus()")
        for kind in ("keyDown", "keyUp"):
            await browser.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r")
        assert await browser.value(f"{fold}.open")

    browse(estate.partnership(), tmp_path, visit)
