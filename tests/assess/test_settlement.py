"""How far a month is settled, what belongs to it, and what is owed."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.assess import ContractAssessment, assess_contract, assess_month
from sla_monitor.contract.contract import Contract
from sla_monitor.document import Inputs, document, document_text
from tests.assess.records import (
    DAY,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    UP,
    Record,
    entries,
    month_of_june,
    ms,
    one_version,
    span,
    with_outages,
)

ROOT = Path(__file__).parents[2]
GRANTED = {"kind": "decision", "granted": True}
BANDS = [{"name": "met", "at_least": 99}, {"name": "missed", "below": 99, "points": 2}]


def contract(**changes: Any) -> Contract:
    kpi = {"id": "KPI1", "service": "cad", "target": 99, "rounding": {"mode": "none"}, "bands": BANDS}
    money = {
        "charges": {"monthly": [{"amount": 1000}]},
        "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
    }
    return one_version(**{"kpis": [kpi], "term": {"start": "2026-05-01", "end": "2030-04-30"}, **money, **changes})


def june(*said: dict[str, Any], **changes: Any) -> ContractAssessment:
    return month_of_june(contract(**changes), said, login=with_outages(JUNE, JULY, (JUNE, JUNE + 36 * HOUR)))


def signed(points: str, credit: str, **more: Any) -> dict[str, Any]:
    return {"kind": "sign_off", "month": "2026-06", "digest": "0" * 64, "points": points, "credit": credit, **more}


def test_a_month_runs_then_is_provisional_then_final() -> None:
    record = Record({"login": [span(JUNE, JULY, UP)]})
    assert assess_contract(contract(), record, JULY - HOUR).status == "running"
    assert june().status == "provisional"
    found = june(signed("2", "20.00"))
    assert (found.status, found.restatement) == ("final", None)


def test_a_signed_month_whose_figures_change_is_restated_and_says_why() -> None:
    said = (
        signed("2", "20.00", reference="PMR-6"),
        {"kind": "minute", "month": "2026-06"},
        {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + 36 * HOUR},
        {"kind": "decision", "about": 3, "granted": True},
    )
    found = june(*said)
    assert found.status == "final"
    assert found.restatement is not None
    assert (found.restatement.points, found.restatement.credit) == (0, Decimal("0.00"))
    assert (found.restatement.signed.reference, found.restatement.because) == ("PMR-6", (3, 4))


def test_a_signed_figure_that_moves_without_points_or_money_is_restated_too() -> None:
    """An hour of the outage is excused: 95.1 in place of 95 per cent, and in the same band."""
    claim = {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + HOUR}
    pending, granted = (june(signed("2", "20.00"), claim, *more) for more in ([], [{**GRANTED, "about": 2}]))
    assert pending.restatement is None
    assert granted.restatement is not None
    assert (granted.restatement.points, granted.restatement.because) == (2, (2, 3))
    talked = june(
        claim,
        {**GRANTED, "about": 1},
        signed("2", "20.00"),
        {"kind": "waiver", "month": "2026-06", "what": "money", "kpis": ["KPI9"]},
    )
    assert talked.restatement is None


def test_what_awaits_a_decision_is_not_why_a_month_is_restated() -> None:
    claim = {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + HOUR}
    waiver = {"kind": "waiver", "month": "2026-06", "what": "money", "kpis": ["KPI1"]}
    found = june(signed("2", "20.00"), claim, waiver).restatement
    assert found is not None
    assert found.because == (3,)


def test_what_is_said_of_the_night_after_a_signed_month_restates_it_where_an_outage_goes_over_its_end() -> None:
    """Six minutes over midnight are an outage, four are none: its three minutes in June count no more. Content of
    another July night is not why."""
    kpi = {"id": "KPI1", "service": "cad", "target": 99, "counting": {"shortest_outage": "5m"}}
    night = (JULY - 3 * MINUTE, JULY + 3 * MINUTE)
    correction = {"kind": "correction", "endpoints": ["login"], "outcome": "up", "end": night[1]}
    said = (
        signed("0", "0"),
        {**correction, "start": JULY + MINUTE},
        {**GRANTED, "about": 2},
        {**correction, "start": JULY + 40 * HOUR, "end": JULY + 41 * HOUR},
        {**GRANTED, "about": 4},
    )
    seen = with_outages(JUNE, JULY + 2 * DAY, night)
    found, before = (month_of_june(contract(kpis=[kpi]), some, login=seen) for some in (said, said[:1]))
    assert (found.kpis[0].views["agreed"].downtime_ms, before.kpis[0].views["agreed"].downtime_ms) == (0, 3 * MINUTE)
    assert before.restatement is None
    assert found.restatement is not None
    assert found.restatement.because == (2, 3)


def test_a_ticket_that_is_excused_by_a_claim_of_a_later_day_restates_its_month() -> None:
    kpi = {
        "id": "KPI2",
        "indicator": "ratio_in_target",
        "target": 90,
        "within": "1h",
        "bands": [{"name": "met", "at_least": 90}, {"name": "missed", "below": 90}],
        "rounding": {"mode": "none"},
    }
    ticket = {"kind": "ticket", "priority": "P1", "ended": JUNE + 5 * HOUR}
    said = (
        {**ticket, "id": "INC-1", "opened": JUNE},
        {**ticket, "id": "INC-2", "opened": JUNE + 5 * HOUR - 1},
        {**ticket, "id": "INC-3", "opened": JUNE},
        signed("0", "0"),
        {"kind": "claim", "cause": "force_majeure", "start": JULY, "end": JULY + HOUR, "tickets": ["INC-1"]},
        {**GRANTED, "about": 5},
    )
    found = month_of_june(contract(kpis=[kpi]), said)
    assert found.kpis[0].views["agreed"].value == 50
    assert found.restatement is not None
    assert found.restatement.because == (5, 6)


def test_a_restatement_is_told_in_the_document_as_its_schema_says() -> None:
    claim = {"kind": "claim", "cause": "force_majeure", "start": JUNE, "end": JUNE + 36 * HOUR}
    inputs = Inputs(contract_sha256="c" * 64, holidays_sha256=[], evidence_sha256="e" * 64)
    text = document_text(document(june(signed("2", "20.00"), claim, {**GRANTED, "about": 2}), inputs))
    schema = json.loads((ROOT / "config/schema/assessment.schema.json").read_text(encoding="utf-8"))
    told = json.loads(text)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(told)] == []
    (moved,) = told["restatement"]["moved"]
    assert (moved["kpi"], moved["before_band"], moved["before_points"]["exact"]) == ("KPI1", "missed", "2")
    assert (moved["band"], moved["points"]["exact"], moved["value"]["exact"]) == ("met", "0", "100")


def test_a_second_sign_off_takes_the_place_of_the_first() -> None:
    found = june(signed("3", "30.00"), signed("2", "20.00"))
    assert found.restatement is None


def test_a_month_s_entries_are_those_that_touch_or_name_it_and_what_was_said_of_them() -> None:
    """1 overlaps, 2 is May's, 3 names June, 4 decides on 1, 5 on 2, 6 undoes 3, 7 and 8 are tickets. 9 to 14 lie at
    June's edges: what ends where it begins, or begins where it ends, is not of it, and a ticket of its first instant
    is."""
    said: tuple[dict[str, Any], ...] = (
        {"kind": "maintenance", "start": JUNE - HOUR, "end": JUNE + HOUR},
        {"kind": "maintenance", "start": JUNE - 9 * HOUR, "end": JUNE - 8 * HOUR},
        {"kind": "waiver", "month": "2026-06", "what": "money"},
        {"kind": "decision", "about": 1, "granted": True},
        {"kind": "decision", "about": 2, "granted": True},
        {"kind": "undo", "about": 3},
        {"kind": "ticket", "id": "A", "priority": "P1", "opened": JUNE - DAY, "ended": JUNE + DAY},
        {"kind": "ticket", "id": "B", "priority": "P1", "opened": JUNE - 2 * DAY, "ended": JUNE - DAY},
        {"kind": "maintenance", "start": JUNE - HOUR, "end": JUNE},
        {"kind": "maintenance", "start": JULY, "end": JULY + HOUR},
        {"kind": "ticket", "id": "C", "priority": "P1", "opened": JUNE},
        {"kind": "ticket", "id": "D", "priority": "P1", "opened": JUNE - DAY, "ended": JUNE},
        {"kind": "ticket", "id": "E", "priority": "P1", "opened": JULY},
        {"kind": "ticket", "id": "F", "priority": "P1", "opened": JULY - 1},
    )
    found = june(*said)
    assert [entry.number for entry in found.entries] == [1, 3, 4, 6, 7, 11, 12, 14]
    assert found.register_number == 14


def test_figures_that_nobody_has_reported_are_missing_once_their_month_is_over() -> None:
    """A submitted figure, and the supplier's own availability where that is the true one."""
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 99, "source_of_truth": "supplier"},
        {"id": "KPI2", "indicator": "submitted", "target": 90},
        {"id": "KPI3", "indicator": "ratio_in_target", "target": 90, "within": "4h"},
    ]
    record = Record({"login": [span(JUNE, JULY + 9 * DAY, UP)]})
    figure = {"kind": "figure", "kpi": "KPI2", "month": "2026-06", "party": "authority", "value": "95"}
    for said, missing in (
        ((), (("KPI2", "2026-05"), ("KPI1", "2026-06"), ("KPI2", "2026-06"))),
        ((figure,), (("KPI2", "2026-05"), ("KPI1", "2026-06"))),
    ):
        record.said = entries(*said)
        assert assess_month(contract(kpis=kpis), record, "2026-07", JULY + 9 * DAY).missing_figures == missing


