"""Root cause and owner of outages and failures: told beside them in pack and working, without effect on any figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.document import figures_digest
from sla_monitor.errors import RegisterError
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.redaction import redacted
from sla_monitor.review.chapters.failed_kpis import failed_kpis
from sla_monitor.review.chapters.first_page import first_page
from sla_monitor.review.pack_input import PackInput
from tests.assess.two_files import contract_of, down, month_of, said

CUT: dict[str, Any] = {
    "kind": "failure_cause", "services": ["cad"], "start": "2026-06-10 08:00", "end": "2026-06-10 09:00",
    "root_cause": "Cable cut", "owner": "Carrier Ltd", "note": "Ticket 4711.",
}  # fmt: skip
OUTAGE = down(("2026-06-10 08:00", "2026-06-10 18:00"))


def texts(case: PackInput) -> str:
    blocks = [*first_page(case), *(block for one in failed_kpis(case).sections for block in one.blocks)]
    rows = [row for block in blocks for row in getattr(block, "rows", ())]
    facts = [(cell,) for block in blocks for _, cell in getattr(block, "items", ())]
    return "\n".join(cell.text for row in (*rows, *facts) for cell in row)


def test_the_last_one_that_reaches_an_outage_is_told_beside_it_and_changes_nothing(tmp_path: Path) -> None:
    contract = contract_of(tmp_path)
    entries = said(
        CUT | {"root_cause": "Not known yet"},
        CUT,
        CUT | {"root_cause": "Another day", "start": "2026-06-11 08:00", "end": "2026-06-11 09:00"},
        CUT | {"root_cause": "Undone"},
        {"kind": "undo", "about": 4, "note": "No."},
        CUT | {"root_cause": "No spare part", "services": [], "kpis": ["KPI1"]},
    )
    found = month_of(tmp_path, contract, "2026-06", OUTAGE, entries=entries)
    case = PackInput(found, contract.versions[0].terms, effective_entries(found.entries))
    told = texts(case)
    assert "Cable cut (owner: Carrier Ltd), entry 2" in told
    assert "No spare part (owner: Carrier Ltd), entry 6" in told
    assert not any(other in told for other in ("Not known yet", "Another day", "Undone"))
    working = format_working(found, contract, None)
    assert "(Cable cut; owner Carrier Ltd, entry 2)" in working
    assert "KPI1, cause\n  No spare part (owner: Carrier Ltd), entry 6\n" in working
    assert figures_digest(found) == figures_digest(month_of(tmp_path, contract, "2026-06", OUTAGE))
    assert [redacted(entry).note for entry in found.entries[:1]] == ["Ticket 4711."]


def test_it_is_about_something() -> None:
    with pytest.raises(RegisterError, match="services: or kpis: say what has failed"):
        body_of("failure_cause", {name: CUT[name] for name in ("start", "end", "root_cause", "owner")}, ZoneInfo("UTC"))
