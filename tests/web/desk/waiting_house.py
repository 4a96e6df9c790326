"""A desk of a contract with a year behind it, in which something of every sort waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sla_monitor.assess import assess
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.ledger import HistoryReader, Ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from tests.fakes.clock import FakeClock
from tests.register.office import TERMS
from tests.web.desk.house import House, files_of, furnished

NOW_MS = int(datetime(2026, 11, 20, 14, 25, 26, tzinfo=UTC).timestamp()) * 1000
HOUR = 3_600_000
PARTS: dict[str, Any] = {
    "id": "small",
    "title": "Custody records",
    "term": {"start": "2026-10-01", "end": "2036-03-31"},
    "services": [
        {
            "id": "custody",
            "name": "Custody records",
            "endpoints": [{"id": "health", "kind": "tcp", "host": "127.0.0.1", "port": 1, "every": "1h"}],
        }
    ],
    "kpis": [
        {
            "id": "KPI1", "title": "Custody availability", "service": "custody", "target": "99.9",
            "rounding": {"mode": "none"},
            "bands": [
                {"name": "met", "at_least": "99.9"}, {"name": "minor", "at_least": 99, "below": "99.9", "points": 1},
                {"name": "severe", "below": 99, "points": 5},
            ],
        },
        {"id": "KPI3", "title": "Satisfaction", "indicator": "submitted", "target": 80, "source_of_truth": "supplier"},
    ],
    "charges": {"monthly": [{"amount": "10000.00"}]},
    "maintenance": {
        "notice_working_days": 5, "hours": "nights", "allowance": "4h",
    },
    "triggers": [
        {
            "id": "rectification", "conditions": [{"measure": "failures", "at_least": 1}],
            "effects": ["rectification_plan"],
        },
    ],
    "calendars": {"nights": {"hours": {"mon-sun": "22:00-24:00"}}},
    "relief": {"deadline_months": 1},
    "invoicing": {"notify_working_days": 10, "invoice_months": 1, "invoice_working_days": 10, "payment_days": 30},
    "obligations": [
        {"id": "insurance", "title": "Certificate of insurance", "kind": "insurance", "due": "2026-11-18"},
    ],
}  # fmt: skip


def contract_in(folder: Path) -> Contract:
    (folder / "small.yaml").write_text(json.dumps({**TERMS, **PARTS}))
    return next(iter(load_contract_files([folder / "small.yaml"])))


def record(folder: Path, outages: Sequence[tuple[str, int]]) -> None:
    """A ledger of a probe each hour since the term began, down for so many hours from each instant on."""
    for ending, content in _recorded(tuple(outages)).items():
        (folder / f"ledger.db{ending}").write_bytes(content)


@cache
def _recorded(outages: tuple[tuple[str, int], ...]) -> Mapping[str, bytes]:
    with TemporaryDirectory() as folder:
        _record(Path(folder) / "ledger.db", outages)
        return files_of(Path(folder) / "ledger.db")


def _record(path: Path, outages: Sequence[tuple[str, int]]) -> None:
    begin_ms, clock = ms("2026-10-01T00:00"), FakeClock(NOW_MS)
    down = {ms(at) // HOUR + hour for at, hours in outages for hour in range(hours)}
    with Ledger.open(path, clock) as ledger:
        for number, at_ms in enumerate(range(begin_ms, NOW_MS, HOUR), start=1):
            is_down = at_ms // HOUR in down
            finding = Finding(Outcome.DOWN, Reason.TIMEOUT) if is_down else Finding(Outcome.UP, duration_us=2_000)
            ledger.record(Observation("small/health", at_ms, finding), HOUR)
            assert number % 500 or ledger.flush(20)
        assert ledger.flush(20)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def say(house: House, kind: str, actor: str, *, at: str = "2026-11-19T10:00", note: str = "", **words: Any) -> int:
    """Enter something as a command does; its number."""
    contract = house.parts.contracts[0]
    body = body_of(kind, words, contract.time_zone)
    entry = entry_of(body, at_ms=ms(at), actor=actor, contract="small", note=note, known_by="command")
    return Register.open(house.ledger, FakeClock(NOW_MS)).add([entry])[0]


def assessed(house: House) -> None:
    """Let the board have what the daemon would have found."""
    with HistoryReader(house.ledger) as reader:
        house.parts.board.assessment = assess(house.parts.contracts, reader, NOW_MS)


@contextmanager
def waiting_house(folder: Path, **more: Any) -> Iterator[House]:
    record(folder, [("2026-10-06T09:00", 3), ("2026-11-10T09:00", 2)])
    with furnished(folder, clock=FakeClock(NOW_MS), contracts=[contract_in(folder)], **more) as house:
        say(house, "claim", "sue", cause="third_party", services=["custody"], start="2026-10-06 10:00",
            end="2026-10-06 13:00", note="The carrier’s line was cut.")  # fmt: skip
        say(house, "maintenance", "sue", services=["custody"], start="2026-11-24 22:00", end="2026-11-25 01:00")
        say(house, "dispute", "carl", party="authority", services=["custody"], start="2026-10-06 10:00",
            end="2026-10-06 13:00", note="<script>alert(1)</script> The line is yours.")  # fmt: skip
        say(house, "action", "carl", owner="Sue", due="2026-11-16", note="Write the plan.")
        assessed(house)
        yield house
