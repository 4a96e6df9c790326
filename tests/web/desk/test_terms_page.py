"""Terms by two people at the desk: proposed from a file, read in words and money, decided by somebody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.register.entries import TermsApproved, TermsProposed
from sla_monitor.web.desk import terms_page
from tests.web.desk.house import PASSWORD, Browser, House, Page, hashed
from tests.web.desk.side_house import HOSTILE, SPELLED, side_house
from tests.web.serving.test_contract_routes import tell

TERMS = "/desk/contracts/small/terms"
PROPOSE = f"{TERMS}/propose"
DEARER = [{"id": "points", "method": "points", "per_point_percent": 2}]
FIELDS = {"start": "2026-12-01", "note": f"CCN-12 {SPELLED}", "reference": "CCN-12", "evidence": ""}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with side_house(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk")) as found:
        yield found


def draft_of(house: House, **terms: Any) -> bytes:
    return json.dumps({**json.loads((house.folder / "small.yaml").read_text()), **terms}, ensure_ascii=False).encode()


def last_proposal(house: House) -> tuple[int, TermsProposed]:
    entry = next(one for one in reversed(house.entries()) if isinstance(one.body, TermsProposed))
    assert isinstance(entry.body, TermsProposed)
    return entry.number, entry.body


def upload(browser: Browser, content: bytes, **fields: str) -> Page:
    page = browser.get(PROPOSE)
    return browser.upload(PROPOSE, {**page.hidden, **FIELDS, **fields}, {"file": ("new.yaml", content)})


def proposed(house: House, **terms: Any) -> Page:
    """Terms that carl has proposed, as he sees them."""
    manager = house.browser("carl")
    seen = upload(manager, draft_of(house, **terms))
    assert seen.status == 200, seen.text
    sent = manager.fill_in(seen, PROPOSE, propose="yes", **FIELDS)
    assert sent.status == 303, sent.text
    assert manager.fill_in(seen, PROPOSE, propose="yes", **FIELDS).location == sent.location, "sent twice"
    return manager.get(sent.location)


def test_terms_are_read_in_words_and_money_and_approved_by_somebody_else(house: House) -> None:
    manager = house.browser("carl")
    seen = upload(manager, draft_of(house, credits=DEARER))
    for words in ("credits, points, per point percent", "August 2026 and September 2026 would come out otherwise",
                  "£20.00 → £40.00", ">September 2026</th>", ">All months</th>",
                  "Nothing is proposed yet"):  # fmt: skip
        assert words in seen.text
    assert len(house.entries()) == 5
    page = proposed(house, credits=DEARER)
    assert "somebody else approves them" not in page.text, "he may not approve at all"
    assert "/approve" not in page.text
    number, said = last_proposal(house)
    with read_only(house.ledger) as reader:
        assert reader.kept_terms(said.parts, Path("/x")).contract == draft_of(house, credits=DEARER)
    address = f"{TERMS}/{number}"
    approver = house.browser("anna")
    form, note = approver.get(address), {"digest": said.digest, "note": "As agreed."}
    assert approver.fill_in(form, f"{address}/approve", digest="0" * 64).status == 422
    first, again = (approver.fill_in(form, f"{address}/approve", **note) for _ in range(2))
    assert first.status == again.status == 303
    (approval,) = [one for one in house.entries() if isinstance(one.body, TermsApproved)]
    assert (approval.actor, approval.known_by, approval.note) == ("anna", "password", "As agreed.")
    assert "Approved by anna (by password)" in approver.get(TERMS).text
    assert "<script>alert" not in approver.get(TERMS).text


def test_who_proposed_does_not_approve_whatever_their_roles(tmp_path: Path) -> None:
    roles = [{"role": name, "contracts": ["small"]} for name in ("contract_manager", "approver")]
    (tmp_path / "password").write_text(hashed() + "\n")
    password = f"${{file:{tmp_path / 'password'}}}"
    with side_house(tmp_path, users=[{"name": "carl", "password": password, "roles": roles}]) as house:
        page = proposed(house, credits=DEARER)
        assert "somebody else approves them" in page.text
        number, said = last_proposal(house)
        manager = house.browser("carl")
        page = manager.get(f"{TERMS}/{number}")
        refused = manager.fill_in(page, f"{TERMS}/{number}/approve", digest=said.digest)
        assert (refused.status, "somebody else must approve" in refused.text) == (422, True)
        assert manager.fill_in(page, f"{TERMS}/{number}/withdraw", note="").status == 422
        assert manager.fill_in(page, f"{TERMS}/{number}/withdraw", note="Later.").status == 303


def test_a_decision_asks_again_who_it_is(house: House) -> None:
    proposed(house, credits=DEARER)
    number, _ = last_proposal(house)
    approver = house.browser("anna")
    form = approver.get(f"{TERMS}/{number}")
    house.parts.clock.advance(900_000)  # type: ignore[attr-defined] # a FakeClock
    asked = approver.fill_in(form, f"{TERMS}/{number}/reject", note="Not agreed.")
    assert 'name="_password"' in asked.text
    assert house.entries()[-1].number == number
    done = approver.fill_in(asked, f"{TERMS}/{number}/reject", _password=PASSWORD, note="Not agreed.")
    assert (done.status, house.entries()[-1].note) == (303, "Not agreed.")
    assert "<strong>Rejected</strong>" in house.browser("carl").get("/desk").text, "whoever proposed them is told"
    assert "Not agreed." in house.browser("carl").get(f"{TERMS}/{number}").text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is missing"),
        (b"id: [", "new.yaml:2:1: yaml"),
        (b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (n, n) for n in range(9)), "new.yaml:1:"),
        (b"PK\x03\x04" + b"\0" * 200, "control character U+0003"),
        (b"GIF89a<script>alert(1)</script>", "new.yaml:1:1"),
        (b"x: " + b"y" * 2_000_000, "have more than 2,000,000 bytes"),
    ],
)
def test_what_is_no_contract_is_refused(shared: House, content: bytes, why: str) -> None:
    before = len(shared.entries())
    refused = upload(shared.browser("carl"), content)
    assert (refused.status, why in refused.text) == (422, True), re.findall(r"<li><bdi>.*", refused.text)
    assert "<script>alert" not in refused.text
    assert f"{shared.folder}" not in refused.text
    assert len(shared.entries()) == before


def test_a_draft_reads_no_file_of_the_host_and_is_of_its_own_contract(shared: House) -> None:
    secret = shared.folder / "secret.yaml"
    secret.write_text("country: SECRET\n")
    hours = {"office": {"hours": {"mon-fri": "09:00-17:00"}, "bank_holidays": f"{secret}"}}
    refused = upload(shared.browser("carl"), draft_of(shared, calendars=hours))
    assert (refused.status, "is not among the files of these terms" in refused.text) == (422, True)
    assert "SECRET" not in refused.text
    for name, value in (("id", "other"), ("currency", "EUR")):
        assert upload(shared.browser("carl"), draft_of(shared, **{name: value})).status == 422
    wrong = upload(shared.browser("carl"), draft_of(shared), start=HOSTILE)
    assert (wrong.status, "<script>alert" in wrong.text) == (422, False)


def test_a_file_of_bank_holidays_comes_with_it(shared: House) -> None:
    manager, days = shared.browser("carl"), b"country: GB\nfirst_year: 2026\nlast_year: 2040\ndays: {}\n"
    hours = {"office": {"hours": {"mon-fri": "09:00-17:00"}, "bank_holidays": "gb.yaml"}}
    page = manager.get(PROPOSE)
    files = {"file": ("new.yaml", draft_of(shared, calendars=hours)), "holidays": ("gb.yaml", days)}
    seen = manager.upload(PROPOSE, {**page.hidden, **FIELDS}, files)
    assert (seen.status, "holiday_content" in seen.text) == (200, True), seen.text[-2000:]
    assert manager.fill_in(seen, PROPOSE, propose="yes", **FIELDS).status == 303
    assert [one.name for one in last_proposal(shared)[1].parts] == ["contract", "gb.yaml"]


def test_months_that_are_not_listed_are_counted_and_had_elsewhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terms_page, "RECALCULATIONS", 1)
    carl = house.browser("carl")
    tell(house, is_met=False)
    tell(house, is_met=True)
    assert "more: <a" not in carl.get(TERMS).text
    tell(house, is_met=False)
    page = carl.get(TERMS).text
    (address,) = re.findall(r'1 more: <a href="([^"]+)">all of them as JSON', page)
    assert len(json.loads(carl.get(address).text)["recalculations"]) == 2
