"""Obligations at the desk: late ones first, and what became of one by a form that is filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.web.desk.house import House
from tests.web.desk.side_house import side_house

DUTIES = "/desk/contracts/small/obligations"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


def test_what_is_late_is_first_and_done_by_a_form(house: House) -> None:
    supplier = house.browser("sue")
    page = supplier.get(DUTIES).text
    assert re.findall(r'<h2 id="(\w+)">', page) == ["late", "upcoming"]
    assert '<a href="/calendar.ics?contract=small">' in page
    assert supplier.get("/calendar.ics?contract=small").text.startswith("BEGIN:VCALENDAR")
    address = "/desk/contracts/small/enter/obligation_met"
    assert f'{address}?obligation=insurance&amp;due=2026-11-12"' in page
    form = supplier.get(f"{address}?obligation=insurance&due=2026-11-12")
    said = {"obligation": "insurance", "due": "2026-11-12", "met": "2026-11-19 10:00", "by": "Sue"}
    assert 'value="insurance"' in form.text
    assert supplier.fill_in(form, address, **said).status == 303
    assert re.findall(r'<h2 id="(\w+)">', supplier.get(DUTIES).text) == ["upcoming", "done"]


def test_an_excuse_that_is_asked_for_is_not_asked_for_again(house: House) -> None:
    manager, address = house.browser("carl"), "/desk/contracts/small/enter/obligation_excused"
    form = manager.get(address)
    assert manager.fill_in(form, address, obligation="plan", due="2026-12-10", note="Later.").status == 303
    page = manager.get(DUTIES).text
    assert "asks to excuse it and awaits a decision" in page
    assert "obligation_excused?obligation=plan" not in page


@pytest.mark.parametrize("kind", ["obligation_met", "obligation_excused"])
def test_what_the_authority_owes_the_authority_reports(house: House, kind: str) -> None:
    said = {"obligation": "benchmark", "due": "2026-12-20", "note": "It was agreed."}
    said |= {"met": "2026-11-19 10:00", "by": "A. Person"} if kind == "obligation_met" else {}
    address = f"/desk/contracts/small/enter/{kind}"
    sue = house.browser("sue")
    assert "Benchmark" in sue.get(DUTIES).text
    assert "obligation=benchmark" not in sue.get(DUTIES).text
    assert f"{kind}?obligation=benchmark" in house.browser("carl").get(DUTIES).text
    refused = sue.fill_in(sue.get(address), address, **said)
    assert (refused.status, "a supplier speaks for itself alone" in refused.text) == (403, True)


def test_who_may_enter_nothing_is_led_to_no_form(house: House) -> None:
    assert "/enter/" not in house.browser("audrey").get(DUTIES).text
