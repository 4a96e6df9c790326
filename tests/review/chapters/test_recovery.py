"""Credits to the end in pack, JSON and metrics: one account, the same amounts and words; hostile text stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.assess import Assessment
from sla_monitor.board import Board
from sla_monitor.metrics.exporter import Exporter
from sla_monitor.review.chapters.recovery import recovery
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.roll_up import roll_up
from sla_monitor.sla.money.recovery import CreditAccount
from sla_monitor.web.api.contract_json import contract_json
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.recovery import AGE_WORDS, credit_remarks, describe_credit_state
from tests.assess.test_recovery import month, step
from tests.assess.two_files import contract_of
from tests.review import estate

HOSTILE = "=cmd|'x'!A1\u202e<b>"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PackInput:
    folder = tmp_path_factory.mktemp("credits")
    steps = (
        step("notified", "150.00", "2026-07-10", reference=HOSTILE),
        step("invoiced", "150.00", "2026-08-20", invoice=HOSTILE, line="3"),
        step("settled", "90.00", "2026-08-31", how="set_off"),
    )
    one = month(folder, "2026-10", *steps)
    return PackInput(one, contract_of(folder).versions[0].terms)


def test_the_pack_has_every_amount_and_what_is_to_be_done(case: PackInput) -> None:
    chapter = recovery(case)
    assert chapter is not None
    tables = {table.id: [[cell.text for cell in row] for row in table.rows] for table in chapter.tables}
    assert tables["recovery"] == [
        ["June 2026", "£200.00", "£150.00", "£150.00", "£90.00", "£0.00", "£110.00", "19 Sep 2026",
         "recovered in part, overdue for 42 days"],
        ["The term so far", "£200.00", "£150.00", "£150.00", "£90.00", "£0.00", "£110.00", "", ""],
    ]  # fmt: skip
    assert [row[1] for row in tables["recovery-remarks"]] == [
        "£50.00 should have been notified by 14 Jul 2026.",
        "It comes to £50.00 more than was notified.",
        "£50.00 is not on the invoice that was due by 14 Aug 2026.",
        "£110.00 was due on 19 Sep 2026.",
    ]
    assert [row for row in tables["recovery-ages"] if row[1] != "£0.00"] == [
        ["31 to 60 days past due", "£110.00"], ["Together", "£110.00"],
    ]  # fmt: skip
    assert [row[0] for row in tables["recovery-moves"]] == ["1", "2", "3"]
    assert tables["recovery-moves"][1][5] == "=cmd|'x'!A1\N{REPLACEMENT CHARACTER}<b>"


def test_json_and_metrics_say_the_same(case: PackInput) -> None:
    one = case.assessment
    told = contract_json(one, (), one.at_ms)
    schema = {"$ref": "#/components/schemas/ContractJson", "components": openapi_document()["components"]}
    Draft202012Validator(schema).validate(told)
    account = told["recovery"]
    assert account is not None
    (row,), (credit,) = account["months"], one.recovery.months
    assert (row["state"], row["remarks"]) == (describe_credit_state(credit), list(credit_remarks(credit, "GBP")))
    board = Board(0)
    board.assessment = Assessment(one.at_ms, (one,))
    lines = set(Exporter(board, dict, lambda: ((0.1,), [0, 0], 0.0)).answer()[1].decode().splitlines())
    assert 'sla_credit_amount{contract="plain",currency="GBP",step="open"} 110.0' in lines
    assert 'sla_credit_open_amount{age="31_to_60",contract="plain",currency="GBP"} 110.0' in lines
    assert 'sla_credit_overdue_months{contract="plain"} 1.0' in lines
    assert 'sla_credit_not_invoiced_months{contract="plain"} 1.0' in lines
    assert 'sla_credit_notify_deadline_timestamp_seconds{contract="plain"} 1.78407e+09' in lines
    pack = {cell.text for table in getattr(recovery(case), "tables", ()) for cells in table.rows for cell in cells}
    assert {format_money(Decimal(row["open"]["amount"]), "GBP"), AGE_WORDS[row["age"]], row["state"]} <= pack


def test_a_year_in_one_pack_has_it_too() -> None:
    whole = estate.case()
    account = CreditAccount(date(2026, 10, 31))
    made = roll_up(replace(whole, assessment=replace(whole.assessment, recovery=account)), 12)
    assert "Credits to the end" in [section.title for section in made.sections]


def test_a_contract_without_terms_has_no_chapter(case: PackInput, tmp_path: Path) -> None:
    assert recovery(PackInput(month(tmp_path, "2026-10", invoicing=None), case.terms)) is None
