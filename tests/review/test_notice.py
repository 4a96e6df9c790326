"""The file of a Contract Performance Notice, and the chapter of the pack that says the same."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from sla_monitor.contract.notice import NOTICE_FIELDS, NoticeIdentifiers
from sla_monitor.review.chapters.publication import publication
from sla_monitor.review.notice import notice_file, rated_months
from tests.review.months import case_from, scene
from tests.review.unmeasured import SCENES, contract_in, evidence_of


def test_a_notice_is_in_the_order_of_the_regulations(tmp_path: Path) -> None:
    case = scene("bad", tmp_path)[0]
    told = json.loads(notice_file(case, rated_months(case)))
    asked = [
        "contracting_authority", "procurement_title", "procurement_identifier", "contract_identifier",
        "key_performance_indicators", "statement", "supplier", "assessment", "period",
    ]  # fmt: skip
    assert [key for key in told if key in asked] == asked
    assert told["procurement_identifier"] is None
    assert [one["kpi"] for one in told["assessment"]] == ["KPI1", "KPI2"]
    assert told["period"] == {"from": "2026-04-01", "to": "2026-09-30"}
    assert len(told["not_rated"]) + len(told["assessment"]) == len(case.terms.kpis)


def test_a_notice_has_the_contracts_identifiers_and_warns_of_those_that_it_lacks(tmp_path: Path) -> None:
    case = scene("bad", tmp_path)[0]
    (missing,) = json.loads(notice_file(case, rated_months(case)))["warnings"]
    assert all(label in missing for label in NOTICE_FIELDS.values())
    notice = NoticeIdentifiers(**dict.fromkeys(NOTICE_FIELDS, "ocds-h6vhtk-04f907"))
    reporting = case.terms.reporting.model_copy(update={"notice": notice})
    rich = replace(
        case,
        terms=case.terms.model_copy(update={"reporting": reporting}),
        assessment=replace(case.assessment, total_value=Decimal(6_000_000)),
    )
    told = json.loads(notice_file(rich, rated_months(rich)))
    assert told["supplier"]["identifier"] == "ocds-h6vhtk-04f907"
    assert [line[:60] for line in told["warnings"]] == [
        "A contract worth more than £5 million has at least 3 KPIs to p"[:60]
    ]


def test_every_kpi_is_rated_or_it_says_why_not(tmp_path: Path) -> None:
    contract = contract_in(tmp_path)
    one = SCENES["nothing"]
    case = case_from(contract, evidence_of(one, contract, tmp_path), one.month)[0]
    ratings, others = publication(case, rated_months(case)).tables
    assert {row[0].text for table in (ratings, others) for row in table.rows} == {kpi.id for kpi in case.terms.kpis}
    for row in ratings.rows:
        assert (row[5].text, row[6].text) == ("Other", "none assessed")
        assert row[8].text.startswith("Not assessed for July 2026: ")
    assert all(row[2].text for row in others.rows)
