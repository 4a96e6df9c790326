"""Made-up months as evidence files say them, worked out by the real assessment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sla_monitor.assess import assess_month
from sla_monitor.assess.charges_in_words import charges_worked_out
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.document import Inputs, document, document_text
from sla_monitor.evidence import read_evidence
from sla_monitor.evidence.file_evidence import FileEvidence
from sla_monitor.register.effective import effective_entries
from sla_monitor.review.pack_input import PackInput, unseen

FOLDER = Path(__file__).parent / "golden"
CONTRACT = FOLDER / "contract.yaml"

INPUTS = Inputs(contract_sha256="c" * 64, holidays_sha256=[], evidence_sha256="e" * 64)

Outages = tuple[tuple[str, str, str], ...]
"""From, to (on the wall in London), and the reason."""

TICKETS = (
    {"kind": "ticket", "id": "INC7", "priority": "P1", "opened": "2026-09-03 10:00", "ended": "2026-09-03 12:00"},
    {
        "kind": "ticket", "id": "INC9", "priority": "P1", "opened": "2026-09-14 09:00", "ended": "2026-09-14 18:00",
        "stops": [{"start": "2026-09-14 11:00", "end": "2026-09-14 12:00", "reason": "waiting_for_authority"}],
    },
    {"kind": "figure", "kpi": "PI1", "month": "2026-09", "party": "supplier", "value": "83.4"},
)  # fmt: skip
BAD: dict[str, Outages] = {
    "control": (
        ("2026-08-11 03:00", "2026-08-11 08:30", "timeout"),
        ("2026-09-08 22:10", "2026-09-09 07:40", "connection_refused"),
        ("2026-09-21 14:00", "2026-09-21 14:06", "tls_failed"),
    ),
    "custody": (
        ("2026-08-03 00:00", "2026-08-03 18:00", "status_unexpected"),
        ("2026-09-18 06:00", "2026-09-18 23:30", "timeout"),
    ),
    "desk": (("2026-09-30 09:00", "2026-09-30 13:15", "dns_failed"),),
}
RELIEF: dict[str, Outages] = {"control": (("2026-09-08 22:10", "2026-09-09 07:40", "connection_refused"),)}
CLAIM = {
    "kind": "claim", "cause": "authority_cause", "services": ["control"], "start": "2026-09-08 22:00",
    "end": "2026-09-09 06:00", "aware": "2026-09-09 08:00", "notified": "2026-09-17 10:00",
}  # fmt: skip
SIGNED = {"kind": "sign_off", "month": "2026-09", "digest": "0" * 64, "points": 3, "credit": "3000.00"}
LATE = (CLAIM, SIGNED, {"kind": "decision", "about": 2, "granted": True})
BOOKED = {
    "kind": "maintenance", "services": ["custody"], "start": "2026-10-10 22:00", "end": "2026-10-11 01:00",
    "notified": "2026-09-20 09:00",
}  # fmt: skip


def entries(said: Sequence[dict[str, Any]], first: int = 1) -> list[dict[str, Any]]:
    """Entries, one a day from 1 October on, numbered upwards."""
    return [
        {
            "number": number, "at": f"2026-10-{number:02}T09:00:00Z", "contract": "force-ict",
            "actor": "b.ward" if one["kind"] == "decision" else "a.clark",  # four eyes
            "note": f"About {one['kind'].replace('_', ' ')}", "said": one,
        }
        for number, one in enumerate(said, start=first)
    ]  # fmt: skip


def evidence(
    folder: Path, outages: dict[str, Outages], said: Sequence[dict[str, Any]] = (), blind: Sequence[str] = ()
) -> Path:
    """An evidence file: everything up from April to September but for the outages; `blind`: from and to."""
    unseen = [{"start": blind[0], "end": blind[1]}] if blind else []
    seen = [
        {
            "kind": "outages", "service": name, "unseen": unseen,
            "outages": [{"start": a, "end": b, "reason": why} for a, b, why in outages.get(name, ())],
        }
        for name in ("control", "custody", "desk")
    ]  # fmt: skip
    whole = {
        "format": "sla-monitor-evidence", "version": 1, "contract": "force-ict", "zone": "Europe/London",
        "at": "2026-10-28T00:00:00Z", "seen": {"from": "2026-04-10", "until": "2026-10-05"}, "observed": seen,
        "entries": entries(said),
    }  # fmt: skip
    file = folder / "evidence.json"
    file.write_text(json.dumps(whole))
    return file


def case_of(file: Path, month: str) -> tuple[PackInput, str]:
    """A pack's case and the assessment in JSON."""
    contract = load_contract(CONTRACT)
    found = read_evidence(file, contract)
    return case_from(contract, found, month)


def case_from(contract: Contract, found: FileEvidence, month: str) -> tuple[PackInput, str]:
    one = assess_month(contract, found, month, found.as_of_ms)
    text = document_text(document(one, INPUTS))
    terms = contract.version_at(one.period.end_ms - 1).terms
    digest = sha256(text.encode()).hexdigest()
    register = effective_entries(found.entries(contract.id))
    return PackInput(
        one,
        terms,
        register,
        digest,
        INPUTS,
        "sla-monitor",
        unseen=unseen(one, found),
        versions=contract.versions,
        charges_worked_out=charges_worked_out(one, contract),
    ), text


LISTED = {
    "kind": "outage_list", "start": "2026-09-01 00:00", "end": "2026-10-01 00:00", "digest": "d" * 64, "left_out": 3,
    "outages": [
        {"service": "control", "start": "2026-09-08 22:10", "end": "2026-09-09 07:41", "id": "INC7", "title": "Login"},
        {"service": "custody", "start": "2026-09-18 06:00", "end": "2026-09-18 12:00", "id": "INC8"},
        {"service": "custody", "start": "2026-09-18 13:00", "end": "2026-09-18 23:00", "title": "Again"},
        {"service": "custody", "start": "2026-09-24 11:00", "end": "2026-09-24 11:45", "id": "INC9"},
        {"service": "desk", "start": "2026-09-14 12:10", "end": "2026-09-14 12:20", "title": "While no probe ran"},
        {"service": "desk", "start": "2026-09-12 21:00", "end": "2026-09-12 22:00", "title": "On a Saturday night"},
    ],
}  # fmt: skip
DISPUTED = {
    "kind": "dispute",
    "party": "supplier",
    "services": ["control"],
    "start": "2026-09-21 14:00",
    "end": "2026-09-21 14:06",
}

SCENES: dict[str, tuple[str, dict[str, Outages], Sequence[dict[str, Any]], Sequence[str]]] = {
    "good": ("2026-07", BAD, (), ()),
    "bad": ("2026-09", BAD, (*TICKETS, BOOKED), ()),
    "relief-decided-late": ("2026-09", RELIEF, (BOOKED, *LATE), ()),
    "reconciled": ("2026-09", BAD, (LISTED, DISPUTED), ("2026-09-14 12:00", "2026-09-14 12:30")),
    "part-month": ("2026-04", {}, (), ()),
    "blind-for-a-day": ("2026-07", {}, (), ("2026-07-14 06:00", "2026-07-15 07:30")),
}
"""Month, what was down, what was said, and when the monitor saw nothing."""


def scene(name: str, folder: Path) -> tuple[PackInput, str]:
    month, outages, said, blind = SCENES[name]
    return case_of(evidence(folder, outages, said, blind), month)
