"""A failure of the supplier's supplier: shown beside the failure that it explains, and without effect on any figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.document import figures_digest
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.redaction import redacted
from sla_monitor.review.chapters.failed_kpis import failed_kpis
from sla_monitor.review.pack_input import PackInput
from tests.assess.two_files import contract_of, down, month_of, said

CARRIER: dict[str, Any] = {"kind": "underpinning", "month": "2026-06", "kpis": ["KPI1"], "by": "Carrier Ltd"}
OUTAGE = down(("2026-06-10 08:00", "2026-06-10 18:00"))
PRICE: dict[str, Any] = {"credits": [{"id": "missed", "method": "fixed", "amounts": {"KPI1": 500}}]}


def facts(case: PackInput) -> dict[str, str]:
    (page,) = failed_kpis(case).sections
    return {name: cell.text for block in page.blocks for name, cell in getattr(block, "items", ())}


def test_it_stands_beside_the_failure_and_changes_nothing(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, **PRICE)
    entries = said(
        CARRIER | {"under": "MPLS-7", "note": "Cable cut."},
        CARRIER | {"month": "2026-07", "by": "Somebody else"},
        CARRIER | {"by": "Undone Ltd"},
        {"kind": "undo", "about": 3},
    )
    found = month_of(tmp_path, contract, "2026-06", OUTAGE, entries=entries)
    case = PackInput(found, contract.versions[0].terms, effective_entries(found.entries))
    assert facts(case)["Explained by"] == "Carrier Ltd (MPLS-7), entry 1, which changes no figure"
    assert "KPI1, explained by\n  Carrier Ltd (MPLS-7), entry 1\n" in format_working(found, contract, None)
    alone = month_of(tmp_path, contract, "2026-06", OUTAGE)
    assert found.result is not None
    assert found.result.credit.total == 500
    assert figures_digest(found) == figures_digest(alone)
    assert "Explained by" not in facts(PackInput(alone, contract.versions[0].terms))
    assert "explained by" not in format_working(alone, contract, None)


def test_both_sides_read_its_note(tmp_path: Path) -> None:
    contract = contract_of(tmp_path)
    found = month_of(tmp_path, contract, "2026-06", OUTAGE, entries=said(CARRIER | {"note": "Cable cut."}))
    assert [redacted(entry).note for entry in found.entries] == ["Cable cut."]
