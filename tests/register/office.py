"""The commands as they are typed, on a configuration and a ledger of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.errors import SlaMonitorError
from sla_monitor.ledger.opening import make_ledger
from tests.support.terms import HEAD

TERMS: dict[str, Any] = {
    **HEAD,
    "id": "small",
    "term": {"start": "2024-01-01", "end": "2040-12-31"},
    "time_zone": "Europe/London",
    "services": [{"id": "custody", "endpoints": [{"id": "health", "kind": "tcp", "host": "127.0.0.1", "port": 1}]}],
    "kpis": [
        {"id": "KPI1", "service": "custody", "target": "99.9"},
        {
            "id": "KPI2",
            "indicator": "ratio_in_target",
            "target": 90,
            "within": "4h",
            "priorities": ["P1", "P2"],
            "rounding": {"mode": "none"},
            "bands": [{"name": "met", "at_least": 90}, {"name": "minor", "below": 90, "points": 2}],
        },
        {"id": "KPI3", "indicator": "submitted", "target": 80},
    ],
    "charges": {"monthly": [{"amount": "1000.00"}]},
    "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
    "claims": {"automatic": True},
}


@dataclass(frozen=True)
class Said:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Office:
    folder: Path

    @classmethod
    def furnished(cls, folder: Path, **terms: Any) -> Office:
        (folder / "contracts").mkdir()
        (folder / "contracts" / "small.yaml").write_text(json.dumps(TERMS | terms))
        (folder / "sla-monitor.yaml").write_text("ledger: {path: ledger.db}\n")
        return cls.beside_a_daemon(folder)

    @classmethod
    def beside_a_daemon(cls, folder: Path) -> Office:
        """With the settings that are there already, and the ledger that a daemon has made."""
        make_ledger(folder / "ledger.db")
        return cls(folder)

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    def run(self, *arguments: str, actor: str = "ann") -> Said:
        """`sla-monitor register ...`, with errors told as `main` tells them."""
        words = [*arguments, "--config", str(self.folder / "sla-monitor.yaml")]
        if arguments[0] not in {"list", "show", "attachment"} and "--actor" not in arguments:
            words += ["--actor", actor]
        result = CliRunner().invoke(cli, ["register", *words])
        if isinstance(result.exception, SlaMonitorError):
            return Said(1, result.stdout, f"{result.stderr}{result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def done(self, *arguments: str, actor: str = "ann") -> Said:
        """The same, where nothing may go wrong."""
        said = self.run(*arguments, actor=actor)
        assert said.code == 0, said
        return said

    def file(self, text: str | bytes, name: str = "tickets.csv") -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)
