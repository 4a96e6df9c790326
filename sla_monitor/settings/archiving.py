"""Where days that are over are sealed, in whose name, and who stamps them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from sla_monitor.contract.endpoints.network import Url
from sla_monitor.contract.fields import FilePath, Strict, YesNo

Origin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$")]


class TimeStamps(Strict):
    """A time-stamping authority (RFC 3161): with it, not even the key's owner can remake a day later."""

    url: Url = Field(description="Its address.")
    ca_file: FilePath = Field(description="The certificates that its stamps must hold against.")


class ArchiveSettings(Strict):
    """Sealed days: what the database may give up, and anybody can check."""

    folder: FilePath = Field(
        Path("../var/archive"),
        validate_default=True,
        description="Where sealed days are put, by contract. Under systemd, archive in $STATE_DIRECTORY.",
    )
    automatic: YesNo = Field(False, description="Whether the daemon seals days that are over, each night.")
    origin: Origin = Field(
        "sla-monitor",
        description="Who signs: a unique name, such as a domain; the contract's id follows it.",
    )
    former: tuple[FilePath, ...] = Field(
        (), description="Public keys that earlier days were signed with, before the key was changed."
    )
    time_stamps: TimeStamps | None = Field(None, description="Who stamps the time; none: no time stamp.")
