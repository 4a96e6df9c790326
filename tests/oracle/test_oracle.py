"""A few random contracts in every run of the tests; `make oracle` reckons thousands."""

from __future__ import annotations

import pytest

from .agreement import disagreements
from .scene import Maker


@pytest.mark.parametrize("seed", range(20))
def test_the_program_agrees_with_a_second_reckoning(seed: int) -> None:
    """Figures, points, every line of credits, caps, totals and triggers; and outages add up in every view."""
    assert list(disagreements(Maker(seed).scene())) == []
