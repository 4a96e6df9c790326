"""The daemon's own settings (`config/sla-monitor.yaml`): where it listens, what it reads, where it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sla_monitor.contract.endpoint import DnsEndpoint, HttpEndpoint, TcpEndpoint, TlsEndpoint
from sla_monitor.contract.fields import DurationMs, Identifier, Strict

Witness = Annotated[HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint, Field(discriminator="kind")]


class LedgerSettings(Strict):
    """Where the record is kept, and how long an observation may wait for its commit."""

    path: Path = Field(Path("../var/ledger.db"), description="$STATE_DIRECTORY/ledger.db wins under systemd.")
    commit_within_ms: DurationMs = Field(200, alias="commit_within")
    buffer: int = Field(50_000, ge=100, description="Observations held while the disk is full or locked.")


class LogSettings(Strict):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["logfmt", "json"] = "logfmt"


class Settings(Strict):
    """The whole of `sla-monitor.yaml`. Relative paths are relative to the file."""

    listen: Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$")] = "127.0.0.1:9810"
    web_config: Path | None = Field(None, description="exporter-toolkit web-config.yml: TLS and basic authentication.")
    contracts: Path = Path("contracts")
    vantage: Identifier = Field("main", description="The place from which this daemon looks.")
    ledger: LedgerSettings = LedgerSettings()
    witnesses: tuple[Witness, ...] = Field(
        (), description="Endpoints of somebody else: when none answers, the monitor's own network is gone."
    )
    assess_every_ms: DurationMs = Field(15_000, alias="assess_every")
    log: LogSettings = LogSettings()
