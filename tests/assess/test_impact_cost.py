"""What downtime costs the authority: reported everywhere, and part of no money of the contract."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.document import document
from sla_monitor.review.chapters.services import services
from sla_monitor.review.pack_input import PackInput

from .two_files import PLAIN, contract_of, down, month_of, said

OUTAGE = down(("2026-06-10 08:00", "2026-06-10 10:20"))
BOOKING: dict[str, Any] = {"kind": "maintenance", "start": "2026-06-10 08:00", "end": "2026-06-10 10:00"}
RULES: dict[str, Any] = {"charges": {"monthly": [{"amount": 1000}]}, "maintenance": {"approval": "none"}}


def priced(price: str | None) -> list[dict[str, Any]]:
    cost = {} if price is None else {"impact_cost_per_hour": price}
    return [{**PLAIN["services"][0], **cost}]


@pytest.mark.parametrize(("entries", "cost"), [([], "2916.67"), (said(BOOKING), "416.67")])
def test_the_downtime_that_counts_has_a_price(tmp_path: Path, entries: list[dict[str, Any]], cost: str) -> None:
    """Two hours and twenty minutes at 1,250.00; two of the hours may be maintenance."""
    contract = contract_of(tmp_path, services=priced("1250.00"), **RULES)
    found = month_of(tmp_path, contract, "2026-06", OUTAGE, entries=entries)
    (service,) = found.services
    assert service.impact_cost is not None
    assert service.impact_cost.amount == Decimal(cost)


def test_it_is_told_everywhere_and_credited_nowhere(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, services=priced("1250.00"), **RULES)
    found = month_of(tmp_path, contract, "2026-06", OUTAGE)
    assert found.result is not None
    assert found.result.credit.total == 0
    line = "cost of the downtime to the authority, not credited: 2.33333333333… h × 1250.00 an hour = 2916.67"
    assert line in format_working(found, contract, None)
    (inside,) = services(PackInput(found, contract.versions[0].terms)).sections
    facts = [pair for block in inside.blocks for pair in getattr(block, "items", ())]
    assert [(name, cell.text) for name, cell in facts if "Cost" in name] == [
        ("Cost to the authority, not credited", "£2,916.67")
    ]
    told = document(found)["services"][0]["impact_cost"]
    assert told["cost"] == {"amount": "2916.67", "currency": "GBP"}


def test_a_contract_without_a_price_reads_as_before(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, services=priced(None), **RULES)
    found = month_of(tmp_path, contract, "2026-06", OUTAGE)
    assert found.services[0].impact_cost is None
    assert "impact_cost" not in document(found)["services"][0]
