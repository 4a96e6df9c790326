"""One KPI over the last measurement periods, with its target and its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.blocks import Picture
from sla_monitor.review.rendering.drawing.scale import Scale
from sla_monitor.review.rendering.drawing.svg import BAD, GOOD, INK, PAPER, SOFT, UNSEEN, Drawing, drawing
from sla_monitor.sla.results import KpiResult
from sla_monitor.wording.figures import format_digits, format_figure, format_level
from sla_monitor.wording.instants import format_month, format_month_short

WIDTH, HEIGHT = 640.0, 160.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 104.0, 12.0, 24.0
APART = 11.0
"""Labels of target and threshold stand at least so far from each other."""

History = Sequence[tuple[str, KpiResult | None]]


def run_chart(name: str, kpi: KpiTerms, history: History) -> Picture:
    """A filled square is a failure, an open circle a period in which the promise was kept; where there is no figure
    stands a question mark."""
    chart = _Chart(kpi, history, drawing(name, WIDTH, HEIGHT))
    chart.levels()
    chart.points()
    return chart.canvas.picture(f"{kpi.id}: {kpi.title or 'result'} by period", _describe(kpi, history))


class _Chart:
    def __init__(self, kpi: KpiTerms, history: History, canvas: Drawing) -> None:
        self.kpi, self.history, self.canvas = kpi, history, canvas
        known = [result.value for _, result in history if result and result.value is not None]
        edges = [Fraction(edge) for edge in (kpi.target, kpi.threshold) if edge is not None]
        low, high = min(known + edges), max(known + edges)
        room = ((high - low) or Fraction(1)) / 8
        self.scale = Scale(low - room, high + room, HEIGHT - BOTTOM, TOP)

    def x(self, position: int) -> float:
        step = (WIDTH - LEFT - RIGHT) / max(len(self.history), 1)
        return LEFT + step * (position + 0.5)

    def levels(self) -> None:
        """The scale, and over it the two numbers that the contract gives."""
        end, kpi = WIDTH - RIGHT + 4, self.kpi
        self.scale.draw(self.canvas, LEFT, end, lambda value: format_level(value, kpi))
        at = self.scale.y(kpi.target)
        self._level(f"target {format_level(kpi.target, kpi)}", at, at, stroke=GOOD)
        if kpi.threshold is not None:
            y = self.scale.y(kpi.threshold)
            told_at = y if abs(y - at) >= APART else at + (APART if y >= at else -APART)
            self._level(f"threshold {format_level(kpi.threshold, kpi)}", y, told_at, stroke=BAD, stroke_dasharray="6 4")

    def _level(self, told: str, y: float, told_at: float, **style: str) -> None:
        end = WIDTH - RIGHT + 4
        self.canvas.line(LEFT, y, end, y, stroke_width="1.5", **style)
        self.canvas.text(end + 4, told_at + 3, told, fill=INK)

    def points(self) -> None:
        run: list[tuple[float, float]] = []
        for position, (_, result) in enumerate(self.history):
            if result is not None and result.value is not None:
                run.append((self.x(position), self.scale.y(result.value)))
            elif run and result is not None:
                self.canvas.path(run, stroke=SOFT)
                run = []
        self.canvas.path(run, stroke=SOFT)
        for position, (month, result) in enumerate(self.history):
            self.canvas.text(self.x(position), HEIGHT - 10, format_month_short(month), "middle")
            if result is not None:
                self._point(self.x(position), result)

    def _point(self, x: float, result: KpiResult) -> None:
        if result.value is None:
            self.canvas.text(x, HEIGHT - BOTTOM - 6, "?", "middle", fill=INK, is_on_lines=True)
            return
        y = self.scale.y(result.value)
        if result.is_met is False:
            self.canvas.rect(x - 4.5, y - 4.5, 9, 9, fill=BAD)
        else:
            colour = GOOD if result.is_met else UNSEEN
            self.canvas.rect(x - 4.5, y - 4.5, 9, 9, rx="4.5", fill=PAPER, stroke=colour, stroke_width="2")
        told_at = y + 18 if y < TOP + 14 or (self._is_crossed(y - 9) and not self._is_crossed(y + 18)) else y - 9
        self.canvas.text(x, told_at, format_digits(result.value, self.kpi), "middle", fill=INK, is_on_lines=True)

    def _is_crossed(self, baseline: float) -> bool:
        """Whether the line of the target or the threshold would run through text there."""
        levels = [level for level in (self.kpi.target, self.kpi.threshold) if level is not None]
        return any(-3 < baseline - self.scale.y(level) < 11 for level in levels)


def _describe(kpi: KpiTerms, history: History) -> str:
    """The chart in words."""
    parts = []
    for month, result in history:
        if result is not None:
            verdict = {True: "met", False: "missed", None: "not assessed"}[result.is_met]
            parts.append(f"{format_month(month)} {format_figure(result.value, kpi)}, {verdict}")
    threshold = f", threshold {format_level(kpi.threshold, kpi)}" if kpi.threshold is not None else ""
    return f"Target {format_level(kpi.target, kpi)}{threshold}. {'; '.join(parts) or 'No results'}."
