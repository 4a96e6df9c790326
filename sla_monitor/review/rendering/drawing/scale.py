"""The scale of a chart: round numbers at even steps, with their units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from sla_monitor.review.rendering.drawing.svg import LINE, Drawing

STEPS = 4
"""About so many steps on an axis."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` at the height `floor_y` to `high` at `top_y`, in a drawing's units."""

    low: Fraction
    high: Fraction
    floor_y: float
    top_y: float

    def y(self, value: Fraction | Decimal) -> float:
        part = float((Fraction(value) - self.low) / (self.high - self.low))
        return self.floor_y - part * (self.floor_y - self.top_y)

    def draw(self, canvas: Drawing, left: float, right: float, told: Callable[[Decimal], str]) -> None:
        """A thin line across for each round number, which stands to the left of it."""
        for value in round_numbers(self.low, self.high):
            y = self.y(value)
            canvas.line(left, y, right, y, stroke=LINE, stroke_width="0.5")
            canvas.text(left - 5, y + 3, told(value), "end")


def round_numbers(low: Fraction, high: Fraction) -> list[Decimal]:
    """Multiples of 1, 2 or 5 times a power of ten between two numbers, which differ."""
    rough = (high - low) / STEPS
    exponent = 0
    while rough >= 10 * Fraction(10) ** exponent:
        exponent += 1
    while rough < Fraction(10) ** exponent:
        exponent -= 1
    unit = Fraction(10) ** exponent
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    exact = (number * step for number in range(ceil(low / step), floor(high / step) + 1))
    return [Decimal(one.numerator) / one.denominator for one in exact]
