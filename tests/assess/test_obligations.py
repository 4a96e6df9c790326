"""Obligations of a month: as the register and the day have them; no figure depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.assess import ContractAssessment
from sla_monitor.document import document, figures_digest

from .two_files import contract_of, month_of, said

REPORT = {
    "id": "report", "title": "The report", "rrule": "FREQ=MONTHLY;BYMONTHDAY=10", "remind_days": 5,
    "starting": "2026-05-01",
}  # fmt: skip
NOW = "2026-06-15T12:00:00Z"
PLAN = {"id": "plan", "title": "The plan", "due": "2026-06-20", "grace_working_days": 2, "party": "authority"}


def month(
    folder: Path, *entries: dict[str, Any], now: str = "2026-06-15T12:00:00Z", **terms: Any
) -> ContractAssessment:
    contract = contract_of(folder, **{"obligations": [REPORT, PLAN], **terms})
    return month_of(folder, contract, "2026-06", entries=said(*entries), now=now)


def states(one: ContractAssessment) -> dict[str, str]:
    return {f"{each.terms.id} {each.due_on:%m-%d}": each.state for each in one.obligations.near}


def met(due: str, at: str, **more: Any) -> dict[str, Any]:
    return {"kind": "obligation_met", "obligation": "report", "due": due, "met": at, "by": "S. Supplier", **more}


def excused(due: str, **more: Any) -> dict[str, Any]:
    return {"kind": "obligation_excused", "obligation": "plan", "due": due, "note": "Moved.", **more}


def granted(about: int, is_granted: bool = True) -> dict[str, Any]:
    return {"kind": "decision", "about": about, "granted": is_granted, "note": "Agreed."}


def test_what_is_not_met_is_late_and_the_next_of_each_is_told(tmp_path: Path) -> None:
    assert states(month(tmp_path)) == {
        "report 05-10": "late", "report 06-10": "late", "plan 06-20": "due_soon", "report 07-10": "upcoming",
    }  # fmt: skip


def test_it_is_met_in_time_until_midnight_in_the_contracts_zone(tmp_path: Path) -> None:
    """10 June ends at 23:00 UTC."""
    late = met("2026-06-10", "2026-06-10T23:00:00Z")
    assert states(month(tmp_path, met("2026-06-10", "2026-06-10T22:59:59Z")))["report 06-10"] == "met"
    assert states(month(tmp_path, late))["report 06-10"] == "met_late"
    both = month(tmp_path, late, met("2026-06-10", "2026-06-09T12:00:00Z", reference="R-2"))
    (one,) = (each for each in both.obligations.due if each.state == "met")
    assert (one.entry, one.reference, one.by) == (2, "R-2", "S. Supplier")


def test_what_was_met_in_the_month_is_told_in_it(tmp_path: Path) -> None:
    assert states(month(tmp_path, met("2026-05-10", "2026-06-02T12:00:00Z")))["report 05-10"] == "met_late"
    assert "report 05-10" not in states(month(tmp_path, met("2026-05-10", "2026-05-02T12:00:00Z")))


def test_it_is_excused_once_that_is_granted(tmp_path: Path) -> None:
    asked = month(tmp_path, excused("2026-06-20"))
    (one,) = (each for each in asked.obligations.due if each.terms.id == "plan")
    assert (one.state, one.asked_by, one.excused_by) == ("due_soon", 1, None)
    assert [entry.number for entry in asked.pending] == [1]
    assert states(month(tmp_path, excused("2026-06-20"), granted(1)))["plan 06-20"] == "excused"
    assert states(month(tmp_path, excused("2026-06-20"), granted(1, is_granted=False)))["plan 06-20"] == "due_soon"


def test_what_is_put_off_is_due_on_the_later_day_with_its_grace(tmp_path: Path) -> None:
    later = excused("2026-06-20", until="2026-06-24"), granted(1)
    for now, state in (
        ("2026-06-23T22:59:59Z", "due_soon"), ("2026-06-23T23:00:00Z", "due"),
        ("2026-06-26T22:59:59Z", "due"), ("2026-06-26T23:00:00Z", "late"),
    ):  # fmt: skip
        assert states(month(tmp_path, *later, now=now))["plan 06-20"] == state


def test_a_closed_month_says_what_was_so_at_its_end(tmp_path: Path) -> None:
    assert states(month(tmp_path, now="2027-01-01T00:00:00Z")) == {
        "report 05-10": "late", "report 06-10": "late", "plan 06-20": "late", "report 07-10": "upcoming",
    }  # fmt: skip


def test_an_entry_whose_day_is_gone_is_named(tmp_path: Path) -> None:
    moved = month(
        tmp_path, met("2026-05-10", "2026-05-02T12:00:00Z"), obligations=[REPORT | {"starting": "2026-06-01"}]
    )
    assert moved.obligations.stray == (1,)
    assert month(tmp_path, met("2026-05-10", "2026-05-02T12:00:00Z"), obligations=[]).obligations.stray == (1,)


def test_no_figure_depends_on_them(tmp_path: Path) -> None:
    with_them, without = month(tmp_path), month(tmp_path, obligations=[])
    assert figures_digest(with_them) == figures_digest(without)
    assert "obligations" not in document(without)
    told = document(with_them)["obligations"]
    assert [(one["obligation"], one["state"]) for one in told][:2] == [("report", "late"), ("report", "late")]


def test_a_deadline_of_each_month_is_told_in_the_running_one(tmp_path: Path) -> None:
    claims, invoicing = {"automatic": False, "months": 2}, {"notify_working_days": 3}
    running = month(tmp_path, claims=claims, reporting={"report_working_days": 10}, invoicing=invoicing)
    told = {(one.kind, one.month): f"{one.on}" for one in running.deadlines}
    assert told["report", "2026-06"] == "2026-07-14"
    assert told["review", "2026-06"] == "2026-07-21"
    assert told["notice", "2026-06"] == "2026-07-03"
    assert told["claim", "2026-04"] == "2026-06-30"
    assert ("report", "2026-04") not in told
    assert month(tmp_path, now="2027-01-01T00:00:00Z").deadlines == ()
