"""What each role comes to by every link and every address: nothing that is refused, and no secret of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.desk.house import House
from tests.web.desk.side_house import ELSEWHERE, NOTE, SHARE, side_house
from tests.web.desk.test_access import ADDRESSES
from tests.web.desk.test_terms_page import DEARER, proposed
from tests.web.desk.walking import walked

PEOPLE = ("carl", "fred", "sue", "strange", "audrey")
EVERY_ADDRESS = [path for path, _, _ in ADDRESSES.values()]
HIDDEN: dict[str, tuple[str, ...]] = {
    "carl": (ELSEWHERE,),
    "sue": (NOTE, ELSEWHERE, "/desk/audit", "/terms"),
    "strange": (NOTE, "The Supplier", "/desk/audit", "/terms"),
    "kent": (NOTE, ELSEWHERE, "The Supplier", SHARE["sussex"], "sussex"),
}
"""What somebody must not read on any page."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        proposed(found, credits=DEARER)
        yield found


@pytest.mark.parametrize("who", [*PEOPLE, "kent"])
def test_every_link_leads_on_and_tells_no_secret(house: House, who: str) -> None:
    browser = house.browser(who)
    start = ["/participants/kent", "/desk"] if who == "kent" else ["/desk", "/"]
    pages = walked(browser, start)
    assert len(pages) > (2 if who == "kent" else 8)
    assert {path: page.status for path, page in pages.items() if page.status not in {200, 303}} == {}
    pages |= {path: browser.get(path) for path in EVERY_ADDRESS if path not in pages}
    del pages["/api/v1/openapi.json"]  # it describes every address to everybody, and is about nobody
    for path, page in pages.items():
        assert [secret for secret in HIDDEN.get(who, ()) if secret in page.text] == [], path


def test_a_participant_sees_its_services_and_its_own_share(house: House) -> None:
    page = house.browser("kent").get("/desk/participants/kent")
    assert (page.status, page.text.count("£0.00"), "custody" in page.text) == (200, 2, True)
    assert house.browser("kent").get("/desk/participants/sussex").status == 403


def test_proposed_terms_wait_for_the_approver_on_their_page(house: House) -> None:
    pages = walked(house.browser("anna"), ["/desk"])
    (path,) = [one for one in pages if re.fullmatch(r"/desk/contracts/small/terms/\d+", one)]
    assert "Approve these terms" in pages[path].text


def test_a_supplier_is_led_to_its_own_contract_alone(house: House) -> None:
    pages = walked(house.browser("sue"), ["/desk"])
    assert "/desk/contracts/small/credits" in pages
    assert [path for path in pages if "/other" in path] == []
    assert any(path.startswith("/reviews/small-2026-10-supplier/") for path in walked(house.browser("sue"), ["/"]))
