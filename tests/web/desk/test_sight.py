"""What each side sees of the pages and of JSON: its own contracts, and no note of the other side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.web import recorded
from tests.web.desk.house import Browser, House, settings_of
from tests.web.running import serving

NOTE = "Supplier restarts the database"
FILE = "/etc/sla-monitor"
ROLES = {
    "vera": [{"role": "viewer", "contracts": ["partnership"]}],
    "olga": [{"role": "operator"}],
    "sue": [{"role": "supplier", "contracts": ["partnership"]}],
    "strange": [{"role": "supplier", "contracts": ["other"]}],
}
PAGES = (
    "/", "/?open=all", "/wall", "/services/partnership/custody", "/endpoints/partnership/custody-web",
    "/api/v1/services", "/api/v1/services/partnership/custody", "/api/v1/endpoints/partnership/custody-web",
    "/api/v1/contracts/partnership", "/api/v1/outages", "/outages.atom", "/services/partnership/custody/outages.atom",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    parts = recorded.parts(folder)
    users = [
        {"name": name, "password": f"${{file:{folder / 'password'}}}", "roles": roles} for name, roles in ROLES.items()
    ]
    parts = replace(parts, desk=settings_of(folder, users=users), desk_ledger=folder / "ledger.db")
    parts.board.vantage = "our-vantage"
    with serving(parts) as web:
        yield House(web, parts, folder)


def read(browser: Browser) -> dict[str, str]:
    return {path: page.text for path in PAGES if (page := browser.get(path)).status == 200}


def test_the_authoritys_own_people_read_its_notes(house: House) -> None:
    for name in ("vera", "olga"):
        found = read(house.browser(name))
        assert found.keys() == set(PAGES)
        assert any(NOTE in text for text in found.values())


def test_a_supplier_reads_its_contract_and_no_note_of_the_authority(house: House) -> None:
    found = read(house.browser("sue"))
    assert found.keys() == set(PAGES)
    assert [path for path, text in found.items() if NOTE in text or FILE in text] == []
    assert "Custody records" in found["/"]
    assert "left out of this copy" in found["/services/partnership/custody"]


def test_another_supplier_reads_nothing_of_it(house: House) -> None:
    found = read(house.browser("strange"))
    assert found.keys() == {"/", "/?open=all", "/wall", "/api/v1/services", "/api/v1/outages", "/outages.atom"}
    for path, text in found.items():
        assert "ustody" not in text, path
        assert "partnership" not in text, path


def test_only_who_sees_all_contracts_reads_what_is_wrong_with_the_monitor(house: House) -> None:
    house.parts.state = replace(house.parts.state, reasons=["the secret of partnership/mail cannot be read"])
    assert "the secret of partnership" in house.browser("olga").get("/").text
    for name in ("vera", "sue", "strange"):
        assert "the secret of partnership" not in house.browser(name).get("/").text
