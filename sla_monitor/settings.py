"""The daemon's own settings (`config/sla-monitor.yaml`): where it listens, what it reads, where it keeps."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from sla_monitor.contract.endpoint import DnsEndpoint, HttpEndpoint, TcpEndpoint, TlsEndpoint
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Misplaced, Percent, Strict, Whole, YesNo
from sla_monitor.contract.model_file import load_model
from sla_monitor.contract.network import Host, Port, Url
from sla_monitor.contract.secret import Secret

Witness = Annotated[HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint, Field(discriminator="kind")]

_ADDRESS = r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})"


def _address(value: str) -> str:
    match = re.fullmatch(_ADDRESS, value, re.ASCII)
    if match is None or int(match[2]) > 65535:
        raise ValueError("must be a host and a port (write 127.0.0.1:9810 or [::1]:9810)")
    return value


Address = Annotated[
    str,
    AfterValidator(_address),
    WithJsonSchema({"$comment": "host:port", "type": "string", "pattern": f"^{_ADDRESS}$"}),
]


class LedgerSettings(Strict):
    """Where the record is kept, and how long an observation may wait for its commit."""

    path: FilePath = Field(
        Path("../var/ledger.db"),
        validate_default=True,
        description="The database. Under systemd, ledger.db in $STATE_DIRECTORY is used instead.",
    )
    commit_within_ms: DurationMs = Field(200, alias="commit_within", description="How long a look may wait to be kept.")
    buffer: Whole = Field(50_000, ge=100, description="Observations held while the disk is full or locked.")


class LogSettings(Strict):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is written.")
    format: Literal["logfmt", "json"] = Field("logfmt", description="How a line looks.")


class Links(Strict):
    """Where the links in alerts lead: addresses that the people who are called can open."""

    runbooks: Url = Field(
        "https://runbooks.example/sla-monitor",
        description="The page that docs/runbooks.md is published as; each alert links to its section.",
    )
    dashboards: Url = Field("http://127.0.0.1:3000", description="Grafana.")


class Burn(Strict):
    """A rate at which the allowance is used up: so much of it within the long window, and as fast in the short one."""

    share_percent: Percent = Field(alias="share", gt=0, description="Of the whole period's allowance, per hundred.")
    long_ms: DurationMs = Field(alias="long", description="The window in which it is used up.")
    short_ms: DurationMs = Field(alias="short", description="The window that shows that it still goes on.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.short_ms >= self.long_ms:
            raise Misplaced([(("short",), "must be shorter than long (write a twelfth of it)")])
        return self


def _burn(share: int, long: str, short: str) -> Burn:
    return Burn.model_validate({"share": share, "long": long, "short": short})


Burns = Annotated[tuple[Burn, ...], Field(min_length=1, max_length=4)]


class Alerting(Strict):
    """What `sla-monitor generate` makes rules and routes from, beside the contracts."""

    scrape_every_ms: DurationMs = Field(15_000, alias="scrape_every", description="How often Prometheus asks.")
    evaluate_every_ms: DurationMs = Field(15_000, alias="evaluate_every", description="How often it evaluates rules.")
    page: Burns = Field(
        (_burn(2, "1h", "5m"), _burn(5, "6h", "30m")),
        description="When an allowance burns so fast that somebody is called: any one of these.",
    )
    ticket: Burns = Field(
        (_burn(10, "1d", "2h"), _burn(10, "3d", "6h")),
        description="When it burns fast enough for a ticket: any one of these.",
    )
    patience_ms: DurationMs = Field(
        600_000, alias="patience", description="How long a trouble must last that nobody is called for."
    )
    certificate_days: Whole = Field(21, ge=1, le=365, description="Days before a certificate's expiry.")
    claim_days: Whole = Field(7, ge=1, le=365, description="Days before the deadline of a claim.")
    decision_days: Whole = Field(5, ge=1, le=365, description="Days for which an entry may await a decision.")
    near_percent: Percent = Field(Decimal(80), description="From this much of a limit on, a trigger or cap is near.")
    group_wait_ms: DurationMs = Field(
        30_000, alias="group_wait", description="How long Alertmanager waits for more of the same before it tells."
    )
    receivers: FilePath | None = Field(
        None, description="A list of Alertmanager receivers in place of the placeholders of the same names."
    )


class Alertmanager(Strict):
    """Where Prometheus sends alerts, and the daemon, if it is to, silences."""

    url: Url = Field("http://127.0.0.1:9093", description="Its address.")
    silences: YesNo = Field(False, description="Whether maintenance that is booked becomes a silence.")
    every_ms: DurationMs = Field(60_000, alias="every", description="How often silences are compared with bookings.")
    timeout_ms: DurationMs = Field(5_000, alias="timeout", description="How long it may take to answer.")
    bearer_token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")


MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,255}$")]


class Mail(Strict):
    """The mail server that review packs are sent through, and who gets them."""

    host: Host = Field(description="The mail server.")
    port: Port = Field(587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="tls: from the first byte on; none: only for a server on this machine."
    )
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    user: str | None = Field(None, description="Who we are there; none: the server asks for no name.")
    password: Secret | None = Field(None, description="And how we show it.")
    sender: MailAddress = Field(description="The address that packs come from.")
    to: dict[Identifier, tuple[MailAddress, ...]] = Field(description="By contract, who gets its packs.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Misplaced([(("user",), "and password belong together (write both, or neither)")])
        if self.password is not None and self.security == "none":
            raise Misplaced([(("security",), "must not be none where a password is sent (write starttls or tls)")])
        return self


class Reviews(Strict):
    """The packs for the monthly review."""

    folder: FilePath = Field(
        Path("../var/reviews"),
        validate_default=True,
        description="Where packs are put. Under systemd, reviews in $STATE_DIRECTORY.",
    )
    automatic: YesNo = Field(
        False,
        description="Whether the daemon makes the pack of a month that has ended, and anew when it is signed off.",
    )
    formats: tuple[Literal["html", "pdf", "xlsx", "csv", "json"], ...] = Field(
        ("html", "pdf", "xlsx", "csv", "json"), min_length=1, description="The renderings; pdf and xlsx need libraries."
    )
    mail: Mail | None = Field(None, description="How packs are sent; none: nobody is sent any.")


class Settings(Strict):
    """The whole of `sla-monitor.yaml`. Relative paths are relative to the file."""

    listen: Address = Field("127.0.0.1:9810", description="Host and port of the status page and the metrics.")
    web_config: FilePath | None = Field(None, description="exporter-toolkit web-config.yml: TLS, basic authentication.")
    contracts: FilePath = Field(Path("contracts"), validate_default=True, description="The folder of the contracts.")
    vantage: Identifier = Field("main", description="The place from which this daemon looks.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="The record.")
    witnesses: tuple[Witness, ...] = Field(
        (), description="Endpoints of somebody else: when none answers, the monitor's own network is gone."
    )
    assess_every_ms: DurationMs = Field(15_000, alias="assess_every", description="How often figures are worked out.")
    log: LogSettings = Field(LogSettings(), description="The log.")
    links: Links = Field(Links(), description="Where the links in alerts lead.")
    alerting: Alerting = Field(Alerting(), description="What rules and routes are made from.")
    alertmanager: Alertmanager = Field(Alertmanager(), description="Where alerts and silences go.")
    reviews: Reviews = Field(Reviews(), description="How packs are made, kept and sent.")

    @model_validator(mode="before")
    @classmethod
    def _with_ledger(cls, values: Any) -> Any:
        """The default paths of the ledger and the packs, too, are relative to the file: pydantic must see them."""
        return {"ledger": {}, "reviews": {}, **values} if isinstance(values, dict) else values


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read `sla-monitor.yaml`. Raises ConfigError with every problem of the file."""
    settings = load_model(path, Settings)
    # systemd joins several directories with colons; the unit asks for one.
    state = (os.environ if environment is None else environment).get("STATE_DIRECTORY", "").partition(":")[0]
    if not state:
        return settings
    ledger = settings.ledger.model_copy(update={"path": Path(state) / "ledger.db"})
    reviews = settings.reviews.model_copy(update={"folder": Path(state) / "reviews"})
    return settings.model_copy(update={"ledger": ledger, "reviews": reviews})
