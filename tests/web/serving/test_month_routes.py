"""A month by programs: read as it stands, signed by both parties, once, and never unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sla_monitor.register.entries import Countersigned, SignOff
from sla_monitor.settings.desk.access_table import Action, allows
from tests.web.desk.house import PACKS, ROLES, House
from tests.web.desk.test_month_page import DISPUTED, while_it_is_read
from tests.web.desk.waiting_house import say, waiting_house
from tests.web.serving.test_register_routes import call, tokens, told

MONTH = "/api/v1/contracts/small/months/2026-10"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("signing"), tokens=tokens()) as found:
        yield found


def read(house: House, name: str = "carl") -> Any:
    return told(call(house, name, MONTH), 200, "MonthJsonWhole")


def seen(month: Any, **more: Any) -> dict[str, Any]:
    """What the authority signs of a month that it has read."""
    return {"digest": month["standing"]["digest"], "acknowledged": month["standing"]["open_points"], **more}


def test_both_parties_sign_what_they_have_read(house: House) -> None:
    month = read(house)
    assert (month["state"], month["standing"]["is_signed"]) == ("open", False)
    assert month["standing"]["words"] == "1 point, £100.00 deducted"
    assert {one["kpi"]: one["result"] for one in month["standing"]["kpis"]}["KPI1"] == "99.59 % (minor, 1 point)"
    assert any(one.startswith("No day of this month is sealed") for one in month["standing"]["open_points"])
    early = told(call(house, "sue", f"{MONTH}/countersign", {"digest": "0" * 64}), 409, "SignatureProblemJson")
    assert early["digest"] == ""
    body, key = seen(month, reference="Minutes 4"), "month-2026-10"
    shown = told(call(house, "carl", f"{MONTH}/sign-off?dry_run=true", body), 200, "PreviewJson")
    assert shown["entry"]["said"]["acknowledged"] == body["acknowledged"]
    signed = told(call(house, "carl", f"{MONTH}/sign-off", body, Idempotency_Key=key), 201, "SignedJson")
    entry = house.entries()[-1]
    assert isinstance(entry.body, SignOff)
    assert (entry.number, entry.actor, entry.reference) == (signed["entry"]["number"], "carl-script", "Minutes 4")
    assert (signed["month"]["sign_off"], signed["month"]["countersignature"]) == (entry.number, None)
    assert signed["month"]["standing"]["is_signed"]
    house.parts.packs = lambda: [replace(one, month="2026-10") for one in PACKS]
    digest = {"digest": signed["month"]["digest"]}
    counter = told(call(house, "sue", f"{MONTH}/countersign", digest), 201, "SignedJson")
    assert isinstance(house.entries()[-1].body, Countersigned)
    assert (counter["month"]["countersignature"], counter["month"]["countersigned_by"]) == (
        counter["entry"]["number"],
        "sue-script",
    )
    assert [one["name"] for one in counter["month"]["packs"]] == ["small-2026-10-supplier"]
    # The same again, also after both have signed: answered with the entry that it made.
    again = told(call(house, "carl", f"{MONTH}/sign-off", body, Idempotency_Key=key), 200, "SignedJson")
    assert (again["is_again"], again["entry"]["number"]) == (True, entry.number)
    other = call(house, "carl", f"{MONTH}/sign-off", {**body, "reference": "Minutes 5"}, Idempotency_Key=key)
    assert "which says something else" in told(other, 422, "ProblemJson")["detail"]
    assert len(house.entries()) == counter["entry"]["number"]


def test_nothing_is_signed_that_was_not_read(house: House) -> None:
    month, before = read(house), len(house.entries())
    unread = told(call(house, "carl", f"{MONTH}/sign-off", seen(month, acknowledged=[])), 409, "SignatureProblemJson")
    assert "What is open has changed" in unread["detail"]
    assert seen(month) == {"digest": unread["digest"], "acknowledged": unread["open_points"]}
    say(house, "figure", "sue", kpi="KPI3", month="2026-10", party="supplier", value="85")
    moved = told(call(house, "carl", f"{MONTH}/sign-off", seen(month)), 409, "SignatureProblemJson")
    assert "The figures have moved" in moved["detail"]
    assert moved["digest"] == read(house)["standing"]["digest"] != month["standing"]["digest"]
    assert len(house.entries()) == before + 1


def test_what_is_entered_between_the_look_and_the_signature_is_looked_at_as_well(house: House) -> None:
    month = read(house)
    with while_it_is_read(house, "dispute", "sue", note="The carrier cut it.", **DISPUTED):
        unread = told(call(house, "carl", f"{MONTH}/sign-off", seen(month)), 409, "SignatureProblemJson")
    assert "What is open has changed" in unread["detail"]
    body = {"digest": unread["digest"], "acknowledged": unread["open_points"]}
    with while_it_is_read(house, "minute", "carl", note="-", month="2026-09"):  # which opens nothing
        signed = told(call(house, "carl", f"{MONTH}/sign-off", body), 201, "SignedJson")
    digest = {"digest": signed["month"]["digest"]}
    with while_it_is_read(house, "undo", "carl", note="Too early.", about=signed["entry"]["number"]):
        told(call(house, "sue", f"{MONTH}/countersign", digest), 409, "SignatureProblemJson")
    assert house.entries()[-1].body.kind == "undo"


def test_a_restatement_says_why(house: House) -> None:
    told(call(house, "carl", f"{MONTH}/sign-off", seen(read(house))), 201, "SignedJson")
    say(house, "decision", "anna", about=1, granted=True, note="It was ours.")
    month = read(house)
    assert (month["state"], month["standing"]["is_signed"]) == ("signed", False)
    problem = told(call(house, "carl", f"{MONTH}/sign-off", seen(month)), 422, "EntryProblemJson")
    assert [(one["pointer"], one["remedy"]) for one in problem["errors"]] == [("/reason", "say why it is restated")]
    body = seen(month, reason="A claim was granted.")
    assert told(call(house, "carl", f"{MONTH}/sign-off", body), 201, "SignedJson")["month"]["standing"]["is_signed"]


def test_who_may_sign_for_whom(house: House) -> None:
    month = read(house)
    for action, address in ((Action.SIGN_OFF, "sign-off"), (Action.COUNTERSIGN, "countersign")):
        for name, roles in ROLES.items():
            may = allows([*house.parts.desk.tokens[list(ROLES).index(name)].roles], action, "small")
            if not may:
                assert call(house, name, f"{MONTH}/{address}", seen(month)).status == 403, (name, roles)
    assert call(house, "", f"{MONTH}/sign-off", seen(month)).status == 401
    for other in ("2026-11", "2019-01"):
        assert call(house, "carl", MONTH.replace("2026-10", other) + "/sign-off", seen(month)).status == 404
    running = told(call(house, "sue", MONTH.replace("2026-10", "2026-11")), 200, "MonthJsonWhole")
    assert running["why_null"]["standing"] == "the month goes on"


def test_a_session_that_was_not_shown_lately_signs_and_decides_nothing(house: House) -> None:
    """A token shows with each request whose it is; a session does so at its sign-in."""
    month, before = read(house), len(house.entries())
    asked = (
        ("carl", f"{MONTH}/sign-off", seen(month)),
        ("anna", "/api/v1/contracts/small/entries/1/decide", {"granted": True, "note": "It was ours."}),
    )
    people = {name: house.browser(name) for name, _, _ in asked}
    headers = {
        name: {
            "X_CSRF_Token": browser.get("/desk").hidden["_csrf"],
            "Cookie": "; ".join(f"{key}={value}" for key, value in browser.jar.items()),
        }
        for name, browser in people.items()
    }
    house.parts.clock.advance(900_000)  # type: ignore[attr-defined] # a FakeClock
    for name, path, body in asked:
        refused = told(call(house, "", path, body, **headers[name]), 403, "ProblemJson")
        assert "this asks for a fresh sign-in" in refused["detail"]
    assert len(house.entries()) == before
    assert call(house, "carl", f"{MONTH}/sign-off", seen(read(house))).status == 201
