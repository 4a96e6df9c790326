"""Entries that do not stand, and tickets that a claim takes out: told wherever they are listed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.review.blocks import Prose, Section, Table
from sla_monitor.review.chapters.quality import quality
from sla_monitor.review.chapters.register import register
from sla_monitor.review.chapters.services import services
from sla_monitor.review.chapters.tickets import tickets
from sla_monitor.review.pack_input import PackInput
from tests.review import estate
from tests.review.chapters.test_first_page import texts


def case(*more: dict[str, Any], **changes: Any) -> PackInput:
    """The estate's month with more entries, from number 15 on, by its contract manager."""
    fields = {"at": "2026-11-03T09:00:00Z", "actor": "j.smith", "contract": "partnership"}
    added = [Entry.model_validate({"number": 15 + place, **fields, **one}) for place, one in enumerate(more)]
    base = estate.case(**changes)
    whole = replace(base.assessment, entries=(*base.assessment.entries, *added))
    return replace(base, assessment=whole, register=effective_entries((*estate.entries(), *added)))


def rows(section: Section, name: str) -> list[list[str]]:
    several = (*section.blocks, *(block for part in section.sections for block in part.blocks))
    found = next(one for one in several if isinstance(one, Table) and one.id == name)
    return [[cell.text for cell in row] for row in found.rows]


def undo(number: int, why: str) -> dict[str, Any]:
    return {"note": why, "said": {"kind": "undo", "about": number}}


def test_an_entry_that_was_undone_says_by_whom_and_why() -> None:
    listed = rows(register(case(undo(5, "Claimed twice"))), "entries")
    assert next(row for row in listed if row[0] == "5")[5] == (
        "undone by entry 15 of j.smith, 3 November 2026: Claimed twice"
    )


def test_a_figure_that_was_replaced_says_by_which() -> None:
    figure = {"kind": "figure", "kpi": "KPI1", "month": "2026-10", "party": "supplier"}
    said = case({"said": figure | {"value": "98"}}, {"said": figure | {"value": "99"}})
    listed = {row[0]: row[5] for row in rows(register(said), "entries")}
    assert (listed["15"], listed["16"]) == ("replaced by entry 16 of j.smith, 3 November 2026", "")


def test_a_waiver_and_a_correction_that_were_undone_exclude_and_favour_nothing() -> None:
    said = case(undo(14, "The strike was elsewhere"), undo(13, "It was down"))
    assert not any("Waiver" in row[0] for row in texts(said, "excluded-today"))
    assert rows(quality(said), "corrections") == []


def test_a_ticket_that_a_granted_claim_leaves_out_is_neither_late_nor_left_unsaid() -> None:
    october = {"start": "2026-10-05T08:00:00Z", "end": "2026-10-05T17:00:00Z"}
    claim = {"said": {"kind": "claim", "cause": "authority_cause", "tickets": ["INC1002"], **october}}
    grant = {"note": "Our firewall", "said": {"kind": "decision", "about": 15, "granted": True}}
    said = case(claim, grant, excused={"KPI5": frozenset({"INC1002"})})
    assert ["Claim for 1 ticket: INC1002 (entry 15)", "", "", "j.smith, 3 November 2026: Our firewall"] in texts(
        said, "excluded-today"
    )
    assert texts(said, "missed")[3][4] == "no cause on record"
    listed = {row[0]: row[5] for row in rows(tickets(said), "tickets-KPI5")}
    assert listed["INC1002"] == "left out: a claim is granted"


def test_an_outage_that_counts_in_the_share_of_users_says_by_which_entry() -> None:
    hit = {"kind": "impact", "service": "custody", "users": 40, "of": 1000}
    time = {"start": "2026-10-12T01:00:00Z", "end": "2026-10-12T07:00:00Z"}
    several = {part.title: part for part in services(case({"said": {**hit, **time}})).sections}
    told = {
        name: [line for block in part.blocks if isinstance(block, Prose) for line in block.lines]
        for name, part in several.items()
    }
    when = "12 Oct 2026 02:00:00 to 08:00:00 BST"
    assert told["Custody"] == [
        f"Outages count in the share of users that were hit, {when}: 40 of 1,000 (entry 15 of j.smith)."
    ]
    assert told["Network"] == []


def test_comments_on_the_month_stand_by_themselves_and_change_nothing() -> None:
    comment = {"kind": "comment", "month": "2026-10"}
    assert "comments" not in {part.id for part in register(case()).sections}
    found = register(
        case(
            {"note": "The link was replaced.", "said": {**comment, "service": "custody"}},
            {"note": "Keep this to us.", "said": {**comment, "internal": True}},
            {"note": "Said twice.", "said": comment},
            undo(17, "Twice"),
        )
    )
    assert [row[1:3] for row in rows(found, "comments")] == [
        ["Custody in October 2026", "The link was replaced."], ["Internal: October 2026", "Keep this to us."]
    ]  # fmt: skip
    assert not {"15", "16"} & {row[0] for row in rows(found, "entries")}
