"""What a month's table says of exclusions, tickets, failures that were let pass, and of a signed month that moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from tests.support.quarter import CONTRACT, SAID, entry, run

MARCH = ("--period", "2025-03")
SIGNED = {"kind": "sign_off", "month": "2025-03", "digest": "0" * 64, "points": "6", "credit": "31000.00"}
GRANTED = {"kind": "decision", "about": 2, "granted": True}


class Books:
    """A copy of the quarter in which more is said."""

    def __init__(self, folder: Path, quarter: Path) -> None:
        self.contract, self.ledger = folder / "partnership.yaml", folder / "ledger.db"
        self.contract.write_text(CONTRACT)
        shutil.copy(quarter / "ledger.db", self.ledger)

    def say(self, *said: dict[str, Any], **more: str) -> None:
        first = len(SAID) + 1
        entries = [entry(number, one).model_copy(update=more) for number, one in enumerate(said, first)]
        Register.open(self.ledger, SystemClock()).add(entries)

    def told(self, *more: str) -> str:
        result = run(str(self.contract), "--ledger", str(self.ledger), *MARCH, *more)
        assert result.exit_code == 0, result
        return result.stdout

    def block(self, heading: str) -> list[str]:
        """The lines under a heading."""
        (found,) = (block for block in self.told().split("\n\n") if block.startswith(heading))
        return found.splitlines()[1:]


@pytest.fixture
def books(tmp_path: Path, quarter: Path) -> Books:
    return Books(tmp_path, quarter)


def test_every_exclusion_is_told_with_its_seconds_reason_reference_and_decision(books: Books) -> None:
    books.say({**GRANTED, "end": "2025-03-10T20:00Z"}, reference="MIN-4", note="it was ours", actor="b.chief")
    told = " ".join(" ".join(books.block("Exclusions")).split())
    assert (
        "#2 claim, authority cause, by a.person"
        " excluded: 10 Mar 2025 18:00:00 to 20:00:00 GMT, decision #8 by b.chief: MIN-4; it was ours"
        " custody: 2 h of agreed time, 2 h of it down"
        " not excluded: 10 Mar 2025 20:00:00 to 21:00:00 GMT, not in what was granted"
        " custody: 1 h of agreed time, 1 h of it down"
    ) in told
    assert told.endswith("Excluded for all KPIs, each instant once: custody 4 h of 743 h")


def test_the_seconds_are_those_of_the_json(books: Books) -> None:
    books.say(GRANTED)
    (custody, _) = json.loads(books.told("--format", "json"))["services"]
    assert custody["excluded_seconds"] == "18000"
    assert books.block("Exclusions")[-1].strip() == "Excluded for all KPIs, each instant once: custody 5 h of 743 h"


def test_what_is_taken_out_for_some_kpis_alone_is_told_of_their_services(books: Books) -> None:
    """Named without a service, the claim is about all of them; the desk's time plays no part in KPI1."""
    span = {"start": "2025-03-12T09:00Z", "end": "2025-03-12T10:00Z"}
    books.say({"kind": "claim", "cause": "authority_cause", "kpis": ["KPI1"], **span})
    told = books.block("Exclusions")
    assert "      custody: 1 h of agreed time, 0 s of it down, for KPI1 alone" in told
    assert not [line for line in told if "desk" in line]


def test_tickets_and_failures_that_are_let_pass_are_told(books: Books) -> None:
    span = {"start": "2025-03-06T17:00Z", "end": "2025-03-07T14:00Z"}
    books.say(
        {"kind": "claim", "cause": "third_party", "tickets": ["INC-2"], **span},
        {"kind": "decision", "about": 8, "granted": True},
        {"kind": "waiver", "month": "2025-03", "kpis": ["KPI1"], "what": "money"},
    )
    told = " ".join(" ".join(books.block("Exclusions")).split())
    assert "#8 claim, third party, by a.person excluded: ticket INC-2, decision #9 by b.chief" in told
    assert "KPI1: the failure is let pass by entry 10: no money" in told


def test_a_restated_month_tells_what_moved_and_why(books: Books) -> None:
    """Three hours less of outage: still severe, and a repeat; 99.9 per cent would have been 18 minutes."""
    books.say(SIGNED, {**GRANTED, "about": 2}, note="the link was ours")
    told = books.told()
    assert "RESTATED: sign-off #8 had 6 points and GBP 31,000.00; now 6 points and" in told
    rows = [line.split("  ") for line in told.splitlines() if line.startswith("KPI1") and "severe, 6" in line]
    assert [[cell.strip() for cell in row if cell] for row in rows] == [
        ["KPI1", "98.23 % (severe, 6 points)", "98.63 % (severe, 6 points)"]
    ]
    assert "Because of\n  #9 by b.chief: Granting of entry 2; the link was ours" in told


