"""The desk's pages of money, duties, terms, outages and the audit in a real browser: phone, desktop, keyboard, axe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.browser import tab
from tests.web.desk.house import PASSWORD, House
from tests.web.desk.side_house import side_house
from tests.web.desk.test_browser import is_well_made, press, type_in
from tests.web.desk.test_terms_page import DEARER, last_proposal, proposed

CONTRACT = "/desk/contracts/small"
MEETING = f"{CONTRACT}/months/2026-09/meeting"
USERS = [{"role": role} for role in ("contract_manager", "approver", "finance", "auditor")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    users = [
        {"name": name, "password": f"${{file:{tmp_path / 'password'}}}", "roles": USERS} for name in ("carl", "max")
    ]
    with side_house(tmp_path, users=users) as found:
        proposed(found, credits=DEARER)
        yield found


def test_every_page_on_a_phone_and_the_wide_ones_on_a_desktop(house: House, tmp_path: Path) -> None:
    wide = {
        "credits": f"{CONTRACT}/credits",
        "proposal": f"{CONTRACT}/terms/{last_proposal(house)[0]}",
        "outages": f"{CONTRACT}/months/2026-09/outages",
        "meeting": MEETING,
    }
    others = {
        "invoice": f"{CONTRACT}/credits/invoice",
        "duties": f"{CONTRACT}/obligations",
        "terms": f"{CONTRACT}/terms",
        "propose": f"{CONTRACT}/terms/propose",
        "audit": "/desk/audit",
    }

    async def run() -> None:
        here = f"http://127.0.0.1:{house.web.port}"
        async with tab(tmp_path) as browser:
            await browser.open(f"{here}{wide['credits']}", 390)
            await type_in(browser, "max", PASSWORD)
            for name, path in (wide | others).items():
                await browser.open(f"{here}{path}", 390, scheme="dark")
                await is_well_made(browser, f"{name}-390")
            for name, path in wide.items():
                await browser.open(f"{here}{path}", 1280, scheme="light")
                await is_well_made(browser, f"{name}-1280")
            await browser.value("document.querySelector('#minute-note').focus()")
            await browser.send("Input.insertText", text="The line is replaced.")
            await press(browser, "Tab")
            browser.events.clear()
            await press(browser, "Enter", "\r")
            await browser.loaded()
            assert await browser.value("location.search") == f"?entered={house.entries()[-1].number}"

    asyncio.run(run())
