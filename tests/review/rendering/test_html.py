"""The HTML file in a real browser, wide and narrow: whole by itself, accessible, and nobody's script runs in it."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from importlib.resources import files
from itertools import pairwise
from operator import itemgetter
from pathlib import Path

from sla_monitor.review.blocks import Pack
from sla_monitor.review.claim_document import claim_pack
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.rendering.html import html
from tests.review import estate, hostile
from tests.web.browser import Tab, tab

AXE = files("axe_playwright_python").joinpath("axe.min.js")
WIDE_ENOUGH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
STICKING_OUT = """
[...document.querySelectorAll('body *')]
  .filter(one => !one.closest('.scroll > *') && !one.closest('.said'))
  .filter(one => one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().left < 0)
  .map(one => one.outerHTML.slice(0, 120))
"""
CUT_OFF = """
[...document.querySelectorAll('th, td')].filter(one => one.clientWidth > 9 && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.outerHTML.slice(0, 120))
"""
"""Cells that are narrower than a word in them."""
FIRST_ROW = """
[...document.querySelectorAll('#deviation thead tr > *')].map(one => [one.innerText, one.getBoundingClientRect().left])
"""
SERIOUS = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(' | ')))
"""


def written(made: Pack, file: Path) -> Path:
    file.write_bytes(html(made))
    return file


async def check(browser: Tab, file: Path, widths: dict[int, bool], scheme: str = "light") -> None:
    """Open a file from the disk, as whoever was sent it would; where asked, axe-core goes over it too."""
    for width, with_axe in widths.items():
        await browser.open(file.as_uri(), width, scheme=scheme)
        assert await browser.value(WIDE_ENOUGH), (file, width)
        assert await browser.value(STICKING_OUT) == [], (file, width)
        assert "taken" not in await browser.value("document.title.slice(-5)")
        assert browser.complaints() == []
        if with_axe:
            await browser.value(AXE.read_text() + ";0")
            assert await browser.value(SERIOUS) == [], (file, width)


async def first_screen(browser: Tab, file: Path) -> None:
    """What was missed and the heat map stand side by side, and begin on the screen of a small laptop."""
    await browser.open(file.as_uri(), 1200)
    assert await browser.value(CUT_OFF) == []
    tops = "['missed', 'deviation'].map(id => document.getElementById(id).getBoundingClientRect().top)"
    missed, deviation = await browser.value(tops)
    assert missed == deviation
    assert missed < 450


def test_packs_fit_every_width_and_are_accessible_whatever_is_in_them(tmp_path: Path) -> None:
    """A plain month, a hostile one, and a claim with hostile responses, in one browser."""
    plain = written(pack(estate.case()), tmp_path / "plain.html")
    strange = written(pack(hostile.case()), tmp_path / "hostile.html")
    large = written(pack(estate.large()), tmp_path / "large.html")
    claim = written(claim_pack(hostile.case(), "KPI1"), tmp_path / "claim.html")

    async def run() -> None:
        async with tab(tmp_path / "profile") as browser:
            await check(browser, plain, {1200: True, 390: True})
            assert await browser.value(CUT_OFF) == []
            newest_first = [name for name, _ in sorted(await browser.value(FIRST_ROW), key=itemgetter(1))]
            assert newest_first[:3] == ["KPI", "Oct 26", "Sep 26"]
            await check(browser, plain, {1200: True}, "dark")
            await check(browser, strange, {1200: False, 360: False})
            await check(browser, large, {1200: False, 390: False})
            await check(browser, claim, {1200: False, 390: True})
            await first_screen(browser, plain)

    asyncio.run(run())


def test_the_file_is_whole_by_itself_and_runs_nothing() -> None:
    text = html(pack(hostile.case())).decode()
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(https?:|(src|href)=\"(?!#)", text)
    assert "default-src 'none'" in unescape(text)
    assert "&lt;script&gt;" in text


def test_every_text_of_the_data_set_is_in_the_file() -> None:
    made = pack(estate.case())
    text = unescape(html(made).decode().replace("<wbr>", ""))
    for table in made.tables:
        for cell in (cell for row in table.rows for cell in row):
            assert cell.text in text, (table.id, cell.text)


def test_the_same_month_gives_the_same_bytes() -> None:
    assert html(pack(estate.case())) == html(pack(estate.case()))


def test_headings_do_not_skip_a_level_and_pictures_have_words() -> None:
    text = html(pack(estate.case())).decode()
    levels = [int(level) for level in re.findall(r"<h([1-6])>", text)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert text.count("<svg ") == text.count("<desc ") == text.count("</title><desc") > 8
