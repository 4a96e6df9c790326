"""What a pack is made from."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sla_monitor.review.pack_input import PackInput
from tests.assess.two_files import contract_of, month_of, said


def test_what_is_no_price_of_points_is_no_kpis_money(tmp_path: Path) -> None:
    """200 for four points; a misreport of 500 and an earn-back of 50 belong to no KPI."""
    bands = [{"name": "met", "at_least": 99}, {"name": "minor", "below": 99, "points": 4}]
    contract = contract_of(
        tmp_path,
        time_zone="UTC",
        kpis=[{"id": "A", "indicator": "submitted", "target": 99, "bands": bands, "rounding": {"mode": "none"}}],
        charges={"monthly": [{"amount": 10_000}]},
        credits=[
            {"id": "points", "method": "points", "per_point_percent": 0.5},
            {
                "id": "misreports",
                "method": "misreporting",
                "deliberate_percent": 0,
                "otherwise_percent": 0,
                "none_if_corrected": True,
            },
        ],
    )
    entries = said(
        {"kind": "figure", "kpi": "A", "month": "2026-06", "party": "authority", "value": "98"},
        {"kind": "misreport", "month": "2026-06", "omitted": "500.00"},
        {"kind": "earn_back", "month": "2026-06", "amount": "50.00"},
    )
    found = month_of(tmp_path, contract, "2026-06", entries=entries)
    assert found.result is not None
    assert len(found.result.credit.lines) == 3
    assert PackInput(found, contract.versions[0].terms).money_by_kpi() == {"A": Decimal("200.00")}
