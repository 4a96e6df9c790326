"""Credits at the desk: what became of them, each next step as a form, and the same as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.desk.house import House
from tests.web.desk.side_house import NOTE, side_house
from tests.web.desk.test_decide_form import words
from tests.web.desk.waiting_house import assessed, say, waiting_house

CREDITS = "/desk/contracts/small/credits"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


def test_a_month_goes_from_its_notice_to_its_end(house: House) -> None:
    finance = house.browser("fred")
    page = finance.get(CREDITS).text
    assert "£40.00" in page
    assert "£20.00 should have been notified by" in page
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("credit_notified", {}),
        ("credit_invoiced", {"invoice": "INV-1"}),
        ("credit_settled", {"how": "set_off"}),
    )
    for kind, more in steps:
        address = next(
            one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)"', page) if kind in one and "2026-09" in one
        )
        form = finance.get(address)
        values = dict(re.findall(r'name="(month|amount|on)"[^>]* value="([^"]+)"', form.text))
        assert values == {"month": "2026-09", "amount": "20.00", "on": "2026-11-20"}
        assert finance.fill_in(form, address.partition("?")[0], **values, **more).status == 303
        page = finance.get(CREDITS).text
    assert "Settled" in page
    assert "credit_written_off" not in page, "to give money up is the approver's"
    assert "credit_written_off?month=2026-08&amp;amount=19.00" in house.browser("anna").get(CREDITS).text


def test_a_supplier_sees_what_its_copy_of_the_pack_has_and_no_form_or_note(house: House) -> None:
    page = house.browser("sue").get(CREDITS).text
    assert "£40.00" in page
    assert NOTE not in page
    assert "left out of this copy" in page
    assert "/enter/" not in page
    assert house.browser("carl").get(CREDITS).text.count(NOTE) == 1


def test_the_same_as_csv_leaves_a_trace(house: House) -> None:
    auditor = house.browser("audrey")
    given = auditor.get(f"{CREDITS}.csv")
    assert given.headers["content-disposition"] == 'attachment; filename="small-credits.csv"'
    rows = list(csv.DictReader(io.StringIO(given.text)))
    assert [(row["month"], row["expected"]) for row in rows] == [("2026-08", "20.00"), ("2026-09", "20.00")]


def test_the_status_page_its_json_and_the_desk_say_the_same_of_what_is_open(tmp_path: Path) -> None:
    with waiting_house(tmp_path) as house:
        say(house, "credit_notified", "fred", month="2026-10", amount="60.00", on="2026-11-19")
        assessed(house)
        fred = house.browser("fred")
        told = "£100.00 expected, £60.00 notified"
        assert f'<a href="{CREDITS}">Credits of closed months</a>: {told}.' in fred.get("/").text
        assert json.loads(fred.get("/api/v1/contracts/small").text)["credits_open"] == told
        assert "Expected £100.00 Notified £60.00" in words(fred.get(CREDITS))
        say(house, "credit_settled", "fred", month="2026-10", amount="100.00", on="2026-11-19", how="paid")
        assessed(house)
        assert ">Credits of closed months</a>: " not in fred.get("/").text
        assert json.loads(fred.get("/api/v1/contracts/small").text)["credits_open"] is None
