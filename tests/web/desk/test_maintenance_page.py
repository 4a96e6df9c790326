"""Maintenance at the desk: what the contract permits and what is booked, and what a booking comes to beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from sla_monitor.register.entries import Maintenance
from tests.web.desk.house import House
from tests.web.desk.test_decide_form import confirm, words
from tests.web.desk.waiting_house import waiting_house

CALENDAR = "/desk/contracts/small/maintenance"
BOOK = "/desk/contracts/small/enter/maintenance"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("booking")) as found:
        yield found


def test_the_calendar_shows_hours_bookings_and_what_is_left(house: House) -> None:
    page = house.browser("sue").get(CALENDAR)
    told = words(page)
    assert "booked 5 Working Days before, inside nights (Mon to Sun 22:00 to 24:00), up to 4 h a month" in told
    assert "4 h left of 4 h a month, for Custody records" in told
    assert "Tue 24 22:00 to 24:00 22:00 to 24:00 Custody records awaits a decision ( entry 2 )" in told
    assert f'href="{BOOK}?start=2026-11-23T22:00&amp;end=2026-11-24T00:00"' in page.text
    assert "start=2026-11-19" not in page.text
    assert "Maintenance in December 2026" in house.browser("sue").get(f"{CALENDAR}?month=2026-12").text


def test_who_may_not_book_sees_the_calendar_without_links(house: House) -> None:
    assert BOOK not in house.browser("vera").get(CALENDAR).text
    assert house.browser("strange").get(CALENDAR).status == 403
    assert house.browser("vera").get(f"{CALENDAR}?month=1999-01").status == 404
    assert house.browser("vera").get(f"{CALENDAR}?month=%3Cscript%3E&service=%3Cscript%3E").status == 404


def test_a_booking_says_before_it_is_entered_what_becomes_of_it(house: House) -> None:
    sue = house.browser("sue")
    path = f"{BOOK}?start=2026-12-07T22:00&end=2026-12-08T00:00"
    form = sue.get(path)
    assert 'type="datetime-local" value="2026-12-07T22:00"' in form.text
    fields = {"start": "2026-12-07T22:00", "end": "2026-12-08T00:00", "services": "custody", "note": "Upgrade."}
    between = sue.fill_in(form, BOOK, **fields)
    told = words(between)
    assert (
        "Not silenced: 7 Dec 2026 22:00:00 to 8 Dec 2026 00:00:00 GMT, Custody records (awaits a decision)"
        in re.sub(r" GMT to", " to", told)
    )
    assert "If it is granted" in told
    assert "Silenced: 7 Dec 2026 22:00:00" in told.partition("If it is granted")[2]
    assert confirm(sue, between, BOOK).status == 303
    made = house.entries()[-1].body
    assert isinstance(made, Maintenance)
    assert made.services == ("custody",)


def test_what_is_outside_of_the_hours_or_too_late_is_said_at_once(house: House) -> None:
    sue = house.browser("sue")
    form = sue.get(BOOK)
    too_late = {"start": "2026-11-23T22:00", "end": "2026-11-24T00:00"}
    assert "5 are required" in words(sue.fill_in(form, BOOK, **too_late))
    wrong = sue.fill_in(form, BOOK, start="tomorrow", end="2026-11-24T00:00")
    assert wrong.status == 422
    assert 'value="tomorrow"' in wrong.text
    assert "must be an instant" in words(wrong)
