"""Which cause people have given of an outage, and of a KPI's failure without one: the last that reaches it."""

from __future__ import annotations

from typing import TypeAlias

from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry, FailureCause

GivenCause: TypeAlias = tuple[Entry, FailureCause]


def cause_of_outage(effective: EffectiveEntries, service: str, start_ms: int, end_ms: int | None) -> GivenCause | None:
    """None: nobody has said. `end_ms` None: it goes on."""
    return next(
        (
            (entry, said)
            for entry, said in reversed(effective.of(FailureCause))
            if service in said.services and said.end_ms > start_ms and (end_ms is None or said.start_ms < end_ms)
        ),
        None,
    )


def cause_of_kpi(effective: EffectiveEntries, kpi: str, start_ms: int, end_ms: int) -> GivenCause | None:
    """Of its failure in `[start_ms, end_ms)`, its measurement period. None: nobody has said."""
    return next(
        (
            (entry, said)
            for entry, said in reversed(effective.of(FailureCause))
            if kpi in said.kpis and said.end_ms > start_ms and said.start_ms < end_ms
        ),
        None,
    )
