"""An authority's desk after ten years: contracts with a register each, somebody of each role, and what is assessed.

The register of a contract has some sixteen entries a month: tickets, figures, a booking and a claim with their
decisions, an action and its end, credits from notice to payment, and a line of the minutes. Nothing was probed: what
pages of the desk cost comes from the register.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sla_monitor.assess import assess
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.daemon.assessing import keep_for_good
from sla_monitor.ledger import HistoryReader
from sla_monitor.ledger.opening import make_ledger
from sla_monitor.ledger.recording.audit import AuditEvent, add_events
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.web.identity.audit_log import DeskEvent
from tests.fakes.clock import FakeClock
from tests.register.office import TERMS
from tests.web.desk.house import Browser, House, furnished, hashed

NOW = datetime(2026, 11, 20, 14, 25, 26, tzinfo=UTC)
NOW_MS = int(NOW.timestamp()) * 1000
HOUR, DAY = 3_600_000, 86_400_000
TICKETS = 4
"""A month."""
TOGETHER = 50
"""So many entries were made at once: nearly all are made one by one, which would take minutes to build."""
LAST_MONTH = "2026-10"
PARTICIPANT = "kent"
AUDIT_TOGETHER, AUDIT_SINGLE = 5_000, 2_000
"""Rows of audit that are written at once, but for the newest, which are in a link each as they are in life."""

PEOPLE: Mapping[str, str] = {
    "vera": "viewer", "olga": "operator", "carl": "contract_manager", "anna": "approver", "fred": "finance",
    "sue": "supplier", "audrey": "auditor", PARTICIPANT: "participant",
}  # fmt: skip
"""Somebody of each role in all contracts, but for the supplier, who has one, and the participant."""

PARTS: dict[str, Any] = {
    "relief": {"deadline_months": 1},
    "invoicing": {"notify_working_days": 10, "invoice_months": 1, "invoice_working_days": 10, "payment_days": 30},
    "obligations": [
        {"id": "report", "title": "Monthly report", "kind": "report", "rrule": "FREQ=MONTHLY;BYMONTHDAY=10"},
        {"id": "insurance", "title": "Certificate of insurance", "kind": "insurance", "due": "2026-11-12"},
    ],
}


def contracts_in(folder: Path, count: int, years: int) -> list[Contract]:
    """From files, which pages of terms show."""
    term = {"start": f"{NOW.year - years}-{NOW.month}-01", "end": f"{NOW.year + 9}-03-31"}
    paths = [folder / f"contract-{n:02}.yaml" for n in range(count)]
    for path in paths:
        several = [{"id": PARTICIPANT, "name": "Kent", "share": 100}]
        terms = {**TERMS, **PARTS, "term": term, "id": path.stem, "supplier": f"S {path.stem}", "participants": several}
        path.write_text(json.dumps(terms))
    return list(load_contract_files(paths))


def months(years: int) -> Iterator[tuple[str, datetime]]:
    """Those that are over, each with its first instant."""
    for back in range(years * 12, 0, -1):
        number = NOW.year * 12 + NOW.month - 1 - back
        first = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)
        yield f"{first:%Y-%m}", first


def said_in(month: str, first: datetime, number: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Who says what in a month, in its order. `number`: of the first of them."""
    begin_ms = int(first.timestamp()) * 1000
    later = [f"{first + timedelta(days=days):%Y-%m-%d}" for days in (35, 45, 70, 90)]

    def at(days: int, hours: int = 0) -> Milliseconds:
        return Milliseconds(begin_ms + days * DAY + hours * HOUR)

    for n in range(TICKETS):
        ticket = {"kind": "ticket", "id": f"{month}/{n}", "priority": f"P{1 + n % 2}", "service": "custody"}
        yield "robot", {**ticket, "opened": at(n), "responded": at(n, 1), "ended": at(n, 3)}, ""
    booked = {"kind": "maintenance", "services": ["custody"], "start": at(12, 22), "end": at(13), "notified": at(3)}
    yield "sue", booked, ""
    yield "anna", {"kind": "decision", "about": number + TICKETS, "granted": True}, "as agreed"
    claimed = {"kind": "claim", "cause": "third_party", "services": ["custody"], "start": at(15), "end": at(15, 2)}
    yield "sue", claimed, "The carrier’s line was cut."
    yield "anna", {"kind": "decision", "about": number + TICKETS + 2, "granted": False}, "the line is theirs"
    for kpi, value in (("KPI2", "85"), ("KPI3", "82")):
        yield "carl", {"kind": "figure", "kpi": kpi, "month": month, "party": "agreed", "value": value}, ""
    yield "carl", {"kind": "action", "owner": "Sue", "due": later[1], "month": month}, "Write the plan."
    yield "carl", {"kind": "done", "about": number + TICKETS + 6}, ""
    yield "carl", {"kind": "minute", "month": month}, "The parties met and noted the figures."
    yield "sue", {"kind": "obligation_met", "obligation": "report", "due": f"{month}-10", "met": at(8), "by": "Sue"}, ""
    if month < f"{NOW - timedelta(days=60):%Y-%m}":
        signed = {"kind": "sign_off", "month": month, "digest": "0" * 64, "points": "2", "credit": "20.00"}
        yield "carl", signed, ""
    yield "fred", {"kind": "credit_notified", "month": month, "amount": "20.00", "on": later[0]}, ""
    billed = {"kind": "credit_invoiced", "month": month, "amount": "20.00", "on": later[2], "invoice": f"I-{month}"}
    yield "fred", billed, ""
    yield "fred", {"kind": "credit_settled", "month": month, "amount": "20.00", "on": later[3], "how": "set_off"}, ""


