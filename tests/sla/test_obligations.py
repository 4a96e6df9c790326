"""The state of a duty is half open at each of its edges."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sla_monitor.sla.obligations import obligation_state


@dataclass(frozen=True)
class At:
    remind_ms: int = 10
    due_ms: int = 20
    late_ms: int = 30


@pytest.mark.parametrize(
    ("now_ms", "state"),
    [(9, "upcoming"), (10, "due_soon"), (19, "due_soon"), (20, "due"), (29, "due"), (30, "late"), (31, "late")],
)
def test_time_passes(now_ms: int, state: str) -> None:
    assert obligation_state(At(), now_ms) == state
    assert obligation_state(At(), now_ms, is_excused=True) == "excused"


@pytest.mark.parametrize(("met_ms", "state"), [(0, "met"), (29, "met"), (30, "met_late")])
def test_what_is_met_stays_met(met_ms: int, state: str) -> None:
    assert obligation_state(At(), 5, met_ms) == state
    assert obligation_state(At(), 99, met_ms, is_excused=True) == state
