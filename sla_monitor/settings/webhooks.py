"""Where the monitor tells other programs of what happened: signed messages to their addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from sla_monitor.contract.endpoints.network import Url
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Strict
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.secret import Secret

Event = Literal[
    "decision",
    "sign_off",
    "countersigned",
    "breach",
    "terms",
    "credit",
    "claim",
    "dispute",
    "maintenance",
    "undo",
]

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Webhook(Strict):
    """One receiver, and what it is told."""

    name: Identifier = Field(description="By which metrics and commands name it; what was sent is known by it.")
    url: Url = Field(description="Where messages are posted to. A redirect is not followed.")
    secret: Secret = Field(
        description="What messages are signed with: whsec_ and 24 to 64 bytes in base64 (Standard Webhooks)."
    )
    events: tuple[Event, ...] = Field(min_length=1, description="What it is told of.")
    contracts: tuple[Identifier, ...] | None = Field(
        None, min_length=1, description="The ids of the contracts; left out: all of them."
    )
    side: Literal["supplier", "authority"] = Field(
        "supplier",
        description="Whose it is: the supplier's is told what the supplier may read, and has to name its contracts.",
    )
    timeout_ms: DurationMs = Field(10_000, alias="timeout", description="How long it may take to answer.")
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")


Webhooks = tuple[Webhook, ...]

Doubt = tuple[tuple[str | int, ...], str]
"""The path below `webhooks`, and what is doubtful there."""


def repeated_names(several: Sequence[Webhook]) -> Iterator[Doubt]:
    """Each name that another one has already: they would share what was sent."""
    seen = set[str]()
    for place, one in enumerate(several):
        if one.name in seen:
            yield (place, "name"), "is that of another webhook, too (each has its own)"
        seen.add(one.name)


def without_contracts(several: Sequence[Webhook]) -> Iterator[Doubt]:
    """Each supplier's receiver that would be told of other suppliers."""
    for place, one in enumerate(several):
        if one.side == "supplier" and one.contracts is None:
            yield (place, "contracts"), "is missing: a supplier is told of its own contracts alone (name them)"


def webhook_doubts(several: Sequence[Webhook], contracts: Collection[str]) -> Iterator[Doubt]:
    """What can be set and cannot work well. `contracts`: the ids that there are."""
    for place, one in enumerate(several):
        parts = urlsplit(one.url)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            message = "sends entries of the register in clear text over the network (use https)"
            yield (place, "url"), message
        for number, name in enumerate(one.contracts or ()):
            if name not in contracts:
                yield (place, "contracts", number), f"no contract is called {name} ({suggestion(name, contracts)})"
