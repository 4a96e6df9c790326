"""Points and credits of the last months, side by side with the limit that matters."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sla_monitor.review.blocks import Picture
from sla_monitor.review.rendering.drawing.svg import BAD, INK, drawing
from sla_monitor.wording.instants import format_month, format_month_short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640.0, 130.0, 10.0, 10.0, 18.0, 24.0

Bar = tuple[str, Fraction, str]
"""A month, its number, and how that is written."""


def bars(name: str, title: str, rows: Sequence[Bar]) -> Picture:
    """A bar for each month, the last one dark, with the number over each."""
    canvas = drawing(name, WIDTH, HEIGHT)
    most = max([value for _, value, _ in rows] + [Fraction(1)])
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    floor = HEIGHT - BOTTOM
    for position, (month, value, told) in enumerate(rows):
        height = float(max(value, Fraction(0)) / most) * (floor - TOP)
        x, is_last = LEFT + step * position, position == len(rows) - 1
        canvas.rect(x + step * 0.18, floor - height, step * 0.64, height, fill=BAD if is_last else "#a9bdd6")
        canvas.text(x + step / 2, floor - height - 5, told, "middle", fill=INK)
        canvas.text(x + step / 2, HEIGHT - 9, format_month_short(month), "middle")
    canvas.line(LEFT, floor, WIDTH - RIGHT, floor)
    return canvas.picture(title, "; ".join(f"{format_month(month)}: {told}" for month, _, told in rows) + ".")
