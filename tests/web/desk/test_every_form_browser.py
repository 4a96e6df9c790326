"""Every form of the desk in a real browser on a phone, with hostile words and a double click; then every page and file
in which the words come out."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar

from tests.e2e.seat import PHONE, Seat, seats
from tests.web.desk.every_form import DeskForm, every_form, forms_house
from tests.web.desk.hostile_texts import BIDI, LONG, MARKUP, REFUSED, SHOWN
from tests.web.desk.house import PASSWORD, House, Page
from tests.web.desk.html_forms import PAGES_BETWEEN
from tests.web.desk.test_access import ADDRESSES
from tests.web.desk.walking import walked
from tests.web.page.test_browser import STICKS_OUT, WIDE_ENOUGH

WORST = f"{SHOWN} {REFUSED.decode()}"
FILL = """
((action, values, files, everywhere) => {
  const all = [...document.querySelectorAll('form[method=post]')];
  const form = all.filter(one => one.getAttribute('action') === action).pop();
  if (!form) return null;
  form.noValidate = everywhere !== null;
  for (const one of form.elements) {
    const typed = one.tagName === 'TEXTAREA' || (one.tagName === 'INPUT' && ['text', 'password'].includes(one.type));
    const told = one.name in values ? [].concat(values[one.name]) : null;
    if (one.type === 'file' && one.name in files) {
      const several = new DataTransfer();
      several.items.add(new File([files[one.name][1]], files[one.name][0]));
      one.files = several.files;
    } else if (one.type === 'file') continue;
    else if (everywhere !== null && typed) one.value = everywhere;
    else if (['checkbox', 'radio'].includes(one.type)) { if (told) one.checked = told.includes(one.value); }
    else if (told && one.type !== 'hidden') one.value = told[0];
    else if (typed) one.value = one.defaultValue.includes('__pwned') ? '' : one.defaultValue;
  }
  const button = form.querySelector('button:not(.quiet)') || form.querySelector('button');
  button.click();
  if (everywhere === null) button.click();
  return true;
})
"""
LOOK = f"""
({{sticks: {STICKS_OUT}, fits: {WIDE_ENOUGH}, pwned: window.__pwned === undefined, text: document.body.innerText}})
"""


@dataclass(frozen=True)
class Sent:
    """A house in which every form has been sent, and every page of it that links lead to."""

    house: House
    pages: Mapping[str, Page]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    with forms_house(tmp_path_factory.mktemp("forms")) as house:
        yield Sent(house, asyncio.run(walk(house, tmp_path_factory.mktemp("profile"))))


async def walk(house: House, profile: Path) -> Mapping[str, Page]:
    here = f"http://127.0.0.1:{house.web.port}"
    async with seats(profile, here, {"max": PHONE, "sue": PHONE, "leaver": PHONE, "": PHONE}) as people:
        for name, seat in people.items():
            await seat.tab.send("Network.enable")
            if name:
                await seat.sign_in(PASSWORD)
        for form in every_form():
            await fill_in_and_send(house, people[form.who], form)
        several = walked(house.browser("max"), ["/desk", "/"])
        assert [path for path, page in several.items() if page.status >= 500] == []
        pages = {path: page for path, page in several.items() if "text/html" in page.headers.get("content-type", "")}
        for path in outlets(path for path, page in pages.items() if page.status == 200):
            await people["max"].open(path)
            await is_harmless(people["max"])
        return pages


async def fill_in_and_send(house: House, seat: Seat, form: DeskForm) -> None:
    address = form.open(house)
    await seat.open(address)
    await is_harmless(seat)
    action, before = form.posted_to(address), len(house.entries())
    if form.free:
        assert await press(seat, action, form, WORST)
        assert len(house.entries()) == before, (form.name, "hostile words were entered")
        if "?" in address:  # it was filled in by the link
            await seat.open(address)
    for _ in range(1 + PAGES_BETWEEN):
        if not await press(seat, action, form):
            break
    assert len(house.entries()) == before + form.adds, (form.name, await seat.text())


async def press(seat: Seat, action: str, form: DeskForm, everywhere: str | None = None) -> bool:
    """Fill in the form of the page and click twice; with `everywhere`, click once with this text in every field. False:
    there is no such form."""
    seat.tab.events.clear()
    given = {name: [one[0], one[1].decode()] for name, one in form.files.items()}
    words = (action, form.said(SHOWN[:200] if len(form.free) > 1 else LONG), given, everywhere)
    if not await seat.tab.value(f"{FILL}({', '.join(map(json.dumps, words))})"):
        return False
    await seat.tab.loaded()
    await is_harmless(seat)
    return True


async def is_harmless(seat: Seat) -> None:
    """Nothing runs, nothing leaves, nothing hides, and nothing sticks out on a phone."""
    found, where = await seat.tab.value(LOOK), await seat.path()
    assert found["sticks"] == [], (where, found["sticks"])
    assert found["fits"], where
    assert found["pwned"], where
    assert [sign for sign in BIDI if sign in found["text"]] == [], where
    assert [one for one in seat.tab.complaints() if "the server responded with a status of 4" not in one] == [], where
    asked = [
        one["params"]["request"]["url"] for one in seat.tab.events if one.get("method") == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith((seat.here, "data:"))] == []


def outlets(pages: Iterable[str]) -> list[str]:
    """Of the pages that differ by a number the last."""
    return list({re.sub(r"\d+", "N", path): path for path in pages}.values())


def test_every_form_is_sent_once_and_every_page_shows_it_as_text(sent: Sent) -> None:
    """What the walk itself has not refused: each form has made its entries, by the register's contents."""
    assert sum(SHOWN[:60] in f"{one.body} {one.note}" for one in sent.house.entries()) > 20
    assert [path for path, page in sent.pages.items() if MARKUP in page.text] == []
    assert sum("&lt;script&gt;window.__pwned" in page.text for page in sent.pages.values()) > 3
    for path, page in sent.pages.items():
        links = re.findall(r'(?:href|src|action)="([^"]*)"', page.text)
        assert [link for link in links if urlsplit(link).scheme or urlsplit(link).netloc] == [], path


@pytest.mark.parametrize("path", [path for path, _, _ in ADDRESSES.values() if path.endswith(".csv")])
def test_a_spreadsheet_works_nothing_out(sent: Sent, path: str) -> None:
    page = sent.house.browser("max").get(path)
    rows = list(csv.reader(io.StringIO(page.text)))
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1
    assert [cell for row in rows for cell in row if cell[:1] in "=+@\t\r" and cell] == []
    assert [sign for sign in BIDI if sign in page.text] == []


def test_programs_read_what_was_typed(sent: Sent) -> None:
    browser = sent.house.browser("max")
    browser.sends["Accept"] = "application/json"
    texts = []
    for path in (path for path, _, _ in ADDRESSES.values() if path != "/api/v1/openapi.json"):
        page = browser.get(path)
        assert page.status < 500, path
        if page.status == 200 and "json" in page.headers["content-type"]:
            texts.append(json.dumps(json.loads(page.text), ensure_ascii=False))
    assert any(MARKUP in text for text in texts)
    assert ET.fromstring(browser.get("/outages.atom").text).tag.endswith("feed")
    assert Calendar.from_ical(browser.get("/calendar.ics").text).walk("VEVENT")
