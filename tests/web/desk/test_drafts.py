"""A draft of new terms is the authority's own until it is approved: at every address, in every message and copy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import assess
from sla_monitor.evidence.disclosed import DisclosedEvidence
from sla_monitor.ledger import HistoryReader
from sla_monitor.register.entries import KINDS, TermsProposed
from sla_monitor.settings.webhooks import Webhook
from sla_monitor.webhooks.events import message_of_entry
from tests.web.desk.house import House
from tests.web.desk.test_access import ADDRESSES
from tests.web.desk.waiting_house import NOW_MS, say, waiting_house
from tests.web.serving.test_register_routes import call, tokens

REFERENCE = "CCN-12-OF-NOBODY-ELSE"
ROOT = "/api/v1/contracts/small"
WORDS = KINDS["terms_proposed"].example.words


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("drafts"), tokens=tokens()) as found:
        yield found


def proposed(house: House) -> int:
    """The number of a proposal for the month that runs, so that its assessment knows of it too."""
    number = say(house, "terms_proposed", "carl", note=REFERENCE, **{**WORDS, "start": "2026-11-25 00:00"})
    with HistoryReader(house.ledger) as reader:
        house.parts.board.assessment = assess(house.parts.contracts, reader, NOW_MS)
    return number


@pytest.fixture(scope="module")
def draft(house: House) -> int:
    return proposed(house)


def addresses(number: int) -> list[str]:
    """Every address that there is, about the draft wherever it is about an entry."""
    told = {path.replace("/entries/1", f"/entries/{number}").replace("/terms/1", f"/terms/{number}")
            for path, _, _ in ADDRESSES.values()}  # fmt: skip
    return sorted(told | {f"{ROOT}/entries?limit=500", f"{ROOT}/entries?kind=terms_proposed", "/?open=all"})


def telling(house: House, name: str, number: int) -> set[str]:
    """The addresses that tell somebody of the draft."""
    browser = house.browser(name)
    marks = (WORDS["digest"][:12], REFERENCE, "terms_proposed", "roposal of terms")
    found = set()
    for path in addresses(number):
        page = browser.get(path)
        assert page.status < 500 or page.status == 503, path
        # A kind's name as such is no secret: the schema and an empty answer have it.
        own = page.text if path != "/api/v1/openapi.json" else ""
        found |= {path} if page.status == 200 and any(mark in own for mark in marks) else set()
    return found


def test_no_address_tells_the_supplier_of_it(house: House, draft: int) -> None:
    own = telling(house, "carl", draft)
    assert {f"{ROOT}/entries", f"{ROOT}/entries/{draft}", f"{ROOT}/terms", "/desk", "/api/v1/desk"} <= own
    assert telling(house, "sue", draft) == set()


def test_numbers_and_pages_stay_true_without_it(house: House, draft: int) -> None:
    later = say(house, "action", "carl", owner="Sue", due="2026-11-26", note="Send the plan.")
    whole = json.loads(call(house, "sue", f"{ROOT}/entries?limit=500").body)
    numbers = [one["number"] for one in whole["entries"]]
    assert draft not in numbers
    assert (whole["last_number"], numbers[-1], whole["next"]) == (later, later, None)
    page, told = f"{ROOT}/entries?limit=1&after={draft - 1}", []
    while page:
        answer = json.loads(call(house, "sue", page).body)
        told += [one["number"] for one in answer["entries"]]
        page = answer["next"]
    assert told == [number for number in numbers if number > draft]
    assert told[-1] == later
    for path in (f"entries/{draft}", f"entries/{draft}/attachments", f"entries/{draft}/attachments/{'0' * 64}"):
        assert call(house, "sue", f"{ROOT}/{path}").status == 404
    # What the supplier enters goes by the last number that it knows.
    said = {"kind": "done", "about": later}
    made = call(house, "sue", f"{ROOT}/entries", {"said": said}, If_Match=f'"{whole["last_number"]}"')
    assert made.status == 201, made.body


def test_what_is_internal_is_in_no_number_and_no_open_point_and_makes_nothing_stale(house: House) -> None:
    known = json.loads(call(house, "sue", f"{ROOT}/entries").body)["last_number"]
    hidden = [say(house, "comment", "carl", month="2026-10", internal=True, note="Do not grant it.")]
    hidden += [say(house, "undo", "carl", about=hidden[0], note="It was wrong.")]
    ahead: dict[str, Any] = {"at": "2026-12-19T10:00", "month": "2026-10", "internal": True}  # the clock was wrong
    hidden += [say(house, "comment", "carl", note="Do not grant it either.", **ahead)]
    assert json.loads(call(house, "sue", f"{ROOT}/entries").body)["last_number"] == known
    assert json.loads(call(house, "carl", f"{ROOT}/entries").body)["last_number"] == hidden[-1]
    for path in (f"{ROOT}/months/2026-10", "/desk/contracts/small/months/2026-10/meeting"):
        for name in ("carl", "sue"):
            told = house.browser(name).get(path).text
            assert f"undo, entry {hidden[1]}" not in told
            assert not re.search(rf"[Ee]ntry {hidden[2]} is dated", told)
    said = {"kind": "dispute", "party": "supplier", "services": ["custody"],
            "start": "2026-10-06T09:00:00Z", "end": "2026-10-06T09:30:00Z"}  # fmt: skip
    body, stale = {"said": said, "note": "Our log shows none."}, {"If_Match": f'"{known - 1}"'}
    shown = json.loads(call(house, "sue", f"{ROOT}/entries?dry_run=true", body).body)
    assert (shown["last_number"], shown["entry"]["number"]) == (known, known + 1)
    refused = call(house, "sue", f"{ROOT}/entries", body, **stale)
    assert refused.status == 412
    assert f"entry {known} " in refused.body
    made = call(house, "sue", f"{ROOT}/entries", body, If_Match=f'"{known}"')
    assert made.status == 201, made.body
    last = json.loads(made.body)["last_number"]
    rows = "kpi,month,party,value\nKPI3,2026-10,supplier,81\n"
    for new in (1, 0):  # pushed again, nothing of it is new
        pushed = call(house, "sue", f"{ROOT}/imports?kind=figure", rows, Content_Type="text/csv", If_Match=f'"{last}"')
        assert pushed.status in {200, 201}, pushed.body
        answer = json.loads(pushed.body)
        assert answer["entered"] == new
        last = answer["last"] or last
        assert answer["last_number"] == last
        say(house, "comment", "carl", month="2026-10", internal=True, note="A figure, at last.")


def test_what_others_have_said_meanwhile_is_shown_without_it(house: House) -> None:
    """The page between a form and its entry."""
    sue, form = house.browser("sue"), "/desk/contracts/small/enter/claim"
    words = {"cause": "third_party", "services": "custody", "start": "2026-10-06T09:00", "end": "2026-10-06T10:00",
             "note": "The carrier’s line was cut."}  # fmt: skip
    shown = sue.fill_in(sue.get(form), form, **words)
    assert shown.status == 200
    say(house, "terms_proposed", "carl", note="A second one.", **{**WORDS, "start": "2026-12-01 00:00"})
    say(house, "minute", "carl", month="2026-10", note="Both sides met.")
    again = sue.fill_in(shown, form, **words)
    assert "Minute" in again.text
    assert "roposal of terms" not in again.text


def test_copies_and_messages_for_the_supplier_are_without_it(house: House, draft: int) -> None:
    contract = house.parts.contracts[0]
    with HistoryReader(house.ledger) as reader:
        told = DisclosedEvidence(reader, is_redacted=True).entries(contract.id)
        assert any(isinstance(one.body, TermsProposed) for one in reader.entries(contract.id))
    assert not any(isinstance(one.body, TermsProposed) for one in told)
    webhook = Webhook.model_validate(
        {"name": "w", "url": "https://w.example/", "secret": "${env:W}", "contracts": ["small"], "events": ["terms"]}
    )
    proposal = next(one for one in house.entries() if one.number == draft)
    assert message_of_entry(proposal, contract, for_side(webhook, "supplier")) is None
    assert message_of_entry(proposal, contract, for_side(webhook, "authority")) is not None


def for_side(webhook: Webhook, side: str) -> Webhook:
    return webhook.model_copy(update={"side": side})


def test_it_is_known_from_its_approval_on(tmp_path: Path) -> None:
    with waiting_house(tmp_path, tokens=tokens()) as house:
        number = proposed(house)
        say(house, "terms_approved", "anna", at="2026-11-19T11:00", about=number, digest=WORDS["digest"])
        told = json.loads(call(house, "sue", f"{ROOT}/entries?kind=terms_proposed").body)["entries"]
        assert [one["number"] for one in told] == [number]
        assert REFERENCE not in json.dumps(told)
        assert call(house, "sue", f"{ROOT}/entries/{number}").status == 200
