"""A month from two files, as both sides of a dispute would work it out: a contract in YAML, evidence in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.assess.assessment import KpiAssessment, ServiceAssessment
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.reading import read_evidence
from sla_monitor.register.instant import parse_instant

PLAIN: dict[str, Any] = {
    "id": "plain",
    "authority": "The Authority",
    "supplier": "The Supplier",
    "term": {"start": "2026-01-01", "end": "2029-12-31"},
    "time_zone": "Europe/London",
    "currency": "GBP",
    "accounting": {"confirmation": 1, "coverage_floor": 0},
    "services": [{"id": "cad", "endpoints": [{"id": "login", "kind": "tcp", "host": "cad.example", "port": 443}]}],
    "kpis": [{"id": "KPI1", "service": "cad", "target": 99}],
}
NOBODY_ENTERED = "2026-01-02T00:00:00Z"


def contract_of(folder: Path, **changes: Any) -> Contract:
    """JSON is YAML."""
    path = folder / "contract.yaml"
    path.write_text(json.dumps(PLAIN | changes, indent=1))
    return load_contract(path)


def endpoints(*names: str) -> list[dict[str, Any]]:
    return [{"id": name, "kind": "tcp", "host": "cad.example", "port": 443} for name in names]


def down(*times: tuple[str, str | None], of: str = "login", unseen: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """An endpoint that was up but for these times."""
    return {
        "kind": "outages",
        "endpoint": of,
        "outages": [{"start": start} | ({"end": end} if end else {}) for start, end in times],
        "unseen": [{"start": start, "end": end} for start, end in unseen],
    }


def said(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """Register entries, numbered; each by another person, and entered early, unless they say otherwise."""
    plain = {"at": NOBODY_ENTERED, "contract": "plain"}
    return [
        {**plain, "number": number, "actor": f"person {number}", **{k: v for k, v in entry.items() if k in _OF_ENTRY}}
        | {"said": {k: v for k, v in entry.items() if k not in _OF_ENTRY}}
        for number, entry in enumerate(entries, 1)
    ]


_OF_ENTRY = {"at", "actor", "contract", "reference", "note", "evidence"}


def month_of(
    folder: Path,
    contract: Contract,
    month: str,
    *observed: dict[str, Any],
    entries: list[dict[str, Any]] | None = None,
    now: str = "2028-01-01T00:00:00Z",
    **document: Any,
) -> ContractAssessment:
    """The month as known at `now`, everything before 2028 having been seen unless the evidence says otherwise."""
    zone = contract.time_zone.key
    plain = {
        "format": "sla-monitor-evidence",
        "version": 1,
        "contract": contract.id,
        "zone": zone,
        "seen": {"from": "2026-01-01", "until": now},
        "observed": list(observed),
        "entries": [entry | {"contract": contract.id} for entry in entries or []],
    }
    path = folder / "evidence.json"
    path.write_text(json.dumps(plain | document))
    return assess_month(contract, read_evidence(path, contract), month, parse_instant(now))


def kpi(assessment: ContractAssessment, name: str = "KPI1") -> KpiAssessment:
    return next(one for one in assessment.kpis if one.kpi == name)


def service(assessment: ContractAssessment, name: str = "cad") -> ServiceAssessment:
    return next(one for one in assessment.services if one.service == name)
