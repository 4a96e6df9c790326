"""Decisions at the desk: shown before they are made, by somebody else, once, and never on a stale page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.register.entries import Decision
from tests.web.desk.every_form import forms_house
from tests.web.desk.house import Browser, House, Page
from tests.web.desk.html_forms import forms_on, send
from tests.web.desk.waiting_house import say, waiting_house

CLAIM = "/desk/contracts/small/entries/1/decide"
BOOKING = "/desk/contracts/small/entries/2/decide"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("deciding")) as found:
        yield found


def words(page: Page) -> str:
    """What the page's reader reads."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def confirm(browser: Browser, page: Page, path: str) -> Page:
    """Press the button of the page between."""
    found = re.search(r'name="_confirmed" value="([^"]+)"', page.text)
    assert found, words(page)
    return browser.fill_in(page, path, _confirmed=found[1])


def decisions(house: House) -> list[Decision]:
    return [one.body for one in house.entries() if isinstance(one.body, Decision)]


def test_a_claim_is_decided_once_its_effect_was_seen(house: House) -> None:
    anna = house.browser("anna")
    page = anna.get(CLAIM)
    before_and_after = "Credit, GBP £100.00 £0.00"
    assert "The carrier’s line was cut." in words(page)
    assert "KPI1 Custody availability 99.59 % (minor, 1 point) 100.00 % (met, 0 points)" in words(page)
    assert before_and_after in words(page)
    between = anna.fill_in(page, CLAIM, decision="grant", note="<b>The carrier</b> was ours.")
    assert (between.status, decisions(house)) == (200, [])
    assert before_and_after in words(between)
    assert "<b>The carrier" not in between.text
    first, again = (confirm(anna, between, CLAIM) for _ in range(2))
    assert first.status == 303
    assert again.location == f"{first.location}&again=1"
    assert [one.granted for one in decisions(house)] == [True]
    assert house.entries()[-1].note == "<b>The carrier</b> was ours."
    assert not check(house.ledger, lambda _, __: None).problems


def test_a_part_is_granted_and_what_is_outside_of_it_is_refused_beside_its_field(house: House) -> None:
    anna = house.browser("anna")
    wrong = anna.fill_in(anna.get(CLAIM), CLAIM, decision="grant", start="2026-10-06T09:00", note="In part.")
    assert (wrong.status, decisions(house)) == (422, [])
    assert "is not inside what entry 1 asks for" in words(wrong)
    assert 'value="2026-10-06T09:00"' in wrong.text
    assert "In part." in wrong.text
    between = anna.fill_in(wrong, CLAIM, decision="grant", start="2026-10-06T12:00", note="In part.")
    assert "KPI1 Custody availability 99.59 % (minor, 1 point) 99.73 % (minor, 1 point)" in words(between)
    assert confirm(anna, between, CLAIM).status == 303


def test_nobody_decides_without_saying_what_or_about_what_they_asked_for(house: House) -> None:
    anna = house.browser("anna")
    nothing = anna.fill_in(anna.get(CLAIM), CLAIM, note="Well.")
    assert nothing.status == 422
    assert "grant it, or refuse it" in words(nothing)
    own = say(house, "dispute", "anna", party="authority", services=["custody"], start="2026-11-10 09:00",
              end="2026-11-10 10:00", note="Mine.")  # fmt: skip
    path = f"/desk/contracts/small/entries/{own}/decide"
    page = anna.fill_in(anna.get(path), path, decision="grant", note="I am right.")
    assert page.status == 422
    assert "four eyes" in words(page)
    assert decisions(house) == []


def test_what_others_enter_between_is_shown_before_it_counts(house: House) -> None:
    anna = house.browser("anna")
    between = anna.fill_in(anna.get(CLAIM), CLAIM, decision="refuse", note="It was theirs.")
    number = say(house, "correction", "carl", services=["custody"], start="2026-10-06 10:00",
                 end="2026-10-06 11:00", outcome="up", note="Our test.")  # fmt: skip
    stale = confirm(anna, between, CLAIM)
    assert (stale.status, decisions(house)) == (200, [])
    assert f"Entry {number} by carl" in words(stale)
    assert stale.hidden["note"] == "It was theirs."
    assert confirm(anna, stale, CLAIM).status == 303
    assert [one.granted for one in decisions(house)] == [False]


