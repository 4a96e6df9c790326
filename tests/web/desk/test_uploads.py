"""Files in the forms of entries: kept with the entry in one go, carried over the page between, and refused by field."""

from __future__ import annotations

import html
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.web import Limits
from sla_monitor.web.desk.form_files import FILES_BYTES
from tests.web.desk.house import House, Page, furnished
from tests.web.desk.test_decide_form import words
from tests.web.desk.test_entry_page import CLAIM as CLAIM_WORDS
from tests.web.desk.test_entry_page import ENTRIES, PDF, files, say

FORMS = "/desk/contracts/small/enter"
CLAIM, DISPUTE = f"{FORMS}/claim", f"{FORMS}/dispute"
TIME = {"start": "2024-10-05T14:00", "cause": "authority_cause", "note": "See the mail."}
MAIL = ("<b>Mail.txt", b"Dear all,")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    room = AttachmentSettings(file=FILES_BYTES, total=20_000_000)
    with furnished(tmp_path_factory.mktemp("desk"), attachments=room) as found:
        yield found


def kept(page: Page) -> list[str]:
    """The files that a page hands back."""
    return [html.unescape(one) for one in re.findall(r'name="kept" value="([^"]+)"', page.text)]


def confirmed(page: Page) -> dict[str, str]:
    found = re.search(r'name="_confirmed" value="([^"]+)"', page.text)
    assert found, words(page)
    return {**page.hidden, "_confirmed": found[1]}


def test_files_are_entered_with_the_entry_over_the_page_between(house: House) -> None:
    sue, before = house.browser("sue"), len(house.entries())
    said = {**TIME, "end": "2024-10-05T15:00"}
    shown = sue.upload(CLAIM, {**sue.get(CLAIM).hidden, **said, "_see": "yes"}, {"attach": ("proof.pdf", PDF)}, MAIL)
    assert "proof.pdf , 3,009 bytes" in words(shown)
    assert "<b>Mail" not in shown.text
    assert len(house.entries()) == before
    fields = {**confirmed(shown), "kept": kept(shown)}
    first, again = (sue.post(CLAIM, fields) for _ in range(2))
    assert (first.status, again.location) == (303, f"{first.location}&again=1")
    number = house.entries()[-1].number
    assert [(one.file.name, one.actor) for one in files(house, number)] == [("proof.pdf", "sue"), (MAIL[0], "sue")]
    with read_only(house.ledger) as reader:
        assert reader.kept_file(files(house, number)[0].file.digest) == PDF
    assert len(house.entries()) == before + 1
    assert not check(house.ledger, lambda _, __: None).problems


def test_who_goes_back_finds_the_files_and_may_leave_one_out(house: House) -> None:
    sue = house.browser("sue")
    said = {**TIME, "end": "2024-10-05T16:00", "_see": "yes"}
    shown = sue.upload(CLAIM, {**sue.get(CLAIM).hidden, **said}, {"attach": ("proof.pdf", PDF)}, MAIL)
    form = sue.post(CLAIM, {**shown.hidden, "kept": kept(shown), "_back": "yes"})
    assert len(kept(form)) == 2
    assert "See the mail." in form.text
    again = sue.post(CLAIM, {**form.hidden, **said, "kept": kept(form)[1:]})
    assert sue.post(CLAIM, {**confirmed(again), "kept": kept(again)}).status == 303
    assert [one.file.name for one in files(house, house.entries()[-1].number)] == [MAIL[0]]


def test_a_file_that_is_not_kept_is_said_at_its_field_and_the_rest_stays(house: House) -> None:
    sue, before = house.browser("sue"), len(house.entries())
    said = {"party": "supplier", "start": "2024-10-05T14:00", "end": "2024-10-05T15:00", "note": "Our log."}
    page = sue.upload(DISPUTE, {**sue.get(DISPUTE).hidden, **said}, {"attach": ("page.pdf", b"<script>")}, MAIL)
    assert page.status == 422
    assert "page.pdf does not hold what its ending says" in words(page)
    assert 'aria-describedby="attach-help attach-problem" aria-invalid="true"' in page.text
    assert "Our log." in page.text
    assert len(kept(page)) == 1
    assert len(house.entries()) == before
    assert sue.post(DISPUTE, {**page.hidden, **said, "kept": kept(page)}).status == 303
    assert [one.file.name for one in files(house, house.entries()[-1].number)] == [MAIL[0]]


def test_more_than_a_form_carries_is_refused_in_words(house: House) -> None:
    sue, before = house.browser("sue"), len(house.entries())
    said = {**TIME, "end": "2024-10-05T17:00"}
    page = sue.upload(CLAIM, {**sue.get(CLAIM).hidden, **said}, {"attach": ("a.pdf", PDF + b"x" * FILES_BYTES)})
    assert (page.status, kept(page)) == (422, [])
    assert "attach larger files on the page of the entry" in words(page)
    assert "See the mail." in page.text
    assert len(house.entries()) == before


