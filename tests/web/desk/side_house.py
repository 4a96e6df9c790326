"""A desk of two suppliers' contracts with credits, duties, participants, and secrets that only some may read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sla_monitor.assess import assess
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract_files
from sla_monitor.ledger import HistoryReader
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.settings.views import SharedViews
from sla_monitor.web import Limits
from tests.fakes.clock import FakeClock
from tests.register.office import TERMS
from tests.web.desk.house import PACKS, House, new_ledger, settings_of
from tests.web.running import Parts, web_of

NOW_MS = int(datetime(2026, 11, 20, 14, 25, 26, tzinfo=UTC).timestamp()) * 1000
HOSTILE = "</td><script>alert(1)</script> \u202eevil \U0001f608 " + "W" * 130
SPELLED = HOSTILE.replace("\u202e", "")
FORMULA = '=HYPERLINK("http://evil.example")'
NOTE = "SECRET-NOTE of the authority"
ELSEWHERE = "SECRET-SUPPLIER"
SHARE = {"kent": "66.60", "sussex": "33.40"}
PARTS: dict[str, Any] = {
    "term": {"start": "2026-06-01", "end": "2040-12-31"},
    "invoicing": {"notify_working_days": 10},
    "obligations": [
        {"id": "insurance", "title": "Certificate of insurance", "kind": "insurance", "due": "2026-11-12",
         "consequence": "Step-in"},
        {"id": "benchmark", "title": "Benchmark", "kind": "benchmark", "party": "authority", "due": "2026-12-20"},
        {"id": "plan", "title": f"Plan {SPELLED}", "clause": "9.1", "kind": "plan", "due": "2026-12-10"},
    ],
    "participants": [{"id": name, "name": f"{name} police", "share": share} for name, share in SHARE.items()],
}  # fmt: skip


def contracts_in(folder: Path) -> list[Contract]:
    paths = []
    for name, supplier in (("small", "The Supplier"), ("other", ELSEWHERE)):
        paths.append(folder / f"{name}.yaml")
        paths[-1].write_text(json.dumps({**TERMS, **PARTS, "id": name, "supplier": supplier}, ensure_ascii=False))
    return list(load_contract_files(paths))


SAID: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("figure", {"kpi": "KPI2", "month": "2026-08", "party": "agreed", "value": "85"}, ""),
    ("figure", {"kpi": "KPI2", "month": "2026-09", "party": "agreed", "value": "85"}, ""),
    ("credit_notified", {"month": "2026-08", "amount": "20", "on": "2026-09-10"}, HOSTILE),
    ("credit_written_off", {"month": "2026-08", "amount": "1", "on": "2026-09-20"}, NOTE),
    ("acknowledgement", {"service": "custody"}, NOTE),
)


def say(ledger: Path, contract: Contract, kind: str, words: dict[str, Any], note: str = "", **more: str) -> int:
    """Enter something as a command does; its number."""
    at_ms = int(datetime(2026, 11, 19, 10, tzinfo=UTC).timestamp()) * 1000
    body = body_of(kind, words, contract.time_zone)
    known = {"actor": "A. Authority", "known_by": "command", **more}
    entry = entry_of(body, at_ms=at_ms, contract=contract.id, note=note, **known)
    return Register.open(ledger, FakeClock(NOW_MS)).add([entry])[0]


@contextmanager
def side_house(folder: Path, **more: Any) -> Iterator[House]:
    """`more`: of the desk's settings."""
    ledger, clock, contracts = folder / "ledger.db", FakeClock(NOW_MS), contracts_in(folder)
    new_ledger(ledger)
    for contract in contracts:
        for kind, words, note in SAID:
            say(ledger, contract, kind, words, note)
    parts = Parts(
        desk=settings_of(folder, **more), desk_ledger=ledger, contracts=contracts, ledger=ledger, clock=clock,
        views=SharedViews.model_validate({}),
    )  # fmt: skip
    parts.packs = lambda: PACKS
    with HistoryReader(ledger) as reader:
        parts.board.assessment = assess(contracts, reader, NOW_MS)
    web = web_of(parts, limits=Limits())
    web.start()
    try:
        yield House(web, parts, folder)
    finally:
        web.stop(5)
        assert not web.is_alive
