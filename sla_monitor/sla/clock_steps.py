"""Steps of the wall clock, and sleeps of the host, as they are on record. Pure: no clock is read here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class ClockStep(NamedTuple):
    """The wall clock was set: what it says since, and what it would have said at that moment."""

    at_ms: int
    expected_ms: int

    @property
    def size_ms(self) -> int:
        """Ahead, or back where it is negative."""
        return self.at_ms - self.expected_ms


class ClockMove(NamedTuple):
    """By how much the wall clock was set at an instant that it told since, and for how long the host had slept then."""

    at_ms: int
    step_ms: int
    slept_ms: int = 0

    def concerns(self, start_ms: int, end_ms: int) -> bool:
        """Whether the clock told an instant in `[start_ms, end_ms)` just before or just after it."""
        return any(start_ms <= at_ms < end_ms for at_ms in (self.at_ms, self.at_ms - self.step_ms))


def moves_of(steps: Iterable[ClockStep]) -> list[ClockMove]:
    """Steps as they are recorded, ascending: two at the same instant tell of a host that slept."""
    moves: list[ClockMove] = []
    for step in steps:
        slept_ms = 0
        if moves and moves[-1].at_ms == step.at_ms:
            slept_ms = moves.pop().step_ms - step.size_ms
        moves.append(ClockMove(step.at_ms, step.size_ms, slept_ms))
    return moves
