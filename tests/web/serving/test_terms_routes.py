"""Terms by programs: proposed from files, shown before, read by the authority alone, decided by somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.register.entries import TermsProposed
from tests.web.desk.house import House
from tests.web.desk.side_house import side_house
from tests.web.desk.test_terms_page import DEARER, draft_of
from tests.web.serving.test_register_routes import call, tokens, told

TERMS = "/api/v1/contracts/small/terms"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk"), tokens=tokens()) as found:
        yield found


def body(house: House, content: str = "", **more: Any) -> dict[str, Any]:
    text = content or draft_of(house, credits=DEARER).decode()
    return {"file": {"name": "new.yaml", "content": text}, "start": "2026-12-01", "note": "CCN-12", **more}


def test_terms_are_shown_in_words_and_money_proposed_once_and_decided_by_somebody_else(house: House) -> None:
    before = len(house.entries())
    shown = told(call(house, "carl", f"{TERMS}?dry_run=true", body(house)), 200, "TermsPreviewJson")
    assert "credits, points, per point percent" in {one["what"] for one in shown["effect"]["terms"][0]["changes"]}
    assert (shown["effect"]["restated"], shown["effect"]["signed"]) == (["2026-08", "2026-09"], [])
    august = shown["effect"]["written"]["months"][-3]
    assert (august["contract"]["credit"]["amount"], august["draft"]["credit"]["amount"]) == ("20.00", "40.00")
    assert len(house.entries()) == before == shown["last_number"]
    made = told(call(house, "carl", TERMS, body(house), Idempotency_Key="ccn-12"), 201, "EnteredJson")["entry"]
    said = house.entries()[-1].body
    assert isinstance(said, TermsProposed)
    with read_only(house.ledger) as reader:
        assert reader.kept_terms(said.parts, Path("/x")).contract == draft_of(house, credits=DEARER)
    whole = told(call(house, "anna", f"{TERMS}/{made['number']}"), 200, "TermsProposalJsonWhole")
    assert (whole["state"], whole["effect"]["written"]) == ("open", shown["effect"]["written"])
    approval = {"digest": whole["entry"]["said"]["digest"]}
    assert call(house, "anna", f"{TERMS}/{made['number']}/approve", approval).status == 201
    again = told(call(house, "carl", TERMS, body(house), Idempotency_Key="ccn-12"), 200, "EnteredJson")
    assert (again["is_again"], again["entry"]["number"]) == (True, made["number"])
    other = call(house, "carl", TERMS, body(house, start="2026-12-02"), Idempotency_Key="ccn-12")
    assert "which says something else" in told(other, 422, "ProblemJson")["detail"]
    terms = told(call(house, "vera", TERMS), 200, "TermsProposalsJson")
    assert [(one["entry"]["number"], one["state"]) for one in terms["proposals"]] == [(made["number"], "approved")]
    assert terms["digest"] == house.parts.contracts[0].read_files.digest


def test_terms_are_the_authoritys_and_proposed_by_its_manager(house: House) -> None:
    for name in ("sue", "kent", "strange"):
        assert {call(house, name, path).status for path in (TERMS, f"{TERMS}/1")} == {403}
    for name in ("sue", "vera", "anna", "fred", "audrey", "olga", "strange"):
        assert call(house, name, TERMS, body(house)).status == 403, name
    assert call(house, "vera", f"{TERMS}/1").status == 404, "an entry that proposes nothing"


@pytest.mark.parametrize(
    ("given", "pointer", "why"),
    [
        ({"start": "soon"}, "/start", "must be a date"),
        ({"start": "9999-12-31"}, "/start", ""),
        ({"start": "2026-01-01"}, "/start", "lies in the past"),
        ({"note": " "}, "/note", "is missing"),
        ({"file": {"name": "new.yaml", "content": "id: ["}}, "/file", "new.yaml:2:1: yaml"),
        ({"file": {"name": "new.yaml", "content": "\ud800"}}, "/file", "UTF-8"),
        ({"file": {"name": "new.yaml", "content": "x: " + "y" * 2_000_000}}, "/file", "more than 2,000,000 bytes"),
        ({"file": "new.yaml"}, "/file", ""),
        ({"holidays": [{"name": "x"}]}, "/holidays", ""),
    ],
)
def test_what_is_no_proposal_is_refused_by_field(house: House, given: dict[str, Any], pointer: str, why: str) -> None:
    before = len(house.entries())
    for path in (TERMS, f"{TERMS}?dry_run=true"):
        problem = told(call(house, "carl", path, json.dumps(body(house, **given))), 422, "EntryProblemJson")
        found = [one for one in problem["errors"] if one["pointer"].startswith(pointer)]
        assert found, problem
        assert why in json.dumps(found, ensure_ascii=False), problem
        assert f"{house.folder}" not in json.dumps(problem)
    assert len(house.entries()) == before
