"""A month signed off and countersigned: by two people of two roles, each the digest of the same figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.register.entries import SignOff
from sla_monitor.register.kinds.countersignature import Countersigned
from sla_monitor.register.redaction import LEFT_OUT
from sla_monitor.web.serving.health import Health
from tests.web.desk.house import PASSWORD, House
from tests.web.desk.test_decide_form import words
from tests.web.desk.test_entry_page import PDF, files
from tests.web.desk.test_uploads import kept
from tests.web.desk.test_waiting_list import mine
from tests.web.desk.waiting_house import assessed, say, waiting_house

MONTH = "/desk/contracts/small/months/2026-10"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("signing")) as found:
        yield found


def test_both_parties_sign_the_same_figures(house: House) -> None:
    carl, sue = house.browser("carl"), house.browser("sue")
    page = carl.get(MONTH)
    assert "1 point, £100.00 deducted Set off: rectification (rectification plan)." in words(page)
    assert "KPI1 Custody availability 99.59 % (minor, 1 point)" in words(page)
    assert '<bdi class="missed">99.59 %' in page.text
    assert page.text.count('<bdi class="missed">') == 1, "what is not assessed is not missed"
    assert "KPI3 (Satisfaction) is not assessed: the supplier has reported no figure" in words(page)
    assert "No day of this month is sealed" in words(page)
    assert "/countersign" not in sue.get(MONTH).text
    assert carl.fill_in(page, f"{MONTH}/sign-off").status == 303
    signed = house.entries()[-1].body
    assert isinstance(signed, SignOff)
    assert signed.acknowledged
    entry = words(carl.get(f"/desk/contracts/small/entries/{house.entries()[-1].number}"))
    assert " ".join(signed.acknowledged) in entry.partition("Acknowledged")[2]
    assert ("countersign", None) in mine(house, "sue")
    page = sue.get(MONTH)
    assert "The supplier has not countersigned it yet." in words(page)
    first, again = (sue.fill_in(page, f"{MONTH}/countersign") for _ in range(2))
    assert (first.status, again.location) == (303, f"{first.location}&again=1")
    counter = house.entries()[-1]
    assert isinstance(counter.body, Countersigned)
    assert (counter.actor, counter.body.digest) == ("sue", signed.digest)
    assert "Both parties have signed the same figures." in words(carl.get(MONTH))
    assert "<form" not in sue.get(MONTH).text.partition("<main")[2]
    assessed(house)
    assert {kind for kind, _ in mine(house, "sue")}.isdisjoint({"countersign"})
    assert not check(house.ledger, lambda _, __: None).problems


def test_both_signatures_take_files_which_a_page_between_carries(house: House) -> None:
    for name, what, minutes in (("carl", "sign-off", "Minutes.pdf"), ("sue", "countersign", "Letter.pdf")):
        browser, path = house.browser(name), f"{MONTH}/{what}"
        refused = browser.upload(path, browser.get(MONTH).hidden, {"attach": ("no.exe", b"MZ")}, (minutes, PDF))
        assert refused.status == 422
        assert "no.exe is of a type that is not kept" in words(refused)
        house.parts.clock.advance(900_000)  # type: ignore[attr-defined] # a FakeClock
        asked = browser.post(path, {**refused.hidden, "kept": kept(refused)})
        assert 'name="_password"' in asked.text
        done = browser.post(path, {**asked.hidden, "kept": kept(asked), "_password": PASSWORD})
        assert done.status == 303, words(done)
        assert [one.file.name for one in files(house, house.entries()[-1].number)] == [minutes]


def test_a_record_that_does_not_verify_is_an_open_point(house: House) -> None:
    carl = house.browser("carl")
    sound = house.web.health
    try:
        house.web.health = lambda: Health(ready=True, unverified="link 7 was altered")
        page = carl.get(MONTH)
    finally:
        house.web.health = sound
    assert "The record does not verify: link 7 was altered." in words(page)


def test_figures_that_move_are_not_signed_unseen(house: House) -> None:
    carl = house.browser("carl")
    page = carl.get(MONTH)
    say(house, "figure", "sue", kpi="KPI3", month="2026-10", party="supplier", value="85")
    moved = carl.fill_in(page, f"{MONTH}/sign-off")
    assert moved.status == 409
    assert "The figures have moved since you looked" in words(moved)
    assert carl.fill_in(moved, f"{MONTH}/sign-off").status == 303


def test_what_opens_meanwhile_is_not_acknowledged_unseen(house: House) -> None:
    carl = house.browser("carl")
    page = carl.get(MONTH)
    when = {"start": "2026-10-06 09:00", "end": "2026-10-06 10:00"}
    say(house, "dispute", "sue", party="supplier", services=["custody"], note="The carrier cut it.", **when)
    opened = carl.fill_in(page, f"{MONTH}/sign-off")
    assert opened.status == 409
    assert "What is open has changed since you looked" in words(opened)
    first, again = (carl.fill_in(opened, f"{MONTH}/sign-off") for _ in range(2))
    assert (first.status, again.location) == (303, f"{first.location}&again=1")


DISPUTED = {"start": "2026-10-06 09:00", "end": "2026-10-06 10:00", "party": "supplier", "services": ["custody"]}


@contextmanager
def while_it_is_read(house: House, kind: str, actor: str, **said: Any) -> Iterator[None]:
    """Somebody enters something when the month's figures are read already, and what is open is being said."""
    sound = house.web.health
    is_said: list[int] = []

    def health() -> Health:
        if asyncio._get_running_loop() is None and not is_said:  # in the thread that works the month out
            is_said.append(say(house, kind, actor, **said))
        return sound()

    house.web.health = health
    try:
        yield
    finally:
        house.web.health = sound
    assert is_said


