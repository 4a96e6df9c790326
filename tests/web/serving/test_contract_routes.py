"""What programs read of a contract beside its register: as it is described, and as the record has it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from sla_monitor.board import Board
from sla_monitor.ledger.recording.audit import newest_deeds
from sla_monitor.ledger.recording.month_results import MonthResult, record_months
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of, entry_of
from tests.fakes.clock import FakeClock
from tests.support.waiting import wait_until
from tests.web import estate
from tests.web.desk.house import House, furnished
from tests.web.desk.waiting_house import waiting_house
from tests.web.serving.test_register_routes import call, entered, tokens, told

NOW_MS = 1_790_000_000_000  # 2026-09-21
ROOT = "/api/v1/contracts/small"
_notes = count()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    with furnished(folder, tokens=tokens(), clock=FakeClock(NOW_MS)) as found:
        board: Board = found.parts.board
        one = next(iter(estate.partnership().assessment.contracts))
        board.assessment = replace(board.assessment, contracts=(replace(one, contract="small"),))
        yield found


def sign(house: House) -> int:
    register, zone = Register.open(house.ledger, house.parts.clock), house.parts.contracts[0].time_zone
    said = body_of("sign_off", {"month": "2026-07", "digest": "a" * 64, "points": "2", "credit": "20.00"}, zone)
    (number,) = register.add([entry_of(said, at_ms=NOW_MS - 1000, actor="carl", contract="small")])
    return number


def tell(house: House, *, is_met: bool) -> None:
    kpis = {"KPI1": ["99", None, is_met, "0" if is_met else "2"]}
    figures: dict[str, Any] = {
        "measured": True,
        "points": "0" if is_met else "2",
        "deducted": "20.00",
        "triggers": [],
        "kpis": kpis,
    }
    because = json.dumps({"entries": [], "terms": None, "imports": [], "program": True})
    record_months(house.ledger, [MonthResult(NOW_MS, "small", "2026-07", json.dumps(figures), because, "{}")])


def test_a_month_is_told_as_far_as_it_is(house: House) -> None:
    number = sign(house)
    tell(house, is_met=False)
    several = told(call(house, "sue", f"{ROOT}/months"), 200, "MonthsJson")["months"]
    assert (several[0]["month"], several[-1]["month"]) == ("2024-01", "2026-09")
    assert [one["state"] for one in several[-3:]] == ["signed", "open", "running"]
    july = several[-3]
    assert july["why_null"]["countersignature"] == "the supplier has not countersigned it"
    assert (july["sign_off"], july["signed_by"], july["missed"], july["points"]["value"]) == (
        number,
        "carl",
        ["KPI1"],
        "2",
    )
    assert july["credit"]["amount"] == "20.00"
    assert several[-2]["why_null"]["points"] == "the month was not told yet"
    assert call(house, "sue", f"{ROOT}/months/2031-01").status == 404
    tell(house, is_met=True)
    (one,) = told(call(house, "vera", f"{ROOT}/recalculations"), 200, "RecalculationsJson")["recalculations"]
    assert (one["month"], one["is_signed"], one["kpis"]) == ("2026-07", True, ["KPI1"])
    assert (one["points_before"]["value"], one["points_after"]["value"]) == ("2", "0")


@pytest.mark.parametrize(
    ("name", "shape"), [("credits", "CreditsJson"), ("obligations", "ObligationsJson"), ("terms", "TermsProposalsJson")]
)
def test_what_is_told_is_what_is_described(house: House, name: str, shape: str) -> None:
    assert told(call(house, "fred", f"{ROOT}/{name}"), 200, shape)["contract"] == "small"
    assert call(house, "fred", f"{ROOT}/{name}?x=1").status == 400


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with waiting_house(tmp_path_factory.mktemp("waiting"), tokens=tokens()) as found:
        yield found


def test_what_was_entered_a_moment_ago_is_told_as_the_pages_tell_it(waiting: House) -> None:
    """No assessment lies between."""
    before = told(call(waiting, "fred", f"{ROOT}/credits"), 200, "CreditsJson")["recovery"]
    assert before["notified"]["amount"] == "0.00"
    said = {"kind": "credit_notified", "month": "2026-10", "amount": "100.00", "on": "2026-11-19"}
    entered(waiting, "fred", said, note="By letter.")
    after = told(call(waiting, "fred", f"{ROOT}/credits"), 200, "CreditsJson")["recovery"]
    assert after["notified"]["amount"] == "100.00"
    (duty,) = told(call(waiting, "sue", f"{ROOT}/obligations"), 200, "ObligationsJson")["obligations"]
    assert (duty["state"], duty["met"]) == ("late", None)
    met = {"kind": "obligation_met", "obligation": "insurance", "due": "2026-11-18", "met": "2026-11-19", "by": "Sue"}
    number = entered(waiting, "sue", met)["number"]
    (duty,) = told(call(waiting, "sue", f"{ROOT}/obligations"), 200, "ObligationsJson")["obligations"]
    assert (duty["state"], duty["entry"]) == ("met_late", number)


def test_a_month_of_maintenance_is_told_as_the_calendar_has_it(waiting: House) -> None:
    november = told(call(waiting, "sue", f"{ROOT}/maintenance"), 200, "MaintenanceMonthJson")
    assert (november["month"], november["services"], len(november["days"])) == ("2026-11", ["custody"], 30)
    assert november["days"][24]["windows"] == [{"start": "2026-11-25T22:00:00Z", "end": "2026-11-26T00:00:00Z"}]
    (booking,) = november["days"][23]["bookings"]
    assert (booking["entry"], booking["state"]) == (2, "pending")
    assert november["allowances"][0]["words"].startswith("4 h left of 4 h")
    page = waiting.browser("sue").get("/desk/contracts/small/maintenance").text
    for words in (booking["why"], november["rules"][0], november["allowances"][0]["words"]):
        assert words in html.unescape(page)
    later = call(waiting, "sue", f"{ROOT}/maintenance?month=2026-12&service=custody")
    assert told(later, 200, "MaintenanceMonthJson")["month"] == "2026-12"
    for wrong in ("month=2019-01", "month=soon", "service=custdy"):
        assert call(waiting, "sue", f"{ROOT}/maintenance?{wrong}").status == 404, wrong


def test_a_preview_tells_what_the_page_between_tells(waiting: House) -> None:
    sue, form = waiting.browser("sue"), "/desk/contracts/small/enter/maintenance"
    said = {"services": ["custody"], "start": "2026-12-10T21:00:00Z", "end": "2026-12-10T23:00:00Z"}
    body = {"said": {"kind": "maintenance", **said}}
    shown = told(call(waiting, "sue", f"{ROOT}/entries?dry_run=true", body), 200, "PreviewJson")
    page = sue.get(form)
    page = sue.fill_in(page, form, services="custody", start="2026-12-10T21:00", end="2026-12-10T23:00", _see="1")
    assert all("awaits a decision" in words for words in shown["booked"])
    assert shown["if_granted"]["booked"]
    for words in (*shown["if_granted"]["booked"], *shown["if_granted"]["remarks"]):
        assert words[1:] in html.unescape(page.text)
    claim = {"kind": "claim", "cause": "third_party", "services": ["custody"], "start": "2026-10-06 09:00",
             "end": "2026-10-06 10:00"}  # fmt: skip
    asked = told(
        call(waiting, "sue", f"{ROOT}/entries?dry_run=true", {"said": claim, "note": "Cut."}), 200, "PreviewJson"
    )
    assert asked["changes"] == []
    assert {one["month"] for one in asked["if_granted"]["changes"]} == {"2026-10"}
    minute = {"said": {"kind": "minute", "month": "2026-10"}, "note": "Both met."}
    plain = told(call(waiting, "carl", f"{ROOT}/entries?dry_run=true", minute), 200, "PreviewJson")
    assert (plain["running"], plain["why_null"]["if_granted"]) == ([], "it asks for no decision")


def propose(house: House) -> int:
    register, zone = Register.open(house.ledger, house.parts.clock), house.parts.contracts[0].time_zone
    said = body_of("terms_proposed", KINDS["terms_proposed"].example.words, zone)
    (number,) = register.add([entry_of(said, at_ms=NOW_MS - 1000, actor="carl", contract="small")])
    return number


def test_proposed_terms_are_decided_by_somebody_else_who_names_them(house: House) -> None:
    number, digest = propose(house), KINDS["terms_proposed"].example.words["digest"]
    address = f"{ROOT}/terms/{number}"
    for who, what, body, status in (
        ("sue", "approve", {"digest": digest}, 403),
        ("carl", "approve", {"digest": digest}, 403),
        ("anna", "approve", {}, 422),
        ("anna", "approve", {"digest": "0" * 64}, 422),
        ("anna", "withdraw", {"note": "Not mine."}, 403),
        ("anna", "reject", {"note": " "}, 422),
        ("carl", "withdraw", {"note": "Another script proposed it."}, 422),
        ("anna", "approve", {"digest": digest}, 201),
        ("anna", "reject", {"note": "Too late."}, 422),
    ):
        assert call(house, who, f"{address}/{what}", body).status == status, (who, what, body)
    told_of = told(call(house, "vera", f"{ROOT}/terms"), 200, "TermsProposalsJson")["proposals"]
    assert [(one["entry"]["number"], one["state"]) for one in told_of] == [(number, "approved")]
    assert call(house, "sue", f"{ROOT}/terms").status == 403


def test_the_audit_is_for_the_auditor_and_says_who_read_it(house: House) -> None:
    entered(house, "olga", {"kind": "acknowledgement", "service": "custody"}, note="In hand.")
    deeds = told(call(house, "audrey", "/api/v1/audit?limit=5"), 200, "AuditJson")["deeds"]
    assert ("entered", "olga-script") in {(one["event"], one["actor"]) for one in deeds}
    assert all(one["link"] for one in deeds)
    assert call(house, "vera", "/api/v1/audit").status == 403
    wait_until(lambda: any(one.subject == "audit" for one in newest_deeds(house.ledger, 50)))


def test_the_audit_is_read_page_by_page_and_every_deed_once(house: House) -> None:
    for _ in range(3):
        entered(house, "olga", {"kind": "acknowledgement", "service": "custody"}, note=f"In hand {next(_notes)}.")
    whole = told(call(house, "audrey", "/api/v1/audit?limit=500"), 200, "AuditJson")
    assert whole["head"].startswith("sla-monitor-head/1 link=")
    assert whole["why_null"]["next"] == "there is nothing before"
    page, several = "/api/v1/audit?limit=2&event=entered&person=olga-script", list[Any]()
    while page:
        answer = told(call(house, "audrey", page), 200, "AuditJson")
        assert 0 < len(answer["deeds"]) <= 2
        several = [*answer["deeds"], *several]
        page = answer["next"]
    assert [one["entry"] for one in several] == [
        one["entry"] for one in whole["deeds"] if (one["event"], one["actor"]) == ("entered", "olga-script")
    ]
    assert told(call(house, "audrey", "/api/v1/audit?day=2019-01-01"), 200, "AuditJson")["deeds"] == []
    for wrong in ("day=soon", "event=nothing", "cursor=1", "cursor=1-2-3", "limit=0"):
        assert call(house, "audrey", f"/api/v1/audit?{wrong}").status == 400, wrong