@pytest.mark.parametrize(("days", "due"), [(10, "2026-07-15T00:00+01:00"), (0, "2026-07-01T00:00+01:00")])
def test_the_report_on_the_month_before_is_due_in_working_days(days: int, due: str) -> None:
    """The tenth Working Day after Tuesday the 30th of June is Tuesday the 14th of July; it is due by its end."""
    record = Record({"login": [span(JUNE, JULY + 9 * DAY, UP)]})
    reporting = {"reporting": {"report_working_days": days}}
    assert assess_month(contract(**reporting), record, "2026-07", JULY + DAY).report_due_ms == ms(due)
    assert assess_month(contract(**reporting), record, "2026-05", JULY + DAY).report_due_ms is None


def test_the_way_of_counting_is_told_in_words() -> None:
    changes = {
        "maintenance": {"notice_working_days": 5, "allowance": "10h"},
        "relief": {"notice_working_days": 10, "late": "refused"},
        "accounting": {"confirmation": 3},
    }
    told = june(**changes).accounting
    assert told[0] == "3 failed probes in a row are an outage; it counts from the first of them."
    assert (
        "Maintenance is permitted once the authority has granted it, booked 5 Working Days before, up to 10 h a month"
        " for each service, and what goes beyond is counted, and emergencies are counted."
    ) in told
    assert "Relief notified more than 10 Working Days after the cause was known is refused." in told
    assert "Excluded time is taken from both sides of the ratio." in told
    assert "KPI1: figures are compared as they are." in told


def test_words_that_hold_for_some_kpis_name_them() -> None:
    kpis = [
        {"id": "KPI1", "service": "cad", "target": 99},
        {"id": "KPI2", "service": "cad", "target": 99, "counting": {"unknown": "down"}},
    ]
    told = june(kpis=kpis).accounting
    assert "KPI2: Time that nobody saw is taken as down." in told
    assert "KPI1: Time that nobody saw is taken from both sides of the ratio." in told
    assert "Outages are counted to the millisecond." in told
    assert "KPI1, KPI2: figures are compared as they are." in told