def test_money_that_was_let_pass_after_the_signature_is_told_to_the_penny(books: Books) -> None:
    books.say(SIGNED, {"kind": "waiver", "month": "2025-03", "kpis": ["KPI1"], "what": "points_and_money"})
    told = [" ".join(line.split()) for line in books.told().splitlines()]
    assert "points 6 0" in told
    assert "credit, GBP GBP 31,000.00 GBP 0.00" in told
    assert "triggers bad run -" in told


def test_a_month_that_changed_without_the_register_is_told_so(books: Books) -> None:
    """Another contract file: no entry is to blame."""
    books.say(SIGNED)
    books.contract.write_text(CONTRACT.replace("points: 3", "points: 2"))
    told = " ".join(books.told().split())
    assert "now 4 points and GBP 31,000.00" in told
    assert "the contract's file or what was seen has changed since" in told
    assert "Because of" not in told
    found = json.loads(books.told("--format", "json"))["restatement"]
    assert (found["moved"], found["before_points"]["value"], found["because"]) == ([], "4", [])


def test_a_file_of_tickets_that_came_late_is_not_told_ticket_by_ticket(books: Books) -> None:
    late = [
        {"kind": "ticket", "id": f"INC-{number}", "priority": "P1", "opened": "2025-03-05T09:00Z"}
        for number in range(100, 130)
    ]
    books.say(SIGNED, *late)
    told = books.told()
    assert told.count(" by a.person: Ticket ") == 20
    assert "  ... and 10 more (see `sla-monitor register list`)" in told


def test_later_months_are_no_reason_for_a_restatement(books: Books) -> None:
    books.say(
        SIGNED,
        {"kind": "waiver", "month": "2025-04", "kpis": ["KPI1"], "what": "money"},
        {"kind": "waiver", "month": "2025-02", "kpis": ["KPI1"], "what": "points_and_money"},
    )
    found = json.loads(books.told("--format", "json"))["restatement"]
    assert found["because"] == [10]
    assert "  #10, about months before" in books.told()


def test_what_the_contract_is_worth_stands_at_the_head(books: Books) -> None:
    assert "worth" not in books.told().partition("KPI")[0]
    books.contract.write_text(CONTRACT.replace("currency: GBP", "currency: GBP\ntotal_value: 204000000"))
    assert "\nworth GBP 204,000,000.00 over its term, 1 January 2025 to 31 December 2044\n" in books.told()
    worth = json.loads(books.told("--format", "json"))["contract"]["total_value"]
    assert worth == {"amount": "204000000.00", "currency": "GBP"}


def test_no_sentence_is_wider_than_paper(books: Books) -> None:
    """Tables to a file may be as wide as they like; what is said in words fits."""
    books.say(SIGNED, GRANTED, note="the link between the sites was ours, and nobody had told the supplier " * 3)
    blocks = [block for block in books.told().split("\n\n") if "-----" not in block]
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 80


RAISED = CONTRACT.replace(
    "charges: {monthly: [{amount: 850000.00}, {service: custody, amount: 50000.00}]}",
    "charges: {monthly: [{amount: 850000.00}], indexation: [{from: 2025-03-11, percent: 2.5}]}",
)


def test_every_number_of_the_working_comes_from_somewhere_in_it(books: Books) -> None:
    """Classes of time, outages that add up to them, late tickets, charges: what the formulas begin with."""
    books.contract.write_text(RAISED)
    told = books.told("--working")
    assert "\n  agreed time: " in told, "the month is over"
    for line in (
        "GMT, health, records, status unexpected: 12 h, after exclusions 10 h (#1, #2)",
        "BST to 1 Apr 2025 03:00:00 BST, records, status unexpected: 3 h, after exclusions 3 h",
        "in all: 15 h, after exclusions 13 h",
        "excluded 2 h, unseen 6 h, degraded 0 s, down 13 h, the rest was up",
        "late: INC-2 (P1, 6 Mar 2025 17:00:00 GMT): 7 h on the clock",
        "the contract: 850000.00 x 10 / 31 days + 850000.00 x (1 + 2.5 / 100) x 21 / 31 days = 864395.16",
        "in the months before, 2025-01 to 2025-02: 2 x 850000.00 = 1700000.00",
    ):
        assert f"{line}\n" in told, line
