"""A service's month as a swim-lane: what was seen within its hours, and what was excluded."""

from __future__ import annotations

from datetime import time, timedelta

from sla_monitor.assess.assessment import Lanes, ServiceAssessment
from sla_monitor.contract.local_time import instant_ms, local_date
from sla_monitor.periods.intervals import Intervals, length
from sla_monitor.review.blocks import Picture
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.drawing.svg import BAD, HELD, INK, LINE, PAPER, SEEN, SOFT, UNSEEN, Drawing, drawing
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.instants import format_month

WIDTH, HEIGHT = 680.0, 96.0
LEFT, RIGHT = 66.0, 4.0
SEEN_Y, SEEN_HEIGHT, HELD_Y, HELD_HEIGHT, AXIS_Y = 8.0, 26.0, 38.0, 14.0, 68.0
LEAST = 1.6
"""No outage is drawn narrower, however short it is."""


def timeline(name: str, case: PackInput, service: ServiceAssessment) -> Picture | None:
    """None where the assessment has no lanes."""
    lanes = service.lanes
    if lanes is None:
        return None
    lane = _Lane(case, drawing(name, WIDTH, HEIGHT))
    lane.axis()
    canvas = lane.canvas
    lane.boxes(lanes.hours, SEEN_Y, SEEN_HEIGHT, fill=PAPER, stroke=LINE)
    lane.boxes(lanes.up, SEEN_Y, SEEN_HEIGHT, fill=SEEN)
    lane.boxes(lanes.unknown, SEEN_Y, SEEN_HEIGHT, fill=UNSEEN)
    lane.boxes(lanes.degraded, SEEN_Y, SEEN_HEIGHT, LEAST, fill=SEEN)
    lane.boxes(lanes.degraded, SEEN_Y + SEEN_HEIGHT / 2, SEEN_HEIGHT / 2, LEAST, fill="#d08b1d")
    lane.boxes(lanes.down, SEEN_Y, SEEN_HEIGHT, LEAST, fill=BAD)
    lane.boxes(lanes.excluded, HELD_Y, HELD_HEIGHT, LEAST, fill=canvas.hatching("hatch", HELD, PAPER), stroke=HELD)
    canvas.text(0, SEEN_Y + SEEN_HEIGHT / 2 + 3, "Seen", fill=INK)
    canvas.text(0, HELD_Y + HELD_HEIGHT / 2 + 3, "Excluded", fill=INK)
    canvas.text(0, AXIS_Y, "Day")
    _legend(canvas)
    return canvas.picture(f"{service.name}: what was seen in {format_month(case.month)}", _describe(lanes))


class _Lane:
    def __init__(self, case: PackInput, canvas: Drawing) -> None:
        self.period, self.zone, self.canvas = case.assessment.period, case.zone, canvas
        self.scale = (WIDTH - LEFT - RIGHT) / (self.period.end_ms - self.period.start_ms)

    def x(self, at_ms: int) -> float:
        return LEFT + (at_ms - self.period.start_ms) * self.scale

    def boxes(self, intervals: Intervals, y: float, height: float, least: float = 0, **style: str) -> None:
        for start, end in intervals:
            self.canvas.rect(self.x(start), y, max((end - start) * self.scale, least), height, **style)

    def axis(self) -> None:
        """A mark for each midnight, and the day of the month under every fifth and the first."""
        day = local_date(self.period.start_ms, self.zone)
        while (at_ms := instant_ms(day, time.min, self.zone)) < self.period.end_ms:
            x, is_told = self.x(at_ms), day.day == 1 or day.day % 5 == 0
            self.canvas.line(x, HELD_Y + HELD_HEIGHT + 2, x, AXIS_Y - (9 if is_told else 12), stroke=SOFT)
            if is_told:
                self.canvas.text(x, AXIS_Y, str(day.day), "middle")
            day += timedelta(days=1)


def _legend(canvas: Drawing) -> None:
    fills = (
        ("up", SEEN),
        ("degraded", "#d08b1d"),
        ("down", BAD),
        ("not seen", UNSEEN),
        ("excluded", canvas.hatching("key", HELD, PAPER)),
    )
    x = LEFT
    for text, fill in fills:
        canvas.rect(x, HEIGHT - 14, 10, 10, fill=fill, stroke=SOFT, stroke_width="0.5")
        canvas.text(x + 14, HEIGHT - 5.5, text, fill=INK)
        x += 28 + 6 * len(text)


def _describe(lanes: Lanes) -> str:
    parts = (
        ("service hours", lanes.hours),
        ("up", lanes.up),
        ("degraded", lanes.degraded),
        ("down", lanes.down),
        ("not seen", lanes.unknown),
        ("excluded", lanes.excluded),
    )
    is_seen = lanes.up or lanes.degraded or lanes.down
    told = [one for one in parts if is_seen or one[0] not in {"up", "degraded", "down"}]
    return "; ".join(f"{what} {format_duration(length(list(spans)))}" for what, spans in told) + "."
