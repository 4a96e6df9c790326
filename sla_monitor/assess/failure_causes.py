"""Which cause people have given of an outage, and of a KPI's failure without one: the last that reaches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry, FailureCause

GivenCause: TypeAlias = tuple[Entry, FailureCause]


def cause_of_outage(effective: EffectiveEntries, service: str, start_ms: int, end_ms: int | None) -> GivenCause | None:
    """None: nobody has said. `end_ms` None: it goes on."""
    return _last(effective, lambda said: service in said.services, start_ms, end_ms)


def cause_of_kpi(effective: EffectiveEntries, kpi: str, start_ms: int, end_ms: int) -> GivenCause | None:
    """Of its failure in `[start_ms, end_ms)`, its measurement period. None: nobody has said."""
    return _last(effective, lambda said: kpi in said.kpis, start_ms, end_ms)


def _last(
    effective: EffectiveEntries, names: Callable[[FailureCause], bool], start_ms: int, end_ms: int | None
) -> GivenCause | None:
    return next(
        (
            (entry, said)
            for entry, said in reversed(effective.of(FailureCause))
            if names(said) and said.end_ms > start_ms and (end_ms is None or said.start_ms < end_ms)
        ),
        None,
    )