def test_what_is_entered_between_the_look_and_the_signature_is_looked_at_as_well(house: House) -> None:
    carl, sue = house.browser("carl"), house.browser("sue")
    page = carl.get(MONTH)
    with while_it_is_read(house, "dispute", "sue", note="The carrier cut it.", **DISPUTED):
        opened = carl.fill_in(page, f"{MONTH}/sign-off")
    assert (opened.status, house.entries()[-1].body.kind) == (409, "dispute")
    assert "What is open has changed since you looked" in words(opened)
    with while_it_is_read(house, "minute", "carl", note="-", month="2026-09"):  # which opens nothing
        assert carl.fill_in(opened, f"{MONTH}/sign-off").status == 303
    page, number = sue.get(MONTH), house.entries()[-1].number
    with while_it_is_read(house, "undo", "carl", note="Too early.", about=number):
        refused = sue.fill_in(page, f"{MONTH}/countersign")
    assert (refused.status, "Nothing was signed" in words(refused)) == (422, True)
    assert house.entries()[-1].body.kind == "undo"


def test_a_restatement_is_signed_and_countersigned_again(house: House) -> None:
    carl, sue = house.browser("carl"), house.browser("sue")
    carl.fill_in(carl.get(MONTH), f"{MONTH}/sign-off")
    old = sue.get(MONTH)
    assert "KPI3 (Satisfaction) is not assessed" in words(old).partition("What was open and acknowledged")[2]
    assert sue.fill_in(old, f"{MONTH}/countersign").status == 303
    say(house, "decision", "anna", about=1, granted=True, note="It was ours.")
    page = carl.get(MONTH)
    assert "The figures are others now than those that were signed" in words(page)
    meeting = carl.get(f"{MONTH}/meeting")
    assert "Final, restated, figures as of" in meeting.text
    assert "The figures are others now than those that entry" in words(meeting)
    assert carl.fill_in(page, f"{MONTH}/sign-off", reason="").status == 422
    assert carl.fill_in(page, f"{MONTH}/sign-off", reason="A claim was granted.").status == 303
    assert "The supplier has not countersigned it yet." in words(sue.get(MONTH))
    assert sue.post(f"{MONTH}/countersign", {**sue.get(MONTH).hidden, "digest": old.hidden["digest"]}).status == 409
    assert sue.fill_in(sue.get(MONTH), f"{MONTH}/countersign").status == 303


def test_a_month_that_runs_is_signed_by_nobody(house: House) -> None:
    assert house.browser("carl").get("/desk/contracts/small/months/2026-11").status == 404
    assert house.browser("carl").get("/desk/contracts/small/months/2019-01").status == 404


def test_a_supplier_reads_no_note_of_the_authority_beside_a_signature(tmp_path: Path) -> None:
    with waiting_house(tmp_path) as house:
        anna, sue = house.browser("anna"), house.browser("sue")
        say(
            house, "sign_off", "anna", month="2026-10", digest="0" * 64, points="1", credit="100.00", note="Ours alone."
        )
        assert "Ours alone." in anna.get("/desk/contracts/small/months/2026-10").text
        page = sue.get("/desk/contracts/small/months/2026-10").text
        assert "Ours alone." not in page
        assert LEFT_OUT in page
