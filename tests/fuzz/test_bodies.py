"""A few of the mutated bodies; `python -m tests.fuzz.bodies 20000 1` has more."""

from __future__ import annotations

from tests.fuzz import bodies


def test_mutated_bodies_are_judged_whatever_they_are() -> None:
    assert bodies.run(1_000, 20_261_129) == []
