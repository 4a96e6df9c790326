"""Retention of the record behind a pack: where it is, who vouches for it, as words and in the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from sla_monitor.archive.sealed import SealedDay
from sla_monitor.periods.edges import Period


@dataclass(frozen=True, slots=True)
class Retention:
    """`is_recorded`: the pack was made from the ledger, and not from an evidence file, which says nothing of all this.

    `by`: who keeps the record, where somebody else than the authority does. `checkpoint`: the newest sealed day and the
    root over all of them, in base64. `sealed_until`: the last day of the month's that is sealed. `witness`: who signed
    the first checkpoint that covers the month, or else the last one that anybody signed, and `witnessed_until` the day
    of that. Days are `2026-10-31`; empty where there is none. The checkpoint moves on, and the others do not once
    all of the month is sealed and witnessed: on the pages of a month's pack only those stand.
    """

    is_recorded: bool = False
    by: str = ""
    checkpoint: str = ""
    sealed_until: str = ""
    witness: str = ""
    witnessed_until: str = ""

    def as_manifest(self) -> dict[str, Any]:
        """As a manifest has it."""
        return asdict(self)

    @classmethod
    def of(cls, told: object) -> Self | None:
        """From a manifest; None where it is no such thing."""
        if not isinstance(told, dict) or told.keys() != {one.name for one in fields(cls)}:
            return None
        values = {name: value for name, value in told.items() if name != "is_recorded"}
        is_recorded = told["is_recorded"]
        is_right = isinstance(is_recorded, bool) and all(isinstance(value, str) for value in values.values())
        return cls(is_recorded, **values) if is_right else None


def sealed_as(days: Sequence[SealedDay], period: Period) -> dict[str, str]:
    """What sealed days say of themselves and of a month, by the names of Retention. Raises ArchiveError."""
    if not days:
        return {}
    last = f"{datetime.fromtimestamp((period.end_ms - 1) / 1000, UTC):%Y-%m-%d}"
    root = days[-1].checkpoint.text.decode().splitlines()[2]
    witness, until = _witness(days, last)
    return {
        "checkpoint": f"{days[-1].folder.name} {root}",
        "sealed_until": max((day.folder.name for day in days if day.folder.name <= last), default=""),
        "witness": witness,
        "witnessed_until": until,
    }


def _witness(days: Sequence[SealedDay], last: str) -> tuple[str, str]:
    """A name other than the origin is a witness's; `archive accept` has checked its signature."""
    found = ("", "")
    for day in days:
        names = [one.name for one in day.checkpoint.signatures if one.name != day.checkpoint.origin]
        if names:
            found = names[0], day.folder.name
        if names and day.folder.name >= last:
            break
    return found