def test_no_text_of_megabytes_is_read_while_others_wait(house: House) -> None:
    browser = house.browser("sue")
    path = "/desk/contracts/small/enter/ticket"
    stops = "waiting_for_authority 2024-10-05 10:00 / 2024-10-05 12:00\n" * 2000
    page = browser.post(path, {**browser.get(path).hidden, "stops": stops})
    assert page.status == 413
    assert "65,536 characters" in page.text


def test_one_person_sends_so_many_large_bodies_at_once_and_no_more(tmp_path: Path) -> None:
    path, large = "/desk/contracts/small/enter/comment", {"attach": ("a.txt", b"x" * 100_000)}
    said = {"month": "2024-10", "note": "With a file."}
    with furnished(tmp_path, limits=Limits(uploads=1)) as house:
        sue, anna = house.browser("sue"), house.browser("anna")
        cookie = "; ".join(f"{name}={value}" for name, value in sue.jar.items())
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nContent-Length: 200000\r\n"
        with socket.create_connection(("127.0.0.1", house.web.port)) as slow:
            slow.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
            assert slow.recv(100).startswith(b"HTTP/1.1 100 ")  # it is let in
            refused = sue.upload(path, {**sue.get(path).hidden, **said}, large)
            assert refused.status == 429
            assert "oo many files at once" in refused.text
            assert sue.fill_in(sue.get(path), path, **said).status == 303
            assert anna.upload(path, {**anna.get(path).hidden, **said}, large).status == 303
        deadline = time.monotonic() + 30  # it is known some time later that the other one has gone
        while (page := sue.upload(path, {**sue.get(path).hidden, **said}, large)).status == 429:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert page.status == 303


def test_a_file_too_many_leaves_those_that_were_chosen_before(house: House) -> None:
    sue = house.browser("sue")
    said = {**TIME, "end": "2024-10-05T17:00"}
    page = sue.upload(CLAIM, {**sue.get(CLAIM).hidden, **said}, {"attach": ("page.pdf", b"<script>")}, MAIL)
    large = {"attach": ("a.pdf", PDF + b"x" * FILES_BYTES)}
    again = sue.upload(CLAIM, {**page.hidden, **said, "kept": kept(page)[0]}, large)
    assert (again.status, kept(again)) == (422, kept(page))
    larger = sue.upload(CLAIM, {**page.hidden, **said}, {"attach": ("a.pdf", PDF + b"x" * 2 * FILES_BYTES)})
    assert larger.status == 413
    assert "Send files of at most 4 MiB together." in words(larger)


def test_what_no_page_of_ours_has_handed_out_is_no_form(house: House) -> None:
    sue = house.browser("sue")
    for text in ("x", "a.b.c", "?.?", "AAA"):
        assert sue.post(CLAIM, {**sue.get(CLAIM).hidden, **TIME, "kept": text}).status == 400
    forged = {**sue.get(CLAIM).hidden, **TIME, "end": "2024-10-05T18:00", "kept": "eC5wZGY=.PHNjcmlwdD4="}
    assert "does not hold what its ending says" in sue.post(CLAIM, forged).text


def test_files_stay_with_a_form_that_asks_for_the_password_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    form = f"{FORMS}/waiver"
    with furnished(tmp_path_factory.mktemp("fresh"), fresh="1ms") as house:
        anna = house.browser("anna")
        said = {"month": "2024-10", "what": "money", "note": "Agreed.", "_see": "yes"}
        page = anna.upload(form, {**anna.get("/desk").hidden, **said}, {"attach": MAIL})
        assert "_password" in page.text
        assert len(kept(page)) == 1


def test_a_decision_and_its_taking_back_have_files_of_their_own(house: House) -> None:
    about = say(house, "claim", "sue", "Ours.", **CLAIM_WORDS)
    refusal, undoing = {"decision": "refuse", "note": "No."}, {"why": "Entered twice."}
    for name, path, said in (("anna", "decide", refusal), ("carl", "undo", undoing)):
        browser, address = house.browser(name), f"{ENTRIES}/{about}/{path}"
        bad = {"attach": ("a.pdf", b"<script>")}
        wrong = browser.upload(address, {**browser.get(address).hidden, **said}, bad, MAIL)
        assert (wrong.status, len(kept(wrong))) == (422, 1)
        assert "a.pdf does not hold what its ending says" in words(wrong)
        shown = browser.post(address, {**wrong.hidden, **said, "kept": kept(wrong), "_see": "yes"})
        assert "With this file: <b>Mail.txt , 9 bytes" in words(shown)
        back = browser.post(address, {**shown.hidden, "kept": kept(shown), "_back": "yes"})
        assert kept(back) == kept(shown)
        assert browser.post(address, {**confirmed(shown), **said, "kept": kept(shown)}).status == 303
        made = house.entries()[-1]
        assert made.body.subject() == about
        assert [(one.file.name, one.actor) for one in files(house, made.number)] == [(MAIL[0], name)]
