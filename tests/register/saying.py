"""Entries for tests, numbered in the order in which they are said."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from sla_monitor.register.entries import Entry, EntryBody
from sla_monitor.register.instant import Milliseconds
from sla_monitor.register.kinds.kind import EntryKind
from tests.support.instants import exact

T0 = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
_BODY: TypeAdapter[Any] = TypeAdapter(EntryBody)


def said(kind: str, **words: Any) -> EntryKind:
    """What an entry says, with the keys as files have them; local times are in UTC."""
    value: EntryKind = _BODY.validate_python(exact({"kind": kind, **words}), context={"zone": ZoneInfo("UTC")})
    return value


def entry(number: int, kind: str, **words: Any) -> Entry:
    return Entry.model_validate(
        {
            "number": number,
            "at": Milliseconds(T0 + number),
            "actor": "ann",
            "contract": "small",
            "said": said(kind, **words),
        }
    )


def entries(*several: tuple[str, dict[str, Any]]) -> list[Entry]:
    return [entry(number, kind, **words) for number, (kind, words) in enumerate(several, start=1)]


def booking(**words: Any) -> tuple[str, dict[str, Any]]:
    return "maintenance", {"start": "2026-01-10T22:00:00Z", "end": "2026-01-11T01:00:00Z", **words}


def claim(**words: Any) -> tuple[str, dict[str, Any]]:
    span = {"start": "2026-01-05T10:00:00Z", "end": "2026-01-05T12:00:00Z"}
    return "claim", {**span, "cause": "authority_cause", **words}


def decision(about: int, granted: bool = True, **words: Any) -> tuple[str, dict[str, Any]]:
    return "decision", {"about": about, "granted": granted, **words}


def undo(about: int) -> tuple[str, dict[str, Any]]:
    return "undo", {"about": about}


def ticket(name: str, **words: Any) -> tuple[str, dict[str, Any]]:
    return "ticket", {"id": name, "priority": "P1", "opened": "2026-01-05T10:00:00Z", **words}


def figure(value: str, party: str = "supplier", **words: Any) -> tuple[str, dict[str, Any]]:
    return "figure", {"kpi": "KPI1", "month": "2026-01", "party": party, "value": value, **words}
