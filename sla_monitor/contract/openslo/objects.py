"""An OpenSLO file as objects, and what becomes of them: what was taken, and what was not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sla_monitor.contract.openslo.pieces import OpenSloPiece, Refused
from sla_monitor.contract.reading.nodes import Problem

VERSION = "openslo/v1"
_ALERTS = {"AlertPolicy", "AlertCondition", "AlertNotificationTarget"}
ALERTING = "alerts are not taken: `sla-monitor generate` makes them from the terms"
_KINDS = {"SLO", "SLI", "DataSource", "Service", *_ALERTS}

Words = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """A KPI or a service as a contract file has it, and where it comes from."""

    words: Words
    origin: str


@dataclass(slots=True)
class OpenSloObjects:
    """What was taken of a file, and what was not."""

    services: list[Taken] = field(default_factory=list)
    kpis: list[Taken] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)


def objects_of(piece: OpenSloPiece) -> Iterator[tuple[str, OpenSloPiece]]:
    """The objects of one document, which may be a list of them, by their kind."""
    for each in list(piece.items()) or [piece]:
        try:
            version = each.need("apiVersion").text()
            kind = each.need("kind").text()
            name = each.need("metadata").need("name").text()
        except Refused:
            continue
        each.path = f"{kind} {name}" if kind in _KINDS and name.isprintable() and len(name) < 100 else "file"
        if version != VERSION:
            each.need("apiVersion").leave(f"{version[:40]!r} is not read (only {VERSION} is; convert it first)")
        elif kind in _ALERTS:
            each.leave(ALERTING)
        elif kind not in _KINDS:
            each.leave(f"kind {kind[:40]!r} is not a kind of OpenSLO v1")
        else:
            yield kind, each
