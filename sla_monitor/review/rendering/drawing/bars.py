"""Points or credits of the last months, side by side on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sla_monitor.review.blocks import Picture
from sla_monitor.review.rendering.drawing.scale import Scale
from sla_monitor.review.rendering.drawing.svg import BAD, INK, drawing
from sla_monitor.wording.instants import format_month, format_month_short

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640.0, 130.0, 72.0, 4.0, 16.0, 22.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A month, its number (None: there is none), and how that is written."""

    month: str
    value: Fraction | None
    told: str


def bars(name: str, title: str, rows: Sequence[Bar], told: Callable[[Decimal], str]) -> Picture:
    """A bar for each month, the last one dark, with the number over each; `told` writes those of the scale."""
    canvas = drawing(name, WIDTH, HEIGHT)
    most = max([row.value for row in rows if row.value is not None] + [Fraction(1)])
    scale = Scale(Fraction(0), most, HEIGHT - BOTTOM, TOP)
    scale.draw(canvas, LEFT, WIDTH - RIGHT, told)
    step = (WIDTH - LEFT - RIGHT) / max(len(rows), 1)
    for position, row in enumerate(rows):
        x, top = LEFT + step * position, scale.y(max(row.value or Fraction(0), Fraction(0)))
        fill = BAD if position == len(rows) - 1 else "#a9bdd6"
        canvas.rect(x + step * 0.18, top, step * 0.64, scale.floor_y - top, fill=fill)
        canvas.text(x + step / 2, top - 4, "–" if row.value is None else row.told, "middle", fill=INK, is_on_lines=True)
        canvas.text(x + step / 2, HEIGHT - 8, format_month_short(row.month), "middle")
    return canvas.picture(title, "; ".join(f"{format_month(row.month)}: {row.told}" for row in rows) + ".")
