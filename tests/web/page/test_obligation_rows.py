"""Obligations on page, in pack, JSON, metrics and calendar: one contract, the same words; hostile text stays text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from jsonschema import Draft202012Validator

from sla_monitor.assess import Assessment, ContractAssessment
from sla_monitor.board import Board
from sla_monitor.document.calendar_file import calendar_file
from sla_monitor.metrics.exporter import Exporter
from sla_monitor.review.chapters.change_control import change_control
from sla_monitor.review.chapters.obligations import obligations
from sla_monitor.review.pack_input import PackInput
from sla_monitor.web import Web
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.web.page.obligation_rows import obligation_table
from sla_monitor.wording.instants import format_date
from sla_monitor.wording.obligations import OBLIGATION_WORDS, describe_known
from tests.assess.two_files import contract_of, month_of, said
from tests.web import estate
from tests.web.page.test_status_page import Outline
from tests.web.running import Parts, ask, serving

HOSTILE = "<b>Plan</b>\u202e =cmd|'x'!A1"
DUTIES: list[dict[str, Any]] = [
    {"id": "report", "title": "Performance report", "rrule": "FREQ=MONTHLY;BYMONTHDAY=10", "starting": "2026-05-01",
     "consequence": "The month's charges are withheld"},
    {"id": "plan", "title": HOSTILE, "clause": "Schedule 8.5", "due": "2026-06-20", "party": "authority"},
]  # fmt: skip
MET = {"kind": "obligation_met", "obligation": "report", "due": "2026-06-10", "met": "2026-06-10T09:00:00Z",
       "by": "S. Supplier", "reference": "DOC-7"}  # fmt: skip


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PackInput:
    folder = tmp_path_factory.mktemp("duties")
    contract = contract_of(folder, obligations=DUTIES)
    one = month_of(folder, contract, "2026-06", entries=said(MET), now="2026-06-15T12:00:00Z")
    return PackInput(one, contract.versions[0].terms)


@pytest.fixture(scope="module")
def one(case: PackInput) -> ContractAssessment:
    return case.assessment


@pytest.fixture(scope="module")
def web(one: ContractAssessment) -> Iterator[Web]:
    board = Board(0)
    board.assessment = Assessment(one.at_ms, (one,))
    (other,) = estate.partnership().assessment.contracts
    board.assessment = replace(board.assessment, contracts=(one, other))
    with serving(Parts(board=board)) as served:
        yield served


def test_every_screen_says_the_same(case: PackInput, one: ContractAssessment, web: Web) -> None:
    zone = ZoneInfo(one.time_zone)
    page = Outline(ask(web, "/").body).text
    chapter = obligations(case)
    assert chapter is not None
    pack = {cell.text for table in chapter.tables for row in table.rows for cell in row}
    api = json.loads(ask(web, "/api/v1/contracts/plain").body)["obligations"]
    assert [row["state"] for row in api] == [each.state for each in one.obligations.near]
    assert len(one.obligations.near) == 4
    for each, row in zip(one.obligations.near, api, strict=True):
        known, when = describe_known(each, zone), format_date(each.last_on)
        assert row["known"] == known
        assert {when, OBLIGATION_WORDS[each.state], *([known] if known else [])} <= pack
        assert when in page
        assert OBLIGATION_WORDS[each.state].capitalize() in page
        assert known in page


def test_what_is_late_comes_first_on_the_page(one: ContractAssessment) -> None:
    table = obligation_table([one])
    assert table is not None
    assert (table.summary, table.is_late) == ("1 late, 1 due or due soon, 1 to come", True)
    assert [row.word for row in table.rows] == ["Late", "Met", "Due soon", "Upcoming"]
    assert obligation_table([replace(one, obligations=type(one.obligations)())]) is None


def test_hostile_text_is_text_everywhere(one: ContractAssessment, web: Web) -> None:
    assert "<b>Plan" not in ask(web, "/").body
    assert "<b>Plan</b>\N{REPLACEMENT CHARACTER}" in Outline(ask(web, "/").body).text
    broken = replace(one.obligations.due[0], by="x\r\nEND:VEVENT\r\nATTACH:http://x", met_ms=0, entry=1)
    made = calendar_file([replace(one, obligations=replace(one.obligations, due=(broken,)))], one.ends_on)
    (event,) = (each for each in Calendar.from_ical(made).walk("VEVENT") if "report.2026-05-10" in str(each["uid"]))
    assert "attach" not in event


def test_the_calendar_of_the_web(one: ContractAssessment, web: Web) -> None:
    answer = ask(web, "/calendar.ics?contract=plain")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    events = {str(event["uid"]).split("@")[0]: event for event in Calendar.from_ical(answer.body).walk("VEVENT")}
    assert str(events["plain.report.2026-05-10"]["summary"]) == "Performance report: late"
    assert events["plain.plan.2026-06-20"].decoded("dtend") - events["plain.plan.2026-06-20"].decoded(
        "dtstart"
    ) == timedelta(days=1)
    assert str(events["plain.report.2026-06"]["summary"]) == "Report on June 2026 is due"
    assert ask(web, "/calendar.ics?contract=nobody").status == 404
    assert ask(web, "/calendar.ics?party=supplier").status == 400
    again = ask(web, "/calendar.ics?contract=plain", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304


def test_the_json_is_as_the_openapi_document_has_it(web: Web) -> None:
    told = json.loads(ask(web, "/api/v1/contracts/plain").body)
    schema = {"$ref": "#/components/schemas/ContractJson", "components": openapi_document()["components"]}
    Draft202012Validator(schema).validate(told)
    for row in told["obligations"]:
        assert {key for key, value in row.items() if value is None} == set(row["why_null"])


def test_the_metrics(one: ContractAssessment) -> None:
    board = Board(0)
    board.assessment = Assessment(one.at_ms, (one,))
    text = Exporter(board, dict, lambda: ((0.1,), [0, 0], 0.0)).answer()[1].decode()
    lines = set(text.splitlines())
    report, plan = (f'{{contract="plain",obligation="{name}",party="{party}"}}' for name, party in (
        ("report", "supplier"), ("plan", "authority")))  # fmt: skip
    assert f"sla_obligation_late{report} 1.0" in lines
    assert f"sla_obligation_late{plan} 0.0" in lines
    assert f"sla_obligation_due_soon{plan} 1.0" in lines
    assert f"sla_obligation_due_timestamp_seconds{plan} 1.7819964e+09" in lines
    assert f"sla_obligation_late_timestamp_seconds{report} 1.7784540e+09" in {
        line.replace("1.778454e+09", "1.7784540e+09") for line in lines
    }
    assert f"sla_obligation_late_timestamp_seconds{plan}" not in text


def test_the_pack_lists_what_is_late_and_what_lies_ahead(case: PackInput, tmp_path: Path) -> None:
    chapter = obligations(case)
    assert chapter is not None
    found = {table.id: [row[0].text for row in table.rows] for table in chapter.tables}
    assert found == {
        "obligations-late": ["10 May 2026"],
        "obligations": ["10 Jun 2026", "20 Jun 2026"],
        "obligations-ahead": ["10 Jul 2026"],
    }
    (_, ahead) = (table for table in change_control(case).tables)
    assert "Performance report, by the supplier" in {row[1].text for row in ahead.rows}
    bare = contract_of(tmp_path)
    assert obligations(PackInput(month_of(tmp_path, bare, "2026-06"), bare.versions[0].terms)) is None
