"""The numbers on an axis are round, even and inside it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.review.rendering.drawing.bars import Bar, bars
from sla_monitor.review.rendering.drawing.run_chart import run_chart
from sla_monitor.review.rendering.drawing.scale import round_numbers
from sla_monitor.wording.numbers import format_points
from tests.review.estate import case


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        ("0", "5", ["0", "2", "4"]),
        ("97.6", "100.3", ["98", "99", "100"]),
        ("99.941", "99.958", ["99.945", "99.950", "99.955"]),
        ("0", "20894.07", ["0", "10000", "20000"]),
    ],
)
def test_the_numbers_are_those_that_a_person_would_choose(low: str, high: str, told: list[str]) -> None:
    assert round_numbers(Fraction(low), Fraction(high)) == list(map(Decimal, told))


@given(st.fractions(-(10**6), 10**6), st.fractions(Fraction(1, 10**6), 10**6))
def test_there_are_always_some_and_never_many(low: Fraction, spread: Fraction) -> None:
    found = round_numbers(low, low + spread)
    assert 1 <= len(found) <= 5
    assert all(low <= one <= low + spread for one in found)


def test_charts_write_their_scale_with_its_unit() -> None:
    made = case()
    chart = run_chart("run", made.terms.kpis[0], [(past.month, past.kpi("KPI1")) for past in made.months])
    assert all(f">{level} %</text>" in chart.svg for level in (97, 98, 99, 100))
    points = bars("bars", "Points", [Bar("2026-10", Fraction(5), "5")], format_points)
    assert all(f">{number}</text>" in points.svg for number in (0, 2, 4))
