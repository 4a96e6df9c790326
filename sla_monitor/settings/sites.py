"""Who probes: processes of this host, and sites far away, which are reached through a NATS server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from sla_monitor.contract.fields import DurationMs, FilePath, Misplaced, Strict, Whole
from sla_monitor.contract.reading.secret import Secret

HERE = {"127.0.0.1", "::1", "localhost"}
"""Hosts that are reached without a network."""

_SITE = "[A-Za-z0-9][A-Za-z0-9_-]{0,30}"
_is_site = re.compile(_SITE).fullmatch
_SERVER = r"(tls|nats)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?"
_is_server = re.compile(_SERVER).fullmatch


def site_id(value: str) -> str:
    """Part of a subject, in which a dot is a separator. Raises ValueError."""
    if not _is_site(value):
        raise ValueError(
            f"{value!r} is no site's name (letters, digits, '_' and '-', at most 31, letter or digit first)"
        )
    return value


def _server(value: str) -> str:
    if not _is_server(value):
        raise ValueError("must be the address of a NATS server (write tls://nats.example:4222)")
    if value.startswith("nats:") and urlsplit(value).hostname not in HERE:
        raise ValueError("observations and terms do not travel a network in the clear (write tls://)")
    return value


SiteId = Annotated[
    str, AfterValidator(site_id), WithJsonSchema({"$comment": "site", "type": "string", "pattern": f"^{_SITE}$"})
]
Server = Annotated[
    str, AfterValidator(_server), WithJsonSchema({"$comment": "address", "type": "string", "pattern": f"^{_SERVER}$"})
]


class Nats(Strict):
    """The NATS server between the collector and its sites, and who we are there."""

    servers: Annotated[tuple[Server, ...], Field(min_length=1)] = Field(
        description="Its addresses, tried in turn: `tls://host:4222`; `nats://` on this host alone."
    )
    user: str = Field("", description="Who we are there: a site's user may publish what that site sees, and no more.")
    password: Secret | None = Field(None, description="The password of that user.")
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    client_certificate: FilePath | None = Field(None, description="A certificate of ours, where the server wants one.")
    client_key: FilePath | None = Field(None, description="The key of that certificate.")
    stream_mb: Whole = Field(
        256, ge=1, le=1 << 20, description="Megabytes that the server keeps while the collector does not read."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise Misplaced([((), "client_certificate and client_key go together (name both, or neither)")])
        return self


class KnownSite(Strict):
    """A site far away."""

    id: SiteId = Field(description="What `sla-monitor site --id` is given there.")
    endpoints: tuple[str, ...] = Field((), description="What it probes: `contract/endpoint`, each as in metrics.")


class OutpostSettings(Strict):
    """What a site far away keeps. Only `sla-monitor site` reads it."""

    outbox: FilePath = Field(
        Path("../var/outbox.db"),
        validate_default=True,
        description="The database of what the collector does not have yet. Under systemd, outbox.db in"
        " $STATE_DIRECTORY.",
    )
    outbox_mb: Whole = Field(2_048, ge=8, le=1 << 20, description="Megabytes of it; the oldest goes first.")
    collector_key: FilePath | None = Field(
        None, description="The collector's public key, as `sla-monitor ledger key` prints it: its terms are signed."
    )


class SiteSettings(Strict):
    """Who probes."""

    processes: Whole = Field(
        1, ge=1, le=64, description="How many share the endpoints: one is enough for some 2,000 probes a second."
    )
    memory_mb: Whole = Field(512, ge=128, le=16_384, description="Megabytes of data that each of them may hold.")
    nats: Nats | None = Field(None, description="How sites far away are reached.")
    known: tuple[KnownSite, ...] = Field((), description="The sites far away that the collector listens to.")
    horizon_ms: DurationMs = Field(
        40 * 86_400_000, alias="horizon", description="How old may be what a site that was cut off hands over."
    )
    outpost: OutpostSettings = Field(OutpostSettings(), description="What `sla-monitor site` keeps.")

    @model_validator(mode="before")
    @classmethod
    def _with_outpost(cls, values: Any) -> Any:
        """The default path is relative to the file: pydantic must see it."""
        return {"outpost": {}, **values} if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        names = [site.id for site in self.known]
        twice = [place for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise Misplaced([(("known", place, "id"), f"{names[place]!r} is there twice") for place in twice])
        if names and self.nats is None:
            raise Misplaced([(("known",), "sites far away are reached through a server (add sites.nats)")])
        return self
