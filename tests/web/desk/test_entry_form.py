"""Entries made at the desk: as the signed-in person, once."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.register.entries import KINDS, TicketRecord
from sla_monitor.register.import_options import KINDS_IN_FILES
from sla_monitor.register.kinds.kind import Topic
from sla_monitor.web.desk.entry_fields import form_model
from tests.web.desk.house import House, furnished

MINUTE = "/desk/contracts/small/enter/minute"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("desk")) as found:
        yield found


def test_an_entry_is_that_of_the_signed_in_person(house: House) -> None:
    carl = house.browser("carl")
    page = carl.fill_in(carl.get(MINUTE), MINUTE, month="2024-10", note="The plan <b>was</b> accepted.\r\nBy both.")
    assert page.status == 303
    told = carl.get(page.location)
    entry = house.entries()[-1]
    assert f"as entry {entry.number}" in told.text
    assert (entry.actor, entry.known_by, entry.note) == ("carl", "password", "The plan <b>was</b> accepted.\nBy both.")
    assert not check(house.ledger, lambda _, __: None).problems


def test_the_same_submission_makes_one_entry(house: House) -> None:
    carl, before = house.browser("carl"), len(house.entries())
    form = carl.get(MINUTE)
    first, again = (carl.fill_in(form, MINUTE, month="2024-10", note="Once.") for _ in range(2))
    assert again.location == f"{first.location}&again=1"
    assert "was entered already" in carl.get(again.location).text
    assert carl.fill_in(form, MINUTE, month="2024-10", note="Other words.").location not in {
        first.location,
        again.location,
    }
    assert len(house.entries()) == before + 2


@pytest.mark.parametrize("count", ["9" * 5000, "²", "-1", "1.5"])
def test_a_number_that_is_none_is_told_at_its_field(house: House, count: str) -> None:
    """Of thousands of digits Python makes no number, and says so by a fault."""
    path, carl = "/desk/contracts/small/enter/comment", house.browser("carl")
    page = carl.fill_in(carl.get(path), path, about=count, note="Why?")
    assert page.status == 422
    assert "must be a whole number (write 12)" in page.text


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_entered(house: House) -> None:
    carl, before = house.browser("carl"), len(house.entries())
    page = carl.fill_in(carl.get(MINUTE), MINUTE, month="1999-10", note='"><script>alert(1)</script>')
    assert page.status == 422
    assert 'aria-invalid="true"' in page.text
    assert "outside the contract" in page.text
    assert "<script>alert" not in page.text
    assert len(house.entries()) == before


def test_no_form_names_an_option_of_the_command_or_a_command(house: House) -> None:
    """Each form is refused, empty and with the words of its example about things that are not there."""
    people = {name: house.browser(name) for name in ("carl", "anna", "olga", "sue", "fred")}
    forms = [kind for kind in KINDS if form_model(kind) is not None]
    refused = 0
    for kind in forms:
        words = {name: f"{word}" for name, word in KINDS[kind].example.words.items()}
        for browser in people.values():
            address = f"/desk/contracts/small/enter/{kind}"
            page = browser.get(address)
            if page.status == 200:
                found = [browser.fill_in(page, address, **given) for given in ({}, words)]
                refused += any(one.status == 422 for one in found)
                told = " ".join(one.text.partition("<main")[2].partition("</main")[0] for one in found)
                assert not re.findall(r".*[\s(]--[a-z].*|.*sla-monitor .*", told), kind
                break
        else:
            pytest.fail(f"nobody has the form of {kind}")
    assert refused == len(forms)


def test_the_desk_lists_every_form_and_import_once_under_the_topic_of_its_kind(house: House) -> None:
    pages = [house.browser(name).get("/desk").text for name in ("carl", "anna")]
    topics = [re.findall(r"<dt>([^<]+)</dt>", page) for page in pages]
    assert topics == [[*Topic], [Topic.OUTAGES, Topic.CREDITS, Topic.MEETING, Topic.DUTIES]]
    linked = [re.findall(r'href="/desk/contracts/small/(enter/\w+|import\?kind=\w+)"', page) for page in pages]
    forms = {f"enter/{kind}" for kind in KINDS if form_model(kind)} | {f"import?kind={kind}" for kind in KINDS_IN_FILES}
    assert {*linked[0], *linked[1]} == forms
    assert all(len(set(one)) == len(one) for one in linked)


def test_who_may_not_enter_it_is_refused_by_address_as_well(house: House) -> None:
    for name in ("sue", "vera", "fred", "audrey", "kent", "strange"):
        browser = house.browser(name)
        assert browser.get(MINUTE).status == 403
        fields = {**browser.get("/desk").hidden, "month": "2024-10", "note": "No."}
        assert browser.post(MINUTE, fields).status == 403


def test_a_kind_with_a_page_of_its_own_has_no_other_form(house: House) -> None:
    assert house.browser("anna").get("/desk/contracts/small/enter/decision").status == 404
    assert house.browser("carl").get("/desk/contracts/small/enter/nothing").status == 404


def test_a_script_enters_with_its_token_and_without_a_form(house: House) -> None:
    page = house.script().post(MINUTE, {"month": "2024-10", "note": "From the service desk."})
    assert page.status == 303
    entry = house.entries()[-1]
    assert (entry.actor, entry.known_by) == ("robot", "token")


def test_a_submission_that_met_a_daemon_that_was_killed_counts_once(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        carl = house.browser("carl")
        form = carl.get(MINUTE)
        first = carl.fill_in(form, MINUTE, month="2024-10", note="Sent twice.")
    with furnished(tmp_path) as house:  # the answer never came: the browser sends it again
        carl.port = house.web.port
        again = carl.fill_in(form, MINUTE, month="2024-10", note="Sent twice.")
        assert again.location == f"{first.location}&again=1"
        assert len(house.entries()) == 1


def test_terms_are_not_approved_by_typing_a_digest() -> None:
    """What they change has to be shown first."""
    assert [kind for kind in KINDS if kind.startswith("terms_") and form_model(kind)] == []


def test_a_ledger_that_is_held_enters_nothing_and_the_same_form_enters_it_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_monitor.ledger.recording.register_entries._PATIENCE_SECONDS", 0.1)
    carl, before = house.browser("carl"), len(house.entries())
    form = carl.get(MINUTE)
    with closing(sqlite3.connect(house.ledger, isolation_level=None)) as database:
        database.execute("begin immediate")
        held = carl.fill_in(form, MINUTE, month="2024-10", note="Held up.")
    assert (held.status, held.headers["retry-after"]) == (503, "5")
    assert "Nothing was entered" in held.text
    assert carl.fill_in(form, MINUTE, month="2024-10", note="Held up.").status == 303
    assert len(house.entries()) == before + 1


def test_stops_of_a_ticket_are_written_one_a_line(house: House) -> None:
    carl, address = house.browser("carl"), "/desk/contracts/small/enter/ticket"
    ticket = {"id": "INC7", "priority": "P1", "opened": "2024-10-01T09:00", "ended": "2024-10-02T09:00"}
    lines = "waiting_for_authority 2024-10-01 10:00 / 2024-10-01 12:00\r\n\r\nparts 2024-10-01 13:00\r\n"
    for wrong, why in (
        ("parts yesterday", "must be an instant"),
        (lines.replace("13:00", "08:00"), "must lie between"),
    ):
        page = carl.fill_in(carl.get(address), address, **ticket, stops=wrong)
        assert (page.status, why in page.text.partition('id="field-stops"')[2]) == (422, True)
        assert wrong.splitlines()[0] in page.text, "what was typed is kept"
    seen = carl.fill_in(carl.get(address), address, **ticket, stops=lines, _see="yes")
    mark = re.findall(r'name="_confirmed" value="([^"]+)"', seen.text)[0]
    assert carl.fill_in(seen, address, _confirmed=mark).status == 303
    body = house.entries()[-1].body
    assert isinstance(body, TicketRecord)
    assert [(stop.reason, stop.end_ms is None) for stop in body.stops] == [
        ("waiting_for_authority", False),
        ("parts", True),
    ]
