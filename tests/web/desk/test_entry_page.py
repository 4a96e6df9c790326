"""The page of an entry: what it says to whom, what came of it, what one may do, and its files."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.attached_files import Attachment
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.redaction import LEFT_OUT
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.web.desk.entry_files import shown_file
from tests.web.desk.house import House, furnished
from tests.web.desk.test_decide_form import words
from tests.web.desk.waiting_house import waiting_house

ENTRIES = "/desk/contracts/small/entries"
PDF = b"%PDF-1.7\n" + b"x" * 3_000
NOW_MS = 1_790_000_000_000
CLAIM = {"start": "2024-10-05 14:00", "end": "2024-10-05 15:00", "cause": "authority_cause"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    room = AttachmentSettings(file=100_000, total=1_000_000)
    with furnished(tmp_path_factory.mktemp("desk"), attachments=room) as found:
        yield found


def say(house: House, kind: str, actor: str, note: str = "", **said: Any) -> int:
    contract = house.parts.contracts[0]
    body = body_of(kind, said, contract.time_zone)
    now_ms = SystemClock().now_ms()
    entry = entry_of(body, at_ms=now_ms, actor=actor, known_by="password", contract="small", note=note)
    return Register.open(house.ledger, SystemClock()).add([entry])[0]


def files(house: House, number: int) -> list[Attachment]:
    with read_only(house.ledger) as reader:
        return reader.attachments(number)


def test_all_that_became_of_an_entry_is_told_and_leads_to_its_own_page(house: House) -> None:
    claim = say(house, "claim", "sue", "See the <b>mail</b>.", **CLAIM)
    comment = say(house, "comment", "carl", "It was CHG-4711.", about=claim)
    decision = say(house, "decision", "anna", "Ours.", about=claim, granted=True)
    page = house.browser("sue").get(f"{ENTRIES}/{claim}")
    told = words(page)
    assert "Claim of authority cause for everything" in told
    assert "by sue (by password)" in told
    assert "&lt;b&gt;mail&lt;/b&gt;" in page.text
    assert f"Granted by entry {decision} ." in told
    assert "It was CHG-4711." in told
    assert 'href="/desk/contracts/small/months/2024-10"' in page.text
    for number in (comment, decision):
        assert f'href="{ENTRIES}/{number}"' in page.text
    part = say(house, "decision", "anna", "An hour of it.", about=claim, granted=True, end="2024-10-05 14:30")
    assert f"Granted in part by entry {part} ." in words(house.browser("sue").get(f"{ENTRIES}/{claim}"))
    assert f"granted in part,{part}," in house.browser("sue").get(f"{ENTRIES}.csv").text
    undone = say(house, "undo", "carl", "Twice.", about=comment)
    assert f"Taken back by entry {undone}" in words(house.browser("sue").get(f"{ENTRIES}/{comment}"))


def test_each_is_offered_what_they_may_do(house: House) -> None:
    booking = say(house, "claim", "sue", "Again.", **{**CLAIM, "end": "2024-10-05 16:00"})
    offered = {
        name: set(re.findall(r'class="button[^>]*>([^<]+)</a>', house.browser(name).get(f"{ENTRIES}/{booking}").text))
        for name in ("carl", "anna", "sue", "vera")
    }
    assert offered == {
        "carl": {"Comment on it", "Take it back"}, "anna": {"Decide", "Comment on it"}, "sue": {"Comment on it"},
        "vera": set(),
    }  # fmt: skip
    assert "Proof" not in words(house.browser("carl").get(f"{ENTRIES}/{booking}"))
    assert re.search(r"[0-9a-f]{64} , in link \d+", words(house.browser("audrey").get(f"{ENTRIES}/{booking}")))


@pytest.mark.parametrize("note", ["It’s  <b>£5</b>\nor €6.", "Ag\u202eain."])
def test_an_auditor_works_the_digest_out_again_from_the_page(house: House, note: str) -> None:
    number = say(house, "claim", "sue", note, **{**CLAIM, "end": f"2024-10-05 22:0{len(note) % 10}"})
    page = house.browser("audrey").get(f"{ENTRIES}/{number}")
    (digest,) = re.findall(r"([0-9a-f]{64}) , in link \d+", words(page))
    (line,) = re.findall(r'<pre class="digest sealed">(.*?)</pre>', page.text, re.DOTALL)
    text = unescape(line).encode()
    sealed = b64decode(text) if "base64 -d" in page.text else text
    assert sha256(sealed).hexdigest() == digest
    assert json.loads(sealed)[1] == number


def test_what_the_authority_says_for_itself_is_not_told_to_the_supplier(house: House) -> None:
    waiver = say(house, "waiver", "anna", "SECRET-NOTE", month="2024-10", what="money")
    claim = say(house, "claim", "sue", "Third.", **{**CLAIM, "end": "2024-10-05 17:00"})
    internal = say(house, "comment", "carl", "SECRET-NOTE", about=claim, internal=True)
    undone = say(house, "undo", "carl", "SECRET-NOTE", about=internal)
    sue, script = house.browser("sue"), house.browser("sue", Accept="application/json")
    assert LEFT_OUT in words(sue.get(f"{ENTRIES}/{waiver}"))
    api = "/api/v1/contracts/small/entries"
    pages = [
        ENTRIES, f"{ENTRIES}.csv", f"{ENTRIES}/{claim}", f"{ENTRIES}?kind=comment", api, f"{api}/{claim}",
        "/desk", "/desk/contracts/small/months/2024-10",
    ]  # fmt: skip
    for path in pages:
        for browser in (sue, script):
            text = browser.get(path).text
            assert "SECRET-NOTE" not in text, path
            assert f"/entries/{internal}" not in text, path
            assert "nternal comment" not in text, path
    for number in (internal, undone):
        gone = (f"{ENTRIES}/{number}", f"{ENTRIES}/{number}/undo", f"{api}/{number}", f"{api}/{number}/attachments")
        assert {sue.get(path).status for path in gone} <= {403, 404}
    assert "SECRET-NOTE" in house.browser("vera").get(f"{ENTRIES}/{claim}").text
    form = "/desk/contracts/small/enter/comment"
    assert 'name="internal"' not in sue.get(form).text
    assert 'name="internal"' in house.browser("carl").get(form).text
    assert sue.fill_in(sue.get(form), form, month="2024-10", note="x", internal="yes").status == 403
    refused = sue.fill_in(sue.get(form), form, about=f"{internal}", note="I guess.")
    assert (refused.status, "no entry" in refused.text) == (422, True)


def test_files_are_attached_on_the_page_all_or_none(house: House) -> None:
    claim = say(house, "claim", "sue", "Fourth.", **{**CLAIM, "end": "2024-10-05 18:00"})
    path, sue = f"{ENTRIES}/{claim}", house.browser("sue")
    form = sue.get(path)
    for _ in range(2):  # the button is pressed twice
        assert sue.upload(path, form.hidden, {"attach": ("../<i>proof.pdf", PDF)}).status == 303
    refused = sue.upload(path, sue.get(path).hidden, {"attach": ("page.html", b"<script>")})
    assert (refused.status, "of a type that is not kept" in refused.text) == (422, True)
    assert "no file was chosen" in sue.fill_in(sue.get(path), path).text
    assert [one.file.name for one in files(house, claim)] == ["<i>proof.pdf"]
    page = house.browser("anna").get(path)
    digest = sha256(PDF).hexdigest()
    assert f'href="/api/v1/contracts/small/entries/{claim}/attachments/{digest}" download' in page.text
    assert "&lt;i&gt;proof.pdf" in page.text
    assert digest in words(page)
    assert digest in words(house.browser("anna").get(f"{path}/decide")), "whoever decides sees what was attached"


def test_who_may_not_make_such_an_entry_attaches_nothing_to_it(house: House) -> None:
    claim = say(house, "claim", "carl", "Fifth.", **{**CLAIM, "end": "2024-10-05 19:00"})
    path = f"{ENTRIES}/{claim}"
    for name in ("vera", "anna", "sue", "strange"):
        browser = house.browser(name)
        assert 'name="attach"' not in browser.get(path).text
        assert browser.upload(path, browser.get("/desk").hidden, {"attach": ("a.txt", b"A.")}).status == 403
    assert files(house, claim) == []


def test_what_is_too_large_is_refused_in_words(house: House) -> None:
    claim = say(house, "claim", "sue", "Sixth.", **{**CLAIM, "end": "2024-10-05 20:00"})
    path, sue = f"{ENTRIES}/{claim}", house.browser("sue")
    form = sue.get(path)
    assert "more than 100,000" in sue.upload(path, form.hidden, {"attach": ("a.pdf", PDF + b"x" * 100_000)}).text
    huge = sue.upload(path, form.hidden, {"attach": ("a.pdf", b"%PDF-" + b"x" * 400_000)})
    assert (huge.status, "too large" in huge.text) == (413, True)


def test_who_comments_comes_back_to_the_entry(house: House) -> None:
    claim = say(house, "claim", "sue", "Seventh.", **{**CLAIM, "end": "2024-10-05 21:00"})
    carl = house.browser("carl")
    (form,) = re.findall(r'href="([^"]+)">Comment on it', carl.get(f"{ENTRIES}/{claim}").text)
    shown = carl.get(form.replace("&amp;", "&"))
    assert f'value="{claim}"' in shown.text
    page = carl.fill_in(shown, "/desk/contracts/small/enter/comment", about=f"{claim}", note="Seen.")
    assert page.location == f"{ENTRIES}/{claim}?entered={house.entries()[-1].number}"
    assert "Seen." in words(carl.get(page.location))


def test_a_file_that_the_other_collector_holds_is_named_and_leads_nowhere(house: House) -> None:
    file = AttachedFile("proof.pdf", "application/pdf", "0" * 64, 12)
    told = [
        shown_file(Attachment(1, NOW_MS, "sue", 7, file, is_here), house.parts.contracts[0])
        for is_here in (True, False)
    ]
    assert [one.address for one in told] == [f"/api/v1/contracts/small/entries/7/attachments/{'0' * 64}", ""]
    assert (told[1].name, told[1].size, told[1].by) == ("proof.pdf", "12 bytes", "sue, 21 Sep 2026 15:13:20 BST")


def test_a_link_claims_no_entry_for_whoever_follows_it(tmp_path: Path) -> None:
    with waiting_house(tmp_path) as house:
        page = house.browser("carl").get("/desk/contracts/small/entries/1?entered=999")
        assert page.status == 200
        assert "is entered" not in page.text
        assert "999" not in page.text
