"""The file as a whole: what the daemon listens to, reads and keeps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from sla_monitor import remedies
from sla_monitor.contract.endpoints.endpoint import DnsEndpoint, HttpEndpoint, TcpEndpoint, TlsEndpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Misplaced, Strict, Whole
from sla_monitor.contract.reading.model_file import load_model
from sla_monitor.errors import ConfigError
from sla_monitor.settings.address import Address
from sla_monitor.settings.alerting import Alerting, Alertmanager, Links
from sla_monitor.settings.archiving import ArchiveSettings
from sla_monitor.settings.collectors import Collectors
from sla_monitor.settings.desk.users import DeskSettings
from sla_monitor.settings.metrics import MetricsSettings
from sla_monitor.settings.reviews import Reviews
from sla_monitor.settings.sites import OutpostSettings, SiteSettings
from sla_monitor.settings.views import SharedViews
from sla_monitor.settings.webhooks import Webhooks, repeated_names, without_contracts


def _from_here(witness: Any) -> Any:
    if witness.places is not None:
        raise Misplaced(
            [(("places",), "a witness answers for the place that asks it, each for its own (leave it out)")]
        )
    return witness


Witness = Annotated[
    HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint, Field(discriminator="kind"), AfterValidator(_from_here)
]

KEY_CREDENTIAL = "ledger-key"
"""What the unit's LoadCredential= calls the signing key."""
CONFIGURATION, STATE = Path("/etc"), Path("/var/lib")
"""Where systemd's ConfigurationDirectory= and StateDirectory= are (file-hierarchy(7))."""


class LedgerSettings(Strict):
    """Where the record is kept, and how long an observation may wait for its commit."""

    path: FilePath = Field(
        Path("../var/ledger.db"),
        validate_default=True,
        description="The database. Under systemd, ledger.db in $STATE_DIRECTORY is used instead, also by commands.",
    )
    commit_within_ms: DurationMs = Field(
        200, alias="commit_within", description="How long a probe may wait to be kept."
    )
    buffer: Whole = Field(50_000, ge=100, description="Observations held while the disk is full or locked.")
    key: FilePath = Field(
        Path("../var/ledger.key"),
        validate_default=True,
        description="The private key that the record is signed with, made by `sla-monitor ledger key --make`. Under"
        " systemd, the credential `ledger-key`, or else ledger.key in $STATE_DIRECTORY.",
    )


class LogSettings(Strict):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is written.")
    format: Literal["logfmt", "json"] = Field("logfmt", description="Format of a line.")


class TermsSettings(Strict):
    """How terms come into force."""

    approval: Literal["recorded", "required"] = Field(
        "recorded",
        description="required: a changed contract file comes into force once two people agreed on it with"
        " `sla-monitor terms`; recorded: at once, and the record says when which file was in force.",
    )


class AttachmentSettings(Strict):
    """Files that are attached to entries of the register."""

    file: Whole = Field(10 * 1024 * 1024, ge=1, description="Bytes that one of them may have.")
    total: Whole = Field(1024 * 1024 * 1024, ge=0, description="Bytes that all of them may have; 0: none is taken.")


