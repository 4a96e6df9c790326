"""The HTML file in a real browser, wide and narrow: whole by itself, accessible, and nobody's script runs in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from sla_monitor.review.case import Case
from sla_monitor.review.figures import pack
from sla_monitor.review.html import html
from tests.review import estate, hostile
from tests.web.browser import Tab, tab

AXE = files("axe_playwright_python").joinpath("axe.min.js")
WIDE_ENOUGH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SERIOUS = """
axe.run(document, {resultTypes: ['violations']}).then(found => found.violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(' | ')))
"""


def visit(made: Case, folder: Path, look: Callable[[Tab, str], Awaitable[None]]) -> None:
    """Open the file from the disk, as whoever was sent it would."""
    file = folder / "pack.html"
    file.write_bytes(html(pack(made)))

    async def run() -> None:
        async with tab(folder / "profile") as browser:
            await look(browser, file.as_uri())

    asyncio.run(run())


@pytest.mark.parametrize("made", [estate.case, hostile.case])
def test_the_file_fits_every_width_and_is_accessible(tmp_path: Path, made: Callable[[], Case]) -> None:
    async def look(browser: Tab, url: str) -> None:
        for width in (1280, 360):
            await browser.open(url, width)
            assert await browser.value(WIDE_ENOUGH), width
            assert "taken" not in await browser.value("document.title.slice(-5)")
            assert browser.complaints() == []
        await browser.value(AXE.read_text() + ";0")
        assert await browser.value(SERIOUS) == []

    visit(made(), tmp_path, look)


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
