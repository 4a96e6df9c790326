"""Regimes that suppliers and authorities have published: contract file and evidence file to the penny."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from .two_files import contract_of, down, month_of


def watched(*names: str) -> list[dict[str, Any]]:
    """Services, each with one endpoint of its name."""
    return [
        {"id": name, "endpoints": [{"id": f"{name}-1", "kind": "tcp", "host": "cad.example", "port": 443}]}
        for name in names
    ]


def tiers(service: str) -> dict[str, Any]:
    steps = [{"below": 99.9, "percent": 10}, {"below": 99, "percent": 25}]
    return {"id": service, "method": "tiers", "service": service, "kpi": service, "tiers": steps}


def test_a_quarterly_percentage_is_of_the_quarters_fees(tmp_path: Path) -> None:
    """GitHub Enterprise Cloud: 3 of 2,160 hours in February are 99.8611: 10 per cent of three months at 2,100. Actions
    cost 900 in January and 1,200 from February on, half of February at the old price: 900 + 1,050 + 1,200."""
    monthly = [
        {"service": "issues", "amount": 2100},
        {"service": "actions", "amount": 900, "until": "2026-02-15"},
        {"service": "actions", "amount": 1200, "from": "2026-02-15"},
    ]
    contract = contract_of(
        tmp_path,
        services=watched("issues", "actions"),
        time_zone="UTC",
        currency="USD",
        kpis=[{"id": name, "service": name, "target": 99.9, "measurement_months": 3} for name in ("issues", "actions")],
        charges={"monthly": monthly},
        credits=[tiers("issues"), tiers("actions")],
    )
    outage = ("2026-02-10 09:00", "2026-02-10 12:00")
    seen = [down(outage, of="issues-1"), down(outage, of="actions-1")]
    february = month_of(tmp_path, contract, "2026-02", *seen).result
    assert february is not None
    assert february.credit.total == 0
    found = month_of(tmp_path, contract, "2026-03", *seen).result
    assert found is not None
    assert [line.amount for line in found.credit.lines] == [Decimal("630.00"), Decimal("315.00")]
    assert [str(step) for step in found.credit.lines[1].working] == [
        "tier: 99.8611111111… = 10 %",
        "charges of the measurement period: 900.00 + 1050.00 + 1200.00 = 3150.00",
        "credit: 10 % × 3150.00 = 315.00",
    ]


def test_a_quarter_that_is_cut_short_has_the_charges_of_its_months(tmp_path: Path) -> None:
    """The contract ends on 15 May: April in full, and 15 of May's 31 days."""
    contract = contract_of(
        tmp_path,
        term={"start": "2026-01-01", "end": "2026-05-15"},
        services=watched("issues"),
        time_zone="UTC",
        kpis=[{"id": "issues", "service": "issues", "target": 99.9, "measurement_months": 3}],
        charges={"monthly": [{"service": "issues", "amount": 3100}]},
        credits=[tiers("issues")],
    )
    seen = down(("2026-04-10 09:00", "2026-04-10 12:00"), of="issues-1")
    found = month_of(tmp_path, contract, "2026-05", seen).result
    assert found is not None
    assert found.credit.total == Decimal("460.00"), "10 per cent of 3,100 and 1,500"
