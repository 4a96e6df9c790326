"""What the meeting needs: minutes, actions by their dates, what was acknowledged, reasons, changes, who signs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sla_monitor.register.effective import effective_subset
from sla_monitor.register.entries import KINDS
from sla_monitor.review.blocks import Prose, Section, TextLines
from sla_monitor.review.chapters.change_control import change_control
from sla_monitor.review.chapters.failed_kpis import failed_kpis
from sla_monitor.review.chapters.meeting import meeting, signatures
from sla_monitor.review.chapters.register import register
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.recalculated import RecalculatedMonth
from tests.register.saying import entry
from tests.review.months import BAD, CLAIM, case_of, evidence

SIGN_OFF = {"kind": "sign_off", "month": "2026-09", "digest": "0" * 64, "points": 13, "credit": "8000.00"}


def case(folder: Path, *said: dict[str, Any]) -> PackInput:
    return case_of(evidence(folder, BAD, said), "2026-09")[0]


def rows(section: Section, name: str) -> list[list[str]]:
    (table,) = (one for one in section.tables if one.id == name)
    return [[cell.text for cell in row] for row in table.rows]


def test_minutes_of_this_month_are_in_its_pack_and_those_after_the_sign_off_apart(tmp_path: Path) -> None:
    minute = {"kind": "minute", "month": "2026-09"}
    found = meeting(case(tmp_path, {"kind": "minute", "month": "2026-08"}, minute, SIGN_OFF, minute))
    assert [row[0] for row in rows(found, "minutes")] == ["1"]
    assert [row[0] for row in rows(found, "minutes-now")] == ["2"]
    assert [row[0] for row in rows(found, "minutes-after")] == ["4"]
    captions = [table.caption for table in found.tables]
    assert "Minutes added after the sign-off in entry 3" in captions


def test_what_was_acknowledged_at_the_sign_off_is_in_the_pack(tmp_path: Path) -> None:
    found = meeting(case(tmp_path, SIGN_OFF | {"acknowledged": ["KPI3 is not assessed: no reason."]}))
    assert rows(found, "acknowledged") == [["KPI3 is not assessed: no reason."]]


def test_actions_are_overdue_by_the_months_end_and_due_by_the_review(tmp_path: Path) -> None:
    """The review of September is on 21 October, whenever its pack is made."""
    dues = ("2026-09-30", "2026-10-20", "2026-10-21", None)
    actions = [{"kind": "action", "owner": "S", **({"due": due} if due else {})} for due in dues]
    found = meeting(
        case(tmp_path, *actions, {"kind": "action", "owner": "S", "month": "2026-09"}, {"kind": "done", "about": 5})
    )
    states = [row[5] for row in rows(found, "actions")]
    assert states == ["overdue", "due before the review", "open", "open, without a date", "done"]


def test_each_party_signs_by_itself(tmp_path: Path) -> None:
    found = signatures(case(tmp_path))
    assert [section.title for section in found.sections] == ["For A Police Force", "For A Supplier"]
    for section in found.sections:
        (lines,) = section.blocks
        assert isinstance(lines, TextLines)
        assert lines.labels == ("Name", "Office", "Signature", "Date")


def test_both_signatures_of_the_desk_are_in_the_pack(tmp_path: Path) -> None:
    def said(*more: dict[str, Any]) -> list[str]:
        (prose,) = signatures(case(tmp_path, SIGN_OFF, *more)).blocks
        assert isinstance(prose, Prose)
        return list(prose.lines[1:])

    theirs = {"kind": "countersignature", "month": "2026-09", "digest": "0" * 64}
    assert said() == []
    ours, countersigned = said(theirs)
    assert ", entry 1, with the digest 000" in ours
    assert countersigned.startswith("Countersigned for the supplier by ")
    assert countersigned.endswith(", entry 2, with the same digest.")
    again = said(theirs, SIGN_OFF | {"digest": "1" * 64, "reason": "A claim"})
    assert again[1] == "Nobody has countersigned it for the supplier yet."


def test_a_decisions_reason_stands_beside_what_it_decided(tmp_path: Path) -> None:
    """In the list of exclusions, in the register, and beside the supplier's words on the KPI's page."""
    found = case(tmp_path, CLAIM, {"kind": "decision", "about": 1, "granted": True, "end": "2026-09-09 02:00"})
    assert "About decision" in rows(register(found), "exclusions")[0][6]
    assert "About decision" in rows(register(found), "entries")[0][5]
    (sides,) = (table for table in failed_kpis(found).tables if table.id == "failed-KPI1-sides")
    (row,) = sides.rows
    assert (row[2].text, row[3].text) == ("About claim", "Granted in part by b.ward: About decision")


def test_a_draft_plan_has_its_day(tmp_path: Path) -> None:
    found = case(tmp_path)
    (page,) = (one for one in failed_kpis(found).sections if one.id == "failed-KPI1")
    (plan,) = page.sections
    (prose,) = plan.blocks
    assert any("by 14 October 2026, counted from the month’s end [Clause 27]" in line for line in prose.lines)  # type: ignore[union-attr]
    ahead = rows(change_control(found), "dates-ahead")
    assert [
        "14 October 2026",
        "Draft plan, rectification, counted from the end of September 2026",
        "Clause 27",
    ] in ahead
    assert [row[0] for row in ahead][-1] == "9 April 2031"


def test_what_no_working_day_can_date_is_due_all_the_same(tmp_path: Path) -> None:
    found = case(tmp_path)
    dated = rows(change_control(found), "dates-ahead")
    never = {"never": found.terms.working_calendar.model_copy(update={"hours": {}})}
    terms = found.terms.model_copy(update={"calendars": never, "working_days": "never"})
    undated = rows(change_control(replace(found, terms=terms)), "dates-ahead")
    assert {row[1] for row in undated} == {row[1] for row in dated}
    lost = [row[1].partition(" ")[0] for row in undated if row[0] == "not known: the calendar has no Working Day"]
    assert lost[:2] == ["Report", "Review"]
    assert "Draft" in lost


def test_months_signed_again_and_late_entries_are_changes(tmp_path: Path) -> None:
    august = SIGN_OFF | {"month": "2026-08"}
    times = {"start": "2026-08-11 03:00", "end": "2026-08-11 04:00", "aware": "2026-08-12", "notified": "2026-08-13"}
    again = august | {"points": 2, "credit": "200.00", "reason": "Relief was granted"}
    assert rows(change_control(case(tmp_path, august, CLAIM | times, again)), "change-control") == [
        ["August 2026 was signed again", "13 points, £8,000.00", "2 points, £200.00", "a.clark, 3 October 2026",
         "Relief was granted"],
        ["Entry 2 about August 2026: Claim of authority cause for Command and control", "", "",
         "a.clark, 2 October 2026", "About claim"],
    ]  # fmt: skip
    assert not rows(change_control(case(tmp_path, CLAIM | times, august)), "change-control"), "known when it was signed"


def test_terms_that_were_approved_and_months_that_were_recalculated_in_the_month_are_told(tmp_path: Path) -> None:
    """Not those of later months: whenever the pack is made, it says the same."""
    one = case(tmp_path)
    parts = KINDS["terms_proposed"].example.words
    words = {"about": 1, "digest": parts["digest"], "login": "root"}
    proposal = entry(1, "terms_proposed", **{**parts, "login": "root"}).model_copy(update={"note": "CCN-12"})
    approval = entry(2, "terms_approved", **words)
    start_ms = one.assessment.period.start_ms
    told = []
    for at_ms in (start_ms, one.assessment.period.end_ms):
        approved = approval.model_copy(update={"actor": "bob", "at_ms": at_ms})
        told.append(
            rows(change_control(replace(one, register=effective_subset([proposal, approved]))), "change-control")
        )
    assert [row[0] for row in told[0]] == ["New terms, proposed by ann (entry 1), approved"]
    assert told[0][0][3].startswith("bob (both behind one login), ")
    assert told[0][0][4] == "CCN-12"
    assert told[1] == []
    again = RecalculatedMonth(
        "2026-08", "1 point, £1.00", "2 points, £2.00", "3 September 2026", "entry 7", signed=True
    )
    assert rows(change_control(replace(one, recalculated=(again,))), "change-control") == [
        ["August 2026, which was signed off, was recalculated", "1 point, £1.00", "2 points, £2.00",
         "the monitor, 3 September 2026", "entry 7"]
    ]  # fmt: skip