class Settings(Strict):
    """The whole of `sla-monitor.yaml`. Relative paths are relative to the file."""

    listen: Address = Field("127.0.0.1:9810", description="Host and port of the status page and the metrics.")
    web_config: FilePath | None = Field(None, description="exporter-toolkit web-config.yml: TLS, basic authentication.")
    contracts: FilePath = Field(Path("contracts"), validate_default=True, description="The folder of the contracts.")
    only_contracts: tuple[Identifier, ...] = Field(
        (),
        description="Of the folder, the contracts that this collector has, by id; none: all. The others are those of"
        " other collectors.",
    )
    terms: TermsSettings = Field(TermsSettings(), description="How changed contract files come into force.")
    vantage: Identifier = Field("main", description="The place from which this daemon probes.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="The record.")
    sites: SiteSettings = Field(
        SiteSettings(), description="The processes of this host that probe, and the sites far away."
    )
    collectors: Collectors | None = Field(
        None, description="The pair that this daemon belongs to, where there are two."
    )
    witnesses: tuple[Witness, ...] = Field(
        (), description="Endpoints of somebody else: when none answers, the monitor's own network is gone."
    )
    assess_every_ms: DurationMs = Field(15_000, alias="assess_every", description="Interval of assessments.")
    metrics: MetricsSettings = Field(MetricsSettings(), description="What Prometheus is told.")
    log: LogSettings = Field(LogSettings(), description="The log.")
    links: Links = Field(Links(), description="Where the links in alerts lead.")
    alerting: Alerting = Field(Alerting(), description="What rules and routes are made from.")
    alertmanager: Alertmanager = Field(Alertmanager(), description="Where alerts and silences go.")
    reviews: Reviews = Field(Reviews(), description="How packs are made, kept and sent.")
    views: SharedViews = Field(SharedViews(), description="Pages for the public and for participants.")
    desk: DeskSettings = Field(DeskSettings(), description="Who signs in, and may do what.")
    webhooks: Webhooks = Field(
        (), max_length=20, description="Programs that are told of decisions, sign-offs and breaches."
    )
    attachments: AttachmentSettings = Field(AttachmentSettings(), description="How much the register keeps of files.")
    archive: ArchiveSettings = Field(ArchiveSettings(), description="Where days that are over are sealed.")

    @model_validator(mode="before")
    @classmethod
    def _with_ledger(cls, values: Any) -> Any:
        """The default paths of the ledger, the packs and the archive, too, are relative to the file: pydantic must see
        them."""
        return (
            {"ledger": {}, "reviews": {}, "archive": {}, "sites": {}, **values} if isinstance(values, dict) else values
        )

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        here = {self.vantage, MAIN} if self.collectors is None else {self.vantage} - {MAIN}
        for place, site in enumerate(self.sites.known):
            if site.id in here:
                raise Misplaced([(("sites", "known", place, "id"), "this place itself has that name (see vantage)")])
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        problems = [*repeated_names(self.webhooks), *without_contracts(self.webhooks)]
        if problems:
            raise Misplaced([(("webhooks", *at), message) for at, message in problems])
        return self

    @model_validator(mode="after")
    def _meet(self) -> Self:
        if self.collectors is not None and self.sites.nats is None:
            raise Misplaced([(("collectors",), "both meet at a server (add sites.nats)")])
        return self


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read `sla-monitor.yaml`. Raises ConfigError with every problem of the file."""
    if is_missing(path):
        remedy = f"{remedies.SETTINGS}, or write a first configuration with `sla-monitor init`"
        raise ConfigError([f"{path}:1:1: file: there is no such file ({remedy})"])
    settings = load_model(path, Settings)
    environment = os.environ if environment is None else environment
    state = state_directory(path, environment)
    credential = Path(environment.get("CREDENTIALS_DIRECTORY", "")) / KEY_CREDENTIAL
    if credential.is_absolute() and credential.exists():
        settings = _with(settings, "ledger", key=credential)
    elif state is not None:
        settings = _with(settings, "ledger", key=state / "ledger.key")
    if state is None:
        return settings
    settings = _with(settings, "ledger", path=state / "ledger.db")
    settings = _with(settings, "reviews", folder=state / "reviews")
    outpost: OutpostSettings = settings.sites.outpost.model_copy(update={"outbox": state / "outbox.db"})
    settings = _with(settings, "sites", outpost=outpost)
    return _with(settings, "archive", folder=state / "archive")


def is_missing(path: Path) -> bool:
    """Whether nothing is there; what this user may not see is not missing."""
    try:
        return not (path.is_symlink() or path.exists())
    except OSError:
        return False


def _with(settings: Settings, part: str, **changed: Path | OutpostSettings) -> Settings:
    """The settings with other paths. What the file itself names, `model_fields_set`, stays what it was."""
    old = getattr(settings, part)
    new = old.model_copy(update=changed)
    object.__setattr__(new, "__pydantic_fields_set__", set(old.model_fields_set))
    return settings.model_copy(update={part: new})


def state_directory(path: Path, environment: Mapping[str, str]) -> Path | None:
    """Where a daemon with these settings keeps its state, when systemd gives it a place; None: where the settings say.

    Commands are not started by systemd. For settings in /etc/NAME they find the same place, /var/lib/NAME, where
    there is such a folder, whether or not its ledger is still there.
    """
    # systemd joins several directories with colons; the unit asks for one.
    if given := environment.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    folder = path.absolute().parent
    state = STATE / folder.name
    if folder.parent != CONFIGURATION:
        return None
    try:
        return state if state.is_symlink() or state.exists() else None  # also where its ledger is lost
    except PermissionError:  # it is there, closed to this user: who opens it is told so
        return state
