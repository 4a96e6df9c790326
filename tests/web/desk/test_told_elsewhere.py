"""What is typed into every form of the desk, where it comes out beside the desk: packs, workbooks, bundles, webhooks.
It is there as it was typed, and nothing of it is obeyed."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import get_args
from zipfile import ZipFile

import pytest

from sla_monitor.ledger import HistoryReader
from sla_monitor.review.bundle.contents import attached_files, bundled, contract_files, evidence_file
from sla_monitor.review.gathering import PackSubject, gathered
from sla_monitor.review.pack_input import Copy
from sla_monitor.review.rendering.files import PackRequest, packed
from sla_monitor.settings.webhooks import Event, Webhook
from sla_monitor.webhooks.positions import FilePosition
from sla_monitor.webhooks.sending import Sending
from tests.fakes.clock import FakeClock
from tests.web.desk.every_form import NOW_MS, every_form, forms_house
from tests.web.desk.hostile_texts import BIDI, INJECTED, LONG, MARKUP, SHOWN
from tests.web.desk.house import House
from tests.web.desk.html_forms import forms_on, send_to_the_end
from tests.webhooks.receiver import SECRET, Inbox, receiving

MONTH = "2026-10"
FORMATS: Mapping[Copy, PackRequest] = {
    "authority": PackRequest(["html", "pdf", "xlsx", "csv", "json"]),
    "supplier": PackRequest(["html", "xlsx", "csv", "json"]),
}
ATTACHED = ("=cmd|'' <b>\u202egpj.txt", b"=1+1\r\n<script>")
"""A file, as somebody might call it."""
ENTERED = SHOWN[:120].rstrip()
"""As much of it as every field takes."""

LINES = f"{LONG}\n{INJECTED.decode()}".replace("\r\n", "\n")
"""A note may have lines."""

TEXTS = ((ENTERED, ENTERED), (LONG, LINES))
"""For every field, and for a note."""


@dataclass(frozen=True)
class Walked:
    """A house in which every form was sent, what a receiver was told, and the packs and bundles of it."""

    house: House
    inbox: Inbox
    files: Mapping[str, bytes]

    def of(self, ending: str) -> dict[str, bytes]:
        found = {name: content for name, content in self.files.items() if name.endswith(ending)}
        assert found
        return found


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    folder = tmp_path_factory.mktemp("forms")
    with forms_house(folder) as house, receiving() as inbox:
        (folder / "secret").write_text(SECRET + "\n")
        words = {"name": "desk", "url": inbox.url, "secret": f"${{file:{folder / 'secret'}}}", "side": "authority"}
        webhook = Webhook.model_validate({**words, "events": list(get_args(Event))})
        position = FilePosition(folder / "webhook.json")
        sending = Sending(
            webhook, house.ledger, lambda: house.parts.contracts, position, lambda: True, FakeClock(NOW_MS)
        )
        sending.turn()  # it is told of what comes from now on
        for text, note in TEXTS:
            enter_everywhere(house, text, note)
        sending.turn()
        assert sending.problem == ""
        sending.close()
        yield Walked(house, inbox, dict(made(house)))


def enter_everywhere(house: House, text: str, note: str) -> None:
    """Send every form with a text in each field that takes one; where there is a note, with another one in it."""
    browsers = {name: house.browser(name) for name in ("max", "sue")}
    for form in every_form():
        if form.who not in browsers:
            continue
        address, browser = form.open(house), browsers[form.who]
        found = forms_on(browser.get(address))[form.posted_to(address)]
        words = form.said(text) | ({"note": note} if "note" in form.free else {})
        assert send_to_the_end(browser, found, words, {**form.files, "attach": ATTACHED}).status == 303, form.name


def made(house: House) -> Iterator[tuple[str, bytes]]:
    """Packs and bundles of both parties, by name."""
    with HistoryReader(house.ledger) as reader:
        for copy, wanted in FORMATS.items():
            found = gathered(PackSubject(house.parts.contracts[0], reader, MONTH, NOW_MS), copy)
            _, files = packed(found.case, found.document, wanted)
            papers = attached_files(found, reader.attachments(), reader.kept_file)
            whole = {**files, "evidence.json": evidence_file(found), **contract_files(found), **papers}
            yield f"{copy}.zip", bundled(found, MONTH, whole, wanted, None, [])
            yield from ((f"{copy}/{name}", content) for name, content in files.items())


def shown(page: str) -> str:
    """What a reader sees of markup, with what is cut for the width of a column put together again."""
    return unescape(re.sub("<[^>]+>", "", page))


LEADING = {"hyperlink", "externalReference", "externalLink", "ddeLink", "oleLink"}
"""Parts of a workbook that lead out of it."""


def texts_of(book: bytes) -> Iterator[ET.Element]:
    """The parts of a workbook, each of which is sound XML."""
    with ZipFile(io.BytesIO(book)) as parts:
        for name in parts.namelist():
            yield ET.fromstring(parts.read(name))


def test_every_form_was_sent_with_every_text(walked: Walked) -> None:
    notes = [one.note for one in walked.house.entries()]
    assert all(sum(text in one for one in notes) > 10 for _, text in TEXTS)


def test_a_pack_shows_it_as_text(walked: Walked) -> None:
    for name, content in walked.of(".html").items():
        page = content.decode()
        assert ENTERED in shown(page), name
        assert MARKUP not in page
        assert not re.search(r"<script|<iframe|<object|javascript:", re.sub(r">[^<]*<", "><", page)), name
        assert not re.search(r"<[^>]*\son\w+=[^>]*>", re.sub(r'"[^"]*"', '""', page)), name
        assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page) == [], name
        assert [sign for sign in BIDI if sign in page] == [], name


def test_a_printed_pack_shows_it_runs_nothing_and_leads_nowhere(walked: Walked, tmp_path: Path) -> None:
    """Of the authority's copy; quotation marks are set as in print, and a word that is too long is cut."""
    (tmp_path / "pack.pdf").write_bytes(walked.files[f"authority/small-{MONTH}.pdf"])
    file = f"{tmp_path / 'pack.pdf'}"
    text, scripts, links = (
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for command in (["pdftotext", file, "-"], ["pdfinfo", "-js", file], ["pdfinfo", "-url", file])
    )
    seen = re.sub(r"[\s\u200b]", "", text)
    assert all(re.sub(r"\s", "", one) in seen for one in (MARKUP, "//evil.example/x onerror", "msg=forged"))
    assert (scripts.strip(), len(links.splitlines())) == ("", 1)  # the table's head