def entries_of(name: str, years: int, number: int) -> list[Entry]:
    """The register of a contract. `number`: of the first of them."""
    found: list[Entry] = []
    for month, first in months(years):
        at_ms = int(first.timestamp()) * 1000 + 20 * DAY
        for actor, said, note in list(said_in(month, first, number + len(found))):
            at = Milliseconds(min(at_ms, NOW_MS))
            known = {"actor": actor, "contract": name, "note": note, "known_by": "password"}
            known |= (
                {"evidence": f"{month}.csv, SHA-256 {sha256(month.encode()).hexdigest()}"}
                if said["kind"] == "credit_invoiced"
                else {}
            )
            found.append(Entry.model_validate({"number": number + len(found), "at": at, "said": said, **known}))
    coming = Milliseconds(NOW_MS + 5 * DAY), Milliseconds(NOW_MS + 5 * DAY + HOUR)
    booked = {"kind": "maintenance", "services": ["custody"], "start": coming[0], "end": coming[1]}
    words = {"number": number + len(found), "at": Milliseconds(NOW_MS), "actor": "sue", "contract": name}
    return [*found, Entry.model_validate({**words, "known_by": "password", "said": booked})]


def audited(count: int) -> Iterator[list[AuditEvent]]:
    """What people did beside entering in ten years, evenly, in pieces as they are written: signing in and downloading.
    Forty people who do each of it ten times a day make 3,000,000 rows, if no two of them are within ten minutes."""
    names = (*PEOPLE, *(f"user{n:02}" for n in range(32)))
    every_ms = 10 * 365 * DAY // max(count, 1)

    def deed(n: int) -> AuditEvent:
        at_ms, name = NOW_MS - (count - n) * every_ms, names[n % len(names)]
        signed_in = AuditEvent(at_ms, at_ms, DeskEvent.SIGNED_IN, name, "password", addresses="192.0.2.7")
        if n % 2:
            return signed_in
        where = f"contract-{n % 50:02}"
        return replace(signed_in, event=DeskEvent.DOWNLOADED, contract=where, subject="credits.csv")

    alone = max(count - AUDIT_SINGLE, 0)
    for first in range(0, alone, AUDIT_TOGETHER):
        yield [deed(n) for n in range(first, min(first + AUDIT_TOGETHER, alone))]
    yield from ([deed(n)] for n in range(alone, count))


def people(last: str) -> list[dict[str, Any]]:
    """`last`: the contract that the supplier has."""
    only: dict[str, dict[str, Any]] = {
        "supplier": {"contracts": [last]}, "participant": {"participant": PARTICIPANT},
    }  # fmt: skip
    return [{"name": name, "roles": [{"role": role, **only.get(role, {})}]} for name, role in PEOPLE.items()]


def propose(house: House, browser: Browser, contract: str) -> None:
    """Propose terms with another credit, as a form does."""
    address, file = f"/desk/contracts/{contract}/terms/propose", house.folder / f"{contract}.yaml"
    dearer = [{"id": "points", "method": "points", "per_point_percent": 2}]
    draft = json.dumps({**json.loads(file.read_text()), "credits": dearer}).encode()
    fields = {"start": "2027-01-01", "note": "Agreed.", "reference": "", "evidence": ""}
    seen = browser.upload(address, {**browser.get(address).hidden, **fields}, {"file": (file.name, draft)})
    assert seen.status == 200, seen.text
    sent = browser.fill_in(seen, address, propose="yes", **fields)
    assert sent.status == 303, sent.text


@contextmanager
def aged_desk(folder: Path, contracts: int, years: int, audit: int) -> Iterator[tuple[House, Sequence[Contract], int]]:
    """A desk that has just started, its contracts, and how many entries it has. `audit`: rows of audit."""
    ledger, several = folder / "ledger.db", contracts_in(folder, contracts, years)
    make_ledger(ledger)
    register, count = Register.open(ledger, SystemClock()), 0
    for one in several:
        said = entries_of(one.id, years, count + 1)
        for first in range(0, len(said), TOGETHER):
            count += len(register.add(said[first : first + TOGETHER]))
    for events in audited(audit):
        add_events(ledger, events)
    (folder / "password").write_text(hashed(rounds=12) + "\n")
    users = [{**one, "password": f"${{file:{folder / 'password'}}}"} for one in people(several[-1].id)]
    tokens: list[dict[str, Any]] = []
    with furnished(folder, clock=FakeClock(NOW_MS), contracts=several, users=users, tokens=tokens) as house:
        yield house, several, count


def assessed(house: House) -> None:
    """What the daemon does at its start."""
    with HistoryReader(house.ledger, known=house.parts.known) as reader:
        house.parts.board.assessment = assess(house.parts.contracts, reader, NOW_MS)
    keep_for_good()
