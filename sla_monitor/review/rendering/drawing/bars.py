"""Points and credits of the last months, side by side with the limit that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_monitor.review.blocks import Picture
from sla_monitor.review.rendering.drawing.svg import BAD, INK, drawing
from sla_monitor.wording.instants import format_month, format_month_short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640.0, 130.0, 10.0, 10.0, 18.0, 24.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A month, its number (None: there is none), and how that is written."""

    month: str
    value: Fraction | None
    told: str


def bars(name: str, title: str, rows: Sequence[Bar]) -> Picture:
    """A bar for each month, the last one dark, with the number over each."""
    canvas = drawing(name, WIDTH, HEIGHT)
    most = max([row.value for row in rows if row.value is not None] + [Fraction(1)])
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    floor = HEIGHT - BOTTOM
    for position, row in enumerate(rows):
        height = float(max(row.value or Fraction(0), Fraction(0)) / most) * (floor - TOP)
        x, is_last = LEFT + step * position, position == len(rows) - 1
        canvas.rect(x + step * 0.18, floor - height, step * 0.64, height, fill=BAD if is_last else "#a9bdd6")
        canvas.text(x + step / 2, floor - height - 5, "–" if row.value is None else row.told, "middle", fill=INK)
        canvas.text(x + step / 2, HEIGHT - 9, format_month_short(row.month), "middle")
    canvas.line(LEFT, floor, WIDTH - RIGHT, floor)
    return canvas.picture(title, "; ".join(f"{format_month(row.month)}: {row.told}" for row in rows) + ".")