def test_a_workbook_works_nothing_out_and_leads_nowhere(walked: Walked) -> None:
    for name, content in walked.of(".xlsx").items():
        parts = list(texts_of(content))
        cells = ["".join(one.itertext()) for part in parts for one in part.iter() if one.tag.endswith("}si")]
        formulas = ["".join(one.itertext()) for part in parts for one in part.iter() if one.tag.endswith("}f")]
        assert any(ENTERED in cell for cell in cells), name
        assert [one for one in formulas if re.search("cmd|pwned|WWW|forged", one)] == [], name
        assert {one.tag.rpartition("}")[2] for part in parts for one in part.iter()}.isdisjoint(LEADING), name
        assert [cell for cell in cells if any(sign in cell for sign in BIDI)] == [], name


def test_a_table_works_nothing_out_and_has_no_row_more(walked: Walked) -> None:
    said = ""
    for name, content in walked.of(".csv").items():
        text = content.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1, name
        assert [cell for row in rows for cell in row if cell[:1] in "=+@\t\r" and cell] == [], name
        assert [sign for sign in BIDI if sign in text] == [], name
        said += " ".join(cell for row in rows for cell in row)
    assert ENTERED in said


def test_documents_and_messages_give_it_as_it_was_typed(walked: Walked) -> None:
    """Byte for byte: what signs for a reader is nothing for a program."""
    notes = {one.number: one.note for one in walked.house.entries()}
    for name, content in walked.of("2026-10.json").items():
        told = {one["number"]: one["note"] for one in json.loads(content)["entries"]}
        assert told, name
        assert {number: notes[number] for number in told} == told, name
    messages = [one["data"]["entry"] for one in walked.inbox.taken if "entry" in one["data"]]
    assert {notes[one["number"]] for one in messages} == {one["note"] for one in messages}
    assert all(any(text in one["note"] for one in messages) for _, text in TEXTS)


def test_a_message_is_signed_and_nothing_of_it_is_in_its_headers(walked: Walked) -> None:
    assert walked.inbox.forged == 0
    assert walked.inbox.asked
    assert {path for path, _ in walked.inbox.asked} == {"/hook"}
    assert {name for _, name in walked.inbox.asked if not re.fullmatch(r"msg_[0-9a-f]{32}", name)} == set()
    own = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "content-type"}
    own |= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert walked.inbox.headers == own


def test_a_bundle_has_names_of_ours_and_what_was_attached_as_it_was(walked: Walked) -> None:
    for name, content in walked.of(".zip").items():
        with ZipFile(io.BytesIO(content)) as parts:
            assert [
                one for one in parts.namelist() if not re.fullmatch(r"[\w-]+(/[\w-]+)*(\.[a-z0-9]+)?", one)
            ] == [], name
            attached = {
                one: parts.read(one) for one in parts.namelist() if "/attachments/" in one and one[-5:] != ".json"
            }
            assert ATTACHED[1] in attached.values(), name
            (listed,) = (one for one in parts.namelist() if one.endswith("/attachments/list.json"))
            names = {one["name"] for one in json.loads(parts.read(listed))}
        assert [one for one in names if any(sign in one for sign in BIDI)] == [], name
