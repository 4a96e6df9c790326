"""What waits for whom: each matter once, the soonest first, with the link that does it, and nothing beyond rights."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.assess import Assessment
from tests.web.api.test_answers import resolved, unreasoned
from tests.web.desk.house import House
from tests.web.desk.test_decide_form import words
from tests.web.desk.waiting_house import assessed, say, waiting_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("waiting")) as found:
        yield found


def listed(house: House, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(house.browser(name).get("/api/v1/desk").text)
    return found


def mine(house: House, name: str) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["last_day"]) for one in listed(house, name)["mine"]]


def test_each_role_has_what_it_may_do_and_the_soonest_first(house: House) -> None:
    action, notify, sign_off = ("action", "2026-11-16"), ("notify", "2026-11-13"), ("sign_off", "2026-11-20")
    assert mine(house, "anna") == [
        action, ("decide", "2026-11-20"), ("decide", "2026-11-20"), ("decide", "2026-11-24"),
    ]  # fmt: skip
    assert mine(house, "carl") == [notify, action, sign_off]
    assert mine(house, "fred") == [notify]
    assert mine(house, "sue") == [
        ("figure", "2026-11-13"), action, ("obligation", "2026-11-18"), ("claim_relief", "2026-11-30"),
    ]  # fmt: skip
    assert mine(house, "audrey") == mine(house, "strange") == mine(house, "kent") == []
    told = {name: house.browser(name).get("/desk").text for name in ("strange", "kent")}
    assert [name for name, text in told.items() if "reach no contract" in text] == ["strange"]


def test_the_rest_waits_for_others_without_a_link_that_would_be_refused(house: House) -> None:
    everything = {json.dumps([one["kind"], one["entry"]]) for side in listed(house, "anna").values() if
                  isinstance(side, list) for one in side}  # fmt: skip
    for name in ("carl", "sue", "fred", "audrey"):
        told = listed(house, name)
        both = [*told["mine"], *told["others"]]
        assert {json.dumps([one["kind"], one["entry"]]) for one in both} == everything
    assert [one for one in listed(house, "audrey")["others"] if one["url"]] == []
    assert listed(house, "strange")["others"] == listed(house, "kent")["others"] == []


def test_the_answer_is_as_described_and_every_null_has_its_reason(house: House) -> None:
    told = listed(house, "anna")
    Draft202012Validator(resolved("DeskJson")).validate(told)
    assert list(unreasoned(told)) == []


def test_whoever_asked_is_not_the_one_who_decides(house: House) -> None:
    decisions = {one["entry"]: one for one in listed(house, "anna")["mine"] if one["kind"] == "decide"}
    number = say(house, "dispute", "anna", party="authority", services=["custody"], start="2026-11-10 09:00",
                 end="2026-11-10 10:00", note="Mine.")  # fmt: skip
    told = listed(house, "anna")
    assert {one["entry"] for one in told["mine"] if one["kind"] == "decide"} == set(decisions)
    own = next(one for one in told["others"] if one["entry"] == number)
    assert own["url"] is None
    assert "somebody else than you" in house.browser("anna").get("/desk").text


def test_page_and_json_tell_the_same(house: House) -> None:
    page = html.unescape(house.browser("carl").get("/desk").text)
    told = listed(house, "carl")
    for one in [*told["mine"], *told["others"]]:
        assert one["text"] in page
        assert one["url"] is None or f'href="{one["url"]}"' in page
    assert [
        one["contract"] for one in json.loads(house.browser("carl").get("/api/v1/desk?contract=small").text)["mine"]
    ]
    assert house.browser("carl").get("/api/v1/desk?contract=other").status == 403
    assert house.browser("vera").get("/api/v1/desk?contract=smal").status == 404


def test_whoever_asked_is_told_the_answer(tmp_path: Path) -> None:
    with waiting_house(tmp_path) as house:
        assert listed(house, "sue")["answers"] == []
        number = say(house, "decision", "anna", about=1, granted=False, note="No <b>force majeure</b>.")
        say(house, "undo", "anna", about=2, note="Ours alone.")
        told = listed(house, "sue")
        Draft202012Validator(resolved("DeskJson")).validate(told)
        assert [(one["entry"], one["state"], one["by_entry"], one["note"]) for one in told["answers"]] == [
            (2, "taken_back", number + 1, "left out of this copy"),
            (1, "refused", number, "No <b>force majeure</b>."),
        ]
        page = house.browser("sue").get("/desk").text
        assert all(html.escape(one[key]) in page for one in told["answers"] for key in ("text", "note"))
        assert listed(house, "carl")["answers"] == listed(house, "anna")["answers"] == []


def test_before_the_first_assessment_the_page_says_what_is_missing(house: House) -> None:
    board, before = house.parts.board, house.parts.board.assessment
    board.assessment = Assessment(0, ())
    try:
        assert listed(house, "carl")["unassessed"] == ["small"]
        assert "What follows from figures is missing" in house.browser("carl").get("/desk").text
    finally:
        board.assessment = before


def test_a_form_knows_what_its_link_knows(house: House) -> None:
    page = house.browser("carl").get("/desk/contracts/small/enter/done?about=4").text
    assert 'name="about"' in page
    assert 'value="4"' in page


def test_a_month_that_came_out_otherwise_after_its_sign_off_waits_for_another_one(tmp_path: Path) -> None:
    """Its money, or a KPI that costs nothing: of that the daemon knows, which has what was told before."""
    told = "October 2026 once more: its figures are not those that were signed off"
    with waiting_house(tmp_path) as house:
        for number, credit in ((1, "100.00"), (2, "500.00")):
            say(house, "sign_off", "carl", month="2026-10", digest="0" * 64, points="1", credit=credit, reason="Anew.")
            assert [told in one["text"] for one in listed(house, "carl")["mine"]].count(True) == number - 1
        say(house, "sign_off", "carl", month="2026-10", digest="0" * 64, points="1", credit="100.00", reason="Back.")
        assert told not in f"{listed(house, 'carl')['mine']}"
        house.parts.differing = ("2026-10",)
        assert told in f"{listed(house, 'carl')['mine']}"
        say(house, "credit_notified", "fred", month="2026-10", amount="40.00", on="2026-11-13")
        assessed(house)
        assert "£60.00 of the credit of October 2026" in f"{listed(house, 'fred')['mine']}"


def test_a_page_of_a_record_that_is_gone_is_not_told_that_nothing_was_entered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody only looks. The log has a line of it, however many look."""
    (tmp_path / "house").mkdir()
    with waiting_house(tmp_path / "house") as house:
        carl = house.browser("carl")
        assessed(house)
        house.ledger.rename(tmp_path / "away.db")
        house.ledger.mkdir()  # no daemon has the old one open here: the next entry would make a new one
        page, answer = carl.get("/desk"), carl.get("/api/v1/desk")
        assert (page.status, page.headers["retry-after"], answer.status) == (503, "5", 503)
        assert "The record cannot be read now" in words(page)
        assert "entered" not in words(page)
        assert "the record cannot be read now" in answer.text
        assert "entered" not in answer.text
    told = [one for one in caplog.records if "a page cannot use the record" in one.getMessage()]
    assert [(one.levelname, one.exc_info) for one in told] == [("ERROR", None)]
    assert [one for one in caplog.records if one.exc_info] == []
