"""The desk in a real browser: signed in by keyboard, on a phone and a desktop, with nothing refused and axe content."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.web.browser import Tab, tab
from tests.web.desk.house import PASSWORD, House, furnished
from tests.web.desk.test_entry_page import CLAIM, ENTRIES, PDF, say
from tests.web.page.test_browser import AXE, CONTRASTS, STICKS_OUT, VIOLATIONS, WIDE_ENOUGH

MINUTE = "/desk/contracts/small/enter/minute"
CALENDAR, MONTH = "/desk/contracts/small/maintenance", "/desk/contracts/small/months/2024-10"
HOSTILE = "</td><script>alert(1)</script> " + "W" * 130


@pytest.fixture
def house(tmp_path: Path):  # type: ignore[no-untyped-def] # a generator of House
    with furnished(tmp_path) as found:
        yield found


async def type_in(browser: Tab, *texts: str) -> None:
    """Type texts from field to field by keyboard, and press Enter in the last."""
    await browser.until("document.activeElement.matches('input')")  # the page gives the focus when it draws
    for place, text in enumerate(texts):
        if place:
            await press(browser, "Tab")
        await browser.send("Input.insertText", text=text)
    browser.events.clear()
    await press(browser, "Enter", "\r")
    await browser.until("document.readyState === 'complete' && !document.querySelector('#password')")


async def press(browser: Tab, key: str, text: str = "") -> None:
    codes = {"Tab": 9, "Enter": 13}
    for kind in ("keyDown", "keyUp"):
        await browser.send(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text if kind == "keyDown" else "",
            windowsVirtualKeyCode=codes[key],
        )  # fmt: skip


SHOTS = os.environ.get("DESK_SHOTS")
"""A folder for pictures of all that is looked at, if anybody wants some."""


async def is_well_made(browser: Tab, name: str) -> None:
    if SHOTS is not None:
        await browser.picture(Path(SHOTS) / f"{name}.png")
    assert await browser.value(STICKS_OUT) == []
    assert await browser.value(WIDE_ENOUGH)
    assert await browser.value(CONTRASTS) == []
    await browser.send("Runtime.evaluate", expression=AXE.read_text())
    assert await browser.value(VIOLATIONS) == []
    assert browser.complaints() == []


def test_the_desk_by_keyboard_on_a_phone_and_a_desktop(house: House, tmp_path: Path) -> None:
    claim = say(house, "claim", "sue", HOSTILE, **CLAIM)
    asked = say(house, "comment", "carl", HOSTILE, about=claim)
    say(house, "undo", "anna", HOSTILE, about=asked)
    entry, sue = f"{ENTRIES}/{claim}", house.browser("sue")
    assert sue.upload(entry, sue.get(entry).hidden, {"attach": (f"{'W' * 80} <b>.pdf", PDF)}).status == 303
    pages = {
        "desk": "/desk", "form": MINUTE, "calendar": CALENDAR, "entry": entry, "register": ENTRIES, "month": MONTH,
    }  # fmt: skip

    async def run() -> None:
        here = f"http://127.0.0.1:{house.web.port}"
        async with tab(tmp_path) as browser:
            await browser.open(f"{here}{MINUTE}", 390)
            await is_well_made(browser, "sign-in")
            await type_in(browser, "carl", PASSWORD)
            assert await browser.value("location.pathname") == MINUTE
            for width, scheme in ((390, "dark"), (1280, "light")):
                for name, path in pages.items():
                    await browser.open(f"{here}{path}", width, scheme=scheme)
                    await is_well_made(browser, f"{name}-{width}")
            await browser.value("document.querySelector('main form').requestSubmit()")

    asyncio.run(run())


TICKETS = """Vorgang;Priority;Opened;Resolved;Dienst;<b>Free text</b>
INC1;1 - Critical;10/05/2025 9:00 AM;10/05/2025 10:15 AM;Custody suite;"Three
lines
here"
"""
SEND = "[...document.querySelectorAll('main button')].find(one => one.textContent === {}).click()"


def test_a_file_is_imported_on_a_phone_and_a_desktop(house: House, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(TICKETS)

    async def press_button(browser: Tab, name: str, filled: str = "") -> None:
        browser.events.clear()
        await browser.value(f"(() => {{ window.isBefore = true; {filled}; {SEND.format(repr(name))} }})()")
        await browser.until("document.readyState === 'complete' && !window.isBefore")

    async def run() -> None:
        here = f"http://127.0.0.1:{house.web.port}"
        async with tab(tmp_path) as browser:
            await browser.open(f"{here}/desk/contracts/small/import", 390, scheme="dark")
            await type_in(browser, "carl", PASSWORD)
            await is_well_made(browser, "import")
            await browser.choose_file("#file", tmp_path / "export.csv")
            await press_button(browser, "Look at it")
            chosen = {
                "map-id": "Vorgang=id", "map-service": "Dienst=service", "dates": "month-first",
                "service-1": "Custody suite=custody",
            }  # fmt: skip
            for width, scheme in ((390, "dark"), (1200, "light")):
                await browser.resize(width, scheme)
                await is_well_made(browser, f"reading-{width}")
            own = {name: value for name, value in chosen.items() if name != "service-1"}
            await press_button(browser, "Look again", select(own))
            await press_button(browser, "Look again", select({"service-1": chosen["service-1"]}))
            await press_button(browser, "See what it changes")
            for width, scheme in ((390, "dark"), (1200, "light")):
                await browser.resize(width, scheme)
                await is_well_made(browser, f"preview-{width}")
            await press_button(browser, "Enter it")
            await is_well_made(browser, "entered")

    def select(values: dict[str, str]) -> str:
        return "; ".join(f"document.getElementById({name!r}).value = {value!r}" for name, value in values.items())

    asyncio.run(run())
    assert [one.body.kind for one in house.entries()] == ["ticket"]
