"""The rows of the benchmark, and the configuration that makes a daemon do one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

EVERY_S = 10
TIMEOUT_S = 5
CONTRACT = "bench"


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix."""

    endpoints: int
    scheme: str
    connection: str
    every_s: int = EVERY_S

    @property
    def name(self) -> str:
        often = "" if self.every_s == EVERY_S else f"-{self.every_s}s"
        return f"{self.endpoints}-{self.scheme}-{self.connection}{often}"

    @property
    def keys(self) -> list[str]:
        """The endpoints as the ledger knows them."""
        return [f"{CONTRACT}/e{number}" for number in range(self.endpoints)]

    def url(self, supplier: Path) -> str:
        """Where the supplier that wrote its ports into this folder listens."""
        host = "127.0.0.1" if self.scheme == "http" else "localhost"
        return f"{self.scheme}://{host}:{(supplier / f'port-{self.scheme}').read_text()}"

    def write(self, folder: Path, supplier: Path, port: int) -> Path:
        """Settings and contract in `folder`: ten endpoints a service, one availability KPI for each service."""
        tls = f", ca_file: {supplier / 'ca.pem'}" if self.scheme == "https" else ""
        lines = [
            f"id: {CONTRACT}\nauthority: A\nsupplier: B\nterm: {{start: {_this_month()}, end: 2049-12-31}}",
            "time_zone: Europe/London\ncurrency: GBP\nservices:",
        ]
        services = range(0, self.endpoints, 10)
        for first in services:
            lines.append(f"  - id: s{first}\n    endpoints:")
            lines += [
                f"      - {{id: e{n}, kind: http, url: '{self.url(supplier)}/e{n}', every: {self.every_s}s,"
                f" timeout: {min(TIMEOUT_S, self.every_s)}s, family: ipv4, connection: {self.connection}{tls}}}"
                for n in range(first, min(first + 10, self.endpoints))
            ]
        lines.append("kpis:")
        lines += [f"  - {{id: K{first}, service: s{first}, target: 99.0}}" for first in services]
        (folder / "contracts").mkdir()
        (folder / "contracts" / "bench.yaml").write_text("\n".join(lines) + "\n")
        settings = folder / "sla-monitor.yaml"
        settings.write_text(f"listen: 127.0.0.1:{port}\nledger: {{path: ledger.db}}\nlog: {{level: warning}}\n")
        return settings


def _this_month() -> date:
    """The contract begins with it: months that nobody watched are not what is measured here."""
    return datetime.now(UTC).date().replace(day=1)


ALL = (
    *(Case(*row) for row in product((100, 1000, 5000), ("http", "https"), ("fresh", "reuse"))),
    Case(2000, "http", "reuse", 1),
    Case(2000, "http", "fresh", 1),
)
