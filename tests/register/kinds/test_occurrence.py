"""Occurrences: entered for what nobody records, and pointed out where they may be on record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import doubts, problems
from tests.assess.two_files import contract_of
from tests.register.test_rules import made

RULE = {"id": "outages", "method": "unit_rate", "rate": 5, "block": "1h"}
TWICE = "outages prices outages on record: one that is on record must not be entered, or it costs twice"


@pytest.mark.parametrize(
    ("rule", "area", "told"),
    [
        ({}, "", [TWICE]),
        ({}, "ward", [TWICE]),
        ({"service": "cad"}, "", [TWICE]),
        ({"weights": {"cad": 1, "ward": 2}}, "cad", [TWICE]),
        ({"weights": {"cad": 1, "ward": 2}}, "", [TWICE]),
        ({"weights": {"cad": 1, "ward": 2}}, "ward", []),
        ({"weights": {"ward": 2}}, "", []),
    ],
)
def test_what_may_be_on_record_is_pointed_out(tmp_path: Path, rule: dict[str, Any], area: str, told: list[str]) -> None:
    contract = contract_of(tmp_path, credits=[RULE | rule])
    said = {"rule": "outages", "month": "2026-06", "duration_ms": 1000, "area": area}
    assert doubts(made(1, ("occurrence", said)), EntryContext.of(contract, [])) == told


def test_an_area_that_is_misspelt_counts_with_a_weight_that_nobody_meant(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, credits=[RULE | {"weights": {"ward": 2}}])
    said = {"rule": "outages", "month": "2026-06", "duration_ms": 1000, "area": "wrad"}
    (told,) = doubts(made(1, ("occurrence", said)), EntryContext.of(contract, []))
    assert told == "wrad is no area that outages gives a weight, and counts with 1 (did you mean ward?)"


def test_an_area_is_a_name_and_no_document(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, credits=[RULE])
    said = {"rule": "outages", "month": "2026-06", "duration_ms": 1000, "area": "x" * 201}
    found = problems(made(1, ("occurrence", said)), EntryContext.of(contract, []))
    assert "area: must have at most 200 characters" in found