def test_back_keeps_what_was_typed(house: House) -> None:
    anna = house.browser("anna")
    between = anna.fill_in(anna.get(CLAIM), CLAIM, decision="refuse", note="It was theirs.")
    page = anna.fill_in(between, CLAIM, _back="yes")
    assert "It was theirs." in page.text
    assert 'value="refuse" checked' in page.text
    assert decisions(house) == []


def test_a_booking_that_comes_too_late_says_so_before_it_is_granted(house: House) -> None:
    page = words(house.browser("anna").get(BOOKING))
    assert "Not silenced: 24 Nov 2026 22:00:00 GMT to 25 Nov 2026 01:00:00 GMT" in page
    assert "booked 3 Working Days before, 5 are required" in page


def test_who_may_not_decide_is_refused_by_address_as_well(house: House) -> None:
    for name in ("carl", "sue", "fred", "audrey"):
        browser = house.browser(name)
        assert browser.get(CLAIM).status == 403
        fields = {**browser.get("/desk").hidden, "decision": "grant", "note": "Mine."}
        assert browser.post(CLAIM, fields).status == 403
    assert house.browser("anna").get("/desk/contracts/small/entries/4/decide").status == 404
    assert decisions(house) == []


def test_an_entry_that_changes_figures_is_taken_back_once_that_was_seen(house: House) -> None:
    anna, carl = house.browser("anna"), house.browser("carl")
    granted = confirm(anna, anna.fill_in(anna.get(CLAIM), CLAIM, decision="grant", note="Yes."), CLAIM)
    number = granted.location.partition("number=")[2]
    path = f"/desk/contracts/small/entries/{number}/undo"
    between = carl.fill_in(carl.get(path), path, why="It was another day.")
    assert "Credit, GBP £0.00 £100.00" in words(between)
    assert confirm(carl, between, path).status == 303


def test_two_who_decide_on_a_dispute_at_once_make_one_decision(house: House) -> None:
    """It changes no figure, and the second one is shown what the first has decided all the same."""
    path, (anna, again) = "/desk/contracts/small/entries/3/decide", (house.browser("anna") for _ in range(2))
    pages = [
        one.fill_in(one.get(path), path, decision=word, note="Settled.", _see="yes")
        for one, word in ((anna, "grant"), (again, "refuse"))
    ]
    assert decisions(house) == [], "a button that only shows enters nothing"
    assert all("About Dispute by the authority" in words(page) for page in pages)
    told = "A dispute moves no figure, however it is settled"
    assert (told in words(anna.get(path)), told in words(anna.get(CLAIM))) == (True, False)
    assert confirm(anna, pages[0], path).status == 303
    late = confirm(again, pages[1], path)
    assert "Others have entered something since" in words(late)
    assert [one.granted for one in decisions(house)] == [True]


def test_whoever_decides_is_told_that_the_month_is_signed_off(house: House) -> None:
    say(house, "sign_off", "carl", month="2026-10", digest="0" * 64, points="1", credit="100.00")
    told = "October 2026 is signed off: its figures change all the same, and it has to be signed off again"
    assert told in words(house.browser("anna").get(CLAIM))


def test_a_claim_that_the_contract_refuses_for_its_lateness_says_so_and_promises_no_decision(tmp_path: Path) -> None:
    address = "/desk/contracts/small/enter/claim"
    claim = {
        "cause": "third_party", "services": ["custody"], "start": "2026-10-12T09:00", "end": "2026-10-12T10:30",
        "aware": "2026-10-12T10:00", "notified": "2026-10-26T10:00", "note": "Told late.",
    }  # fmt: skip
    told = "Refused by the contract: notified 10 Working Days after it was known; 2 are allowed"
    with forms_house(tmp_path, {"relief": {"notice_working_days": 2, "late": "refused"}}) as house:
        sue = house.browser("sue")
        seen = send(sue, forms_on(sue.get(address))[address], claim, {})
        assert told in seen.text
        assert "It waits for a decision" not in seen.text
        assert send(sue, forms_on(seen)[address], claim, {}).status == 303
        decide = f"/desk/contracts/small/entries/{house.entries()[-1].number}/decide"
        assert told in house.browser("max").get(decide).text
