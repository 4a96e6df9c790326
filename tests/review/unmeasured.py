"""Months of which nothing, or almost nothing, was measured, of a contract with every source of figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence import read_evidence
from sla_monitor.evidence.file_evidence import FileEvidence
from tests.review.months import CONTRACT, entries

MORE: list[dict[str, Any]] = [
    {"id": "KPI5", "title": "Incidents are answered in time", "indicator": "ratio_in_target", "measures": "response",
     "target": 90, "priorities": ["P2"], "within": "1h", "publishable": True},
    {"id": "KPI6", "title": "The portal answers fast", "indicator": "response_time", "service": "desk", "target": 800,
     "statistic": "percentile", "percentile": 95, "direction": "lower_is_better"},
    {"id": "KPI7", "title": "Calls are answered", "indicator": "ratio_in_target", "target": 90, "publishable": True,
     "source": {"prometheus": "https://figures.invalid", "good": "a[$range]", "total": "b[$range]"}},
    {"id": "KPI9", "title": "Downtime of custody", "indicator": "downtime", "service": "custody", "target": 40,
     "direction": "lower_is_better"},
]  # fmt: skip
LATE_KPI = {"id": "KPI8", "title": "Mobile data is available", "service": "mobile", "target": 99}
LATE_SERVICE = {
    "id": "mobile",
    "name": "Mobile data",
    "endpoints": [{"id": "gateway", "kind": "tcp", "host": "m.invalid", "port": 1}],
}


@dataclass(frozen=True, slots=True)
class Scene:
    """`seen`: from and until; `services`: those of which anything was seen then."""

    month: str
    at: str
    seen: tuple[str, str]
    services: Sequence[str] = ()
    said: Sequence[dict[str, Any]] = ()


SCENES = {
    "nothing": Scene("2026-07", "2026-08-20T00:00:00Z", ("2026-07-01", "2026-08-01")),
    "first month, too little": Scene(
        "2026-04", "2026-05-05T00:00:00Z", ("2026-04-30", "2026-05-02"), ("control", "custody", "desk")
    ),
    "one service only": Scene("2026-07", "2026-08-20T00:00:00Z", ("2026-07-01", "2026-08-01"), ("control",)),
    "no register": Scene("2026-07", "2026-10-20T00:00:00Z", ("2026-09-01", "2026-10-01"), ("control",)),
    "just begun": Scene("2026-07", "2026-07-01T01:00:00Z", ("2026-06-30", "2026-07-01")),
}


def contract_in(folder: Path) -> Contract:
    """A service and its KPI join in mid-month, on 15 July."""
    terms = yaml.safe_load(CONTRACT.read_text())
    terms["kpis"] += MORE
    later = {"services": [*terms["services"], LATE_SERVICE], "kpis": [*terms["kpis"], LATE_KPI]}
    terms["versions"] = [{"from": "2026-07-15", **later}]
    file = folder / "force-ict.yaml"
    file.write_text(yaml.safe_dump(terms))
    return load_contract(file)


def evidence_of(scene: Scene, contract: Contract, folder: Path) -> FileEvidence:
    start, until = scene.seen
    whole = {
        "format": "sla-monitor-evidence", "version": 1, "contract": contract.id, "zone": "Europe/London",
        "at": scene.at, "seen": {"from": start, "until": until},
        "observed": [{"kind": "outages", "service": name, "outages": []} for name in scene.services],
        "entries": entries(scene.said),
    }  # fmt: skip
    file = folder / "evidence.json"
    file.write_text(json.dumps(whole))
    return read_evidence(file, contract)
