"""What the ledger's tests share: observations to record, and a ledger of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.sla.observation import NO_PHASES, Finding, Observation, Outcome, Phases, Reason

T0 = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""
EVERY_MS = 10_000
FOREVER_MS = 2 * T0
DEADLINE_S = 30.0
"""Longer than anything takes on a busy machine; nothing is measured against it."""

UP = Finding(Outcome.UP, duration_us=1_500, phases=Phases(200, 300, None, 900, 100), address="127.0.0.1", status=200)
DOWN = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer in 5 s", 5_000_000, NO_PHASES, evidence=b"<html>")


def observed(index: int = 0, finding: Finding = UP, endpoint: str = "custody/login") -> Observation:
    """The observation of an endpoint that is seen every EVERY_MS."""
    return Observation(endpoint, T0 + index * EVERY_MS, finding)


@contextmanager
def opened(
    path: Path, *, commit_within_ms: int = 5, buffer: int = 50_000, close_s: float = DEADLINE_S
) -> Iterator[Ledger]:
    ledger = Ledger.open(path, SystemClock(), commit_within_ms=commit_within_ms, buffer=buffer)
    try:
        yield ledger
    finally:
        ledger.close(close_s)


def record_all(ledger: Ledger, *observations: Observation) -> None:
    """Record, and wait until it is on disk."""
    for observation in observations:
        ledger.record(observation, EVERY_MS)
    assert ledger.flush(DEADLINE_S)
