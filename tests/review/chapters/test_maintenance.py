"""The pack says what is left of an allowance of maintenance, as working and JSON do."""

from __future__ import annotations

from pathlib import Path

from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.document import document
from sla_monitor.review.chapters.maintenance import maintenance
from sla_monitor.review.pack_input import PackInput
from tests.assess.two_files import contract_of, down, month_of, said


def test_what_is_used_of_a_years_allowance_and_what_is_left(tmp_path: Path) -> None:
    rules = {"approval": "none", "allowance": "40h", "allowance_over": "contract_year"}
    contract = contract_of(tmp_path, maintenance=rules)
    booked = [
        {"kind": "maintenance", "start": f"2026-0{month}-10 08:00", "end": f"2026-0{month}-10 18:30"}
        for month in (2, 6, 7)
    ]
    found = month_of(tmp_path, contract, "2026-06", down(), entries=said(*booked))
    tables = maintenance(PackInput(found, contract.versions[0].terms)).tables
    (table,) = [one for one in tables if one.id == "allowances"]
    assert [[cell.text for cell in row] for row in table.rows] == [["cad", "40 h a contract year", "21 h", "19 h"]]
    assert "Maintenance used\n  cad: 21 h of 40 h a contract year, 19 h left\n" in format_working(found, contract, None)
    assert document(found)["allowances"] == [
        {"services": ["cad"], "over": "contract_year", "allowance_seconds": "144000", "used_seconds": "75600"}
    ]


def test_without_an_allowance_nothing_is_said_of_one(tmp_path: Path) -> None:
    contract = contract_of(tmp_path)
    found = month_of(tmp_path, contract, "2026-06", down())
    assert [table.id for table in maintenance(PackInput(found, contract.versions[0].terms)).tables] == ["maintenance"]
    assert "Maintenance used" not in format_working(found, contract, None)
