"""OpenSLO files of one SLO, to be changed in one place, and what the command makes of them."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import SlaMonitorError

HEAD = """\
id: imported
authority: The Authority
supplier: The Supplier
term: {start: 2025-04-01, end: 2035-03-31}
time_zone: Europe/London
currency: GBP
"""
SERVICES = "services: [{id: desk}]\n"


def metric(query: str, **more: Any) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}, **more}}


SLO: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {"name": "calls"},
    "spec": {
        "budgetingMethod": "Occurrences",
        "timeWindow": [{"duration": "1M", "isRolling": False}],
        "indicator": {
            "spec": {"ratioMetric": {"counter": True, "good": metric('calls{ok="1"}'), "total": metric("calls")}}
        },
        "objectives": [{"target": 0.99}],
    },
}


def changed(changes: dict[str, Any], slo: dict[str, Any] = SLO) -> dict[str, Any]:
    """The SLO with other values under dotted paths; None takes a key away."""
    new = deepcopy(slo)
    for path, value in changes.items():
        *way, last = path.split(".")
        inner: Any = new
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        if isinstance(inner, list):
            inner[int(last)] = value
        elif value is None:
            del inner[last]
        else:
            inner[last] = value
    return new


@dataclass(frozen=True)
class Imported:
    """What came of the command."""

    code: int
    out: str
    told: list[str]

    def contract(self, folder: Path) -> Contract:
        """A contract with what was printed."""
        path = folder / "imported.yaml"
        services = "" if "\nservices:" in self.out else SERVICES
        path.write_text(HEAD + services + self.out, encoding="utf-8")
        return load_contract(path)


def run(file: Path, *arguments: str) -> Imported:
    """`sla-monitor import openslo FILE`, with errors told as `main` tells them."""
    result = CliRunner().invoke(cli, ["import", "openslo", str(file), *arguments])
    if isinstance(result.exception, SlaMonitorError):
        return Imported(1, result.stdout, str(result.exception).splitlines())
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Imported(result.exit_code, result.stdout, result.stderr.replace(f"{file.parent}/", "").splitlines())


def imported(folder: Path, *documents: Any, arguments: tuple[str, ...] = ()) -> Imported:
    """The same for documents; JSON is YAML."""
    file = folder / "slo.yaml"
    file.write_text("\n---\n".join(json.dumps(document, indent=1) for document in documents))
    return run(file, *arguments)
