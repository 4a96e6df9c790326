"""The state of a duty at an instant: pure, half open, by the edges of its due date."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

ObligationState: TypeAlias = Literal["upcoming", "due_soon", "due", "late", "met", "met_late", "excused"]
OBLIGATION_STATES: tuple[ObligationState, ...] = (
    "late", "due", "due_soon", "upcoming", "met_late", "met", "excused",
)  # fmt: skip
"""What asks for something first."""
OPEN: frozenset[ObligationState] = frozenset({"upcoming", "due_soon", "due", "late"})


class Edges(Protocol):
    """From when on a duty is due soon, due, and late (UTC ms)."""

    @property
    def remind_ms(self) -> int: ...
    @property
    def due_ms(self) -> int: ...
    @property
    def late_ms(self) -> int: ...


def obligation_state(
    edges: Edges, now_ms: int, met_ms: int | None = None, *, is_excused: bool = False
) -> ObligationState:
    """What was met stays met, also where it was excused; what was met at `late_ms` or later was late."""
    if met_ms is not None:
        return "met" if met_ms < edges.late_ms else "met_late"
    if is_excused:
        return "excused"
    if now_ms >= edges.late_ms:
        return "late"
    if now_ms >= edges.due_ms:
        return "due"
    return "due_soon" if now_ms >= edges.remind_ms else "upcoming"
