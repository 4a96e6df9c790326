"""The contract that benchmarks assess: what it is about comes from each of them, the rest is the same for all."""

from __future__ import annotations

from typing import Any

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.terms import Terms

EVERY_MS, HOUR, DAY = 10_000, 3_600_000, 86_400_000
BEGIN_MS = 1_735_689_600_000
"""2025-01-01T00:00:00Z, when the term begins."""


def endpoints(first: int, count: int) -> list[dict[str, Any]]:
    """Endpoints that are probed every EVERY_MS."""
    return [
        {"id": f"endpoint-{n}", "kind": "tcp", "host": "h", "port": 1, "every": "10s"}
        for n in range(first, first + count)
    ]


def contract_of(services: list[dict[str, Any]], kpis: list[dict[str, Any]], **more: object) -> Contract:
    """Ten years under the same terms."""
    terms = {
        "id": "bench",
        "authority": "A",
        "supplier": "B",
        "term": {"start": "2025-01-01", "end": "2034-12-31"},
        "time_zone": "Europe/London",
        "currency": "GBP",
        "services": services,
        "kpis": kpis,
        **more,
    }
    return Contract((TermsVersion(0, Terms.model_validate(terms)),))
