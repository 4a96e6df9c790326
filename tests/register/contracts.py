"""A contract with something of everything that entries are about."""

from __future__ import annotations

from typing import Any

from sla_monitor.contract.contract import Contract, TermsVersion
from tests.support.terms import terms_of

PARTS: dict[str, Any] = {
    "term": {"start": "2025-04-01", "end": "2027-03-31"},
    "time_zone": "Europe/London",
    "services": [
        {"id": "custody", "endpoints": [{"id": "health", "kind": "tcp", "host": "127.0.0.1", "port": 1}]},
        {"id": "desk"},
    ],
    "kpis": [
        {"id": "KPI1", "service": "custody", "target": "99.9"},
        {"id": "KPI2", "indicator": "ratio_in_target", "target": 90, "priorities": ["P1", "P2"], "within": "4h"},
        {"id": "KPI3", "indicator": "count", "target": 2},
        {"id": "KPI4", "indicator": "submitted", "target": 80, "measurement_months": 3},
        {"id": "KPI5", "indicator": "composite", "target": 100, "combine": "all_of", "parts": [{"kpi": "KPI1"}]},
        {"id": "KPI6", "indicator": "ratio_in_target", "target": 90},
    ],
    "credits": [
        {"id": "rooms", "method": "unit_rate", "rate": "10.00", "block": "4h", "weights": {"ward": 2}},
    ],
    "claims": {"automatic": False, "months": 6},
}


def contract(**parts: Any) -> Contract:
    return Contract((TermsVersion(0, terms_of({**PARTS, **parts})),))
