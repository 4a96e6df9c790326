"""A register of ten years: what need not be read is not read, and pages end."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.affected_months import Others, first_changed
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import KINDS, Claim, Entry
from tests.ledger.recording.test_register_entries import spoil
from tests.register.office import Office
from tests.register.saying import booking, entries, entry, said, ticket

ZONE = ZoneInfo("Europe/London")
DAY_MS = 86_400_000


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.furnished(tmp_path)


def long_register(office: Office, count: int = 300) -> list[Entry]:
    """Tickets, every tenth recorded twice, a booking before them all that is decided after them all, and an undoing of
    the last ticket but one."""
    several = [booking()]
    several += [ticket(f"INC{n if n % 10 else n + 1}") for n in range(count)]
    several += [("decision", {"about": 1, "granted": True}), ("undo", {"about": count})]
    said = entries(*several)
    Register.open(office.ledger, SystemClock()).add(said)
    return said


def listed(office: Office, *options: str) -> list[str]:
    """The numbers of the entries, as the table has them."""
    lines = office.done("list", "small", *options).out.splitlines()[2:]
    return [line.split()[0] for line in lines if line.strip()]


@pytest.mark.parametrize("options", [(), ("--all",), ("--kind", "ticket"), ("--kind", "decision"), ("--kind", "undo")])
@pytest.mark.parametrize("last", ["1", "7", "50", "299", "1000"])
def test_a_page_is_the_end_of_the_whole_list(office: Office, options: tuple[str, ...], last: str) -> None:
    """With the same states, although only the end of the register was read."""
    long_register(office)
    whole = office.done("list", "small", *options, "--last", "0").out.splitlines()
    page = office.done("list", "small", *options, "--last", last)
    rows = [line.split() for line in whole[2:]]
    count = min(int(last), len(rows))
    assert [line.split() for line in page.out.splitlines()[2:]] == rows[len(rows) - count :]
    assert page.err == ("" if count == len(rows) else f"The newest {last}; --last 0 lists all.\n")


def test_without_a_number_a_table_has_fifty_and_json_has_all(office: Office) -> None:
    said = long_register(office)
    assert len(listed(office)) == 50
    told = office.done("list", "small", "--format", "json").json
    assert [one["number"] for one in told["entries"]] == [one.number for one in effective_entries(said).entries]


def test_what_waits_is_listed_however_old_it_is(office: Office) -> None:
    Register.open(office.ledger, SystemClock()).add(
        entries(("claim", dict(CLAIM)), *(ticket(f"T{n}") for n in range(900)))
    )
    assert listed(office, "--pending", "--last", "1") == ["1"]
    assert listed(office, "--period", "2026-01", "--kind", "claim") == ["1"]


CLAIM = {"start": "2026-01-05T10:00:00Z", "end": "2026-01-05T12:00:00Z", "cause": "authority_cause"}


def test_a_line_of_the_minutes_reads_nothing_of_the_register(office: Office) -> None:
    """What is not read cannot be found damaged: a correction finds it at once."""
    office.done("add", "minute", "small", "--month", "2024-02", "--note", "begun")
    spoil(office.ledger, "update register set note = 'forged'")
    words = ("small", "--month", "2024-02", "--note", "The plan was accepted.", "--format", "json")
    told = office.done("add", "minute", *words).json
    assert (told["changed"], [one["number"] for one in told["added"]]) == ([], [2])
    office.done("add", "action", "small", "--owner", "A. Person", "--note", "Write it.")
    span = ("--start", "2024-02-05 09:00", "--end", "2024-02-05 10:00", "--outcome", "up")
    refused = office.run("add", "correction", "small", "--endpoint", "health", *span, "--yes")
    assert refused.code == 1
    assert "was altered" in refused.err


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_either_changes_figures_or_is_among_those_that_do_not(kind: str) -> None:
    """What the command previews and what a restatement lists go by one rule."""
    words = {
        "maintenance": booking()[1],
        "claim": CLAIM,
        "decision": {"about": 1, "granted": True},
        "figure": {"kpi": "KPI1", "month": "2026-01", "party": "agreed", "value": "99"},
        "ticket": ticket("INC9")[1],
        "occurrence": {"rule": "r", "month": "2026-01", "duration_ms": 1},
        "misreport": {"month": "2026-01", "omitted": "1.00"},
        "correction": {"services": ["custody"], "start": "2026-01-05", "end": "2026-01-06", "outcome": "up"},
        "impact": {"service": "custody", "start": "2026-01-05", "end": "2026-01-06", "users": 1, "of": 2},
        "dispute": {"party": "supplier", "start": "2026-01-05", "end": "2026-01-06"},
        "outage_list": {"start": "2026-01-01", "end": "2026-02-01", "digest": "0" * 64},
        "waiver": {"month": "2026-01", "what": "money"},
        "earn_back": {"month": "2026-01", "amount": "1.00"},
        "credit_claim": {"month": "2026-01", "claimed": "2026-01-05T10:00:00Z"},
        "credit_notified": {"month": "2026-01", "amount": "1.00", "on": "2026-02-05"},
        "credit_invoiced": {"month": "2026-01", "amount": "1.00", "on": "2026-02-05", "invoice": "A-1"},
        "credit_settled": {"month": "2026-01", "amount": "1.00", "on": "2026-02-05", "how": "paid"},
        "credit_written_off": {"month": "2026-01", "amount": "1.00", "on": "2026-02-05"},
        "sign_off": {"month": "2026-01", "digest": "0" * 64, "points": "0", "credit": "0.00"},
        "countersignature": {"month": "2026-01", "digest": "0" * 64},
        "minute": {"month": "2026-01"},
        "action": {"owner": "A. Person", "month": "2026-01"},
        "done": {"about": 1},
        "undo": {"about": 1},
        "acknowledgement": {"service": "custody"},
        "comment": {"month": "2026-01", "about": 1},
        "obligation_met": {"obligation": "report", "due": "2026-01-05", "met": "2026-01-05T10:00:00Z", "by": "x"},
        "obligation_excused": {"obligation": "report", "due": "2026-01-05"},
        "failure_cause": KINDS["failure_cause"].example.words,
        "underpinning": {"month": "2026-01", "kpis": ["KPI1"], "by": "Carrier Ltd"},
        "terms_proposed": KINDS["terms_proposed"].example.words,
        "terms_approved": {"about": 1, "digest": "0" * 64},
        "terms_rejected": {"about": 1},
        "terms_withdrawn": {"about": 1},
    }
    others = Others(entries(booking()))
    found = first_changed(said(kind, **words[kind]), ZONE, others, DAY_MS)
    assert found == (None if not KINDS[kind].changes_figures else "2026-01")


def test_a_claim_reaches_to_its_tickets_and_a_ticket_to_where_it_was_recorded_before() -> None:
    old = {"opened": "2025-03-05T10:00:00Z", "ended": "2025-03-05T12:00:00Z"}
    others = Others([entry(1, "ticket", id="INC1", priority="P1", **old)])
    named = Claim.model_validate({"kind": "claim", **CLAIM, "tickets": ["INC1", "INC2"]})
    assert first_changed(named, ZONE, others, DAY_MS) == "2025-03"
    again = said("ticket", id="INC1", priority="P1", opened="2026-01-05T10:00:00Z")
    assert first_changed(again, ZONE, others, DAY_MS) == "2025-03"


def test_entries_of_a_kind_share_what_is_the_same_of_them(office: Office) -> None:
    """Half of the daemon's memory for a register of ten years. They are what they were all the same."""
    said = long_register(office, 20)
    read = Register.open(office.ledger, SystemClock()).entries("small")
    assert list(read) == said
    tickets = [each for each in read if each.body.kind == "ticket"]
    assert len({id(each.body.model_fields_set) for each in tickets}) == 1
    assert [json.loads(each.model_dump_json(by_alias=True)) for each in read] == [
        json.loads(each.model_dump_json(by_alias=True)) for each in said
    ]
