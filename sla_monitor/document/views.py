"""A KPI's figure in one view, in an assessment's JSON."""

from __future__ import annotations

from fractions import Fraction

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.document.values import Number, StepJson, number, optional, seconds, steps
from sla_monitor.sla.downtime import Seconds


class Classes(TypedDict):
    """Agreed service time by class; the classes are apart from each other and add up to it."""

    agreed: str
    """All of it, in seconds."""
    up: str
    """Up and well."""
    degraded: str
    """Up and not well."""
    down: str
    """Down and not excluded."""
    excluded: str
    """Excluded, whatever it was."""
    excluded_down: str
    """The part of the excluded time in which it was down."""
    unknown: str
    """Seen by nobody."""


class View(TypedDict):
    """A KPI's figure in one view, in the KPI's unit."""

    value: Number | None
    """Unrounded; null: there is none."""
    rounded: Number | None
    """By the contract's rule of rounding."""
    band: str | None
    """Into which it falls."""
    met: bool | None
    """Whether the target is met."""
    points: Number
    """The band's own, before repeats."""
    downtime_seconds: Number | None
    """Downtime by the contract's way of counting; for availability."""
    counted_seconds: Number | None
    """The time that counts, or a fixed month in its place; for availability."""
    seconds: Classes | None
    """Every class of time; for availability."""
    working: list[StepJson]
    """How the figure comes about."""


class Views(TypedDict):
    """Nothing excluded; as if every booking and claim were granted; only what was granted. The last one is priced."""

    gross: View | None
    """Nothing is excluded."""
    claimed: View | None
    """As if everything were granted."""
    agreed: View | None
    """Only what was granted."""


def view(figure: assessment.Figure) -> View:
    return {
        "value": optional(figure.value),
        "rounded": optional(figure.rounded),
        "band": figure.band,
        "met": figure.is_met,
        "points": number(figure.points),
        "downtime_seconds": _seconds(figure.downtime_ms),
        "counted_seconds": _seconds(figure.base_ms),
        "seconds": None if figure.seconds is None else _classes(figure.seconds),
        "working": steps(figure.working),
    }


def views(one: assessment.KpiAssessment) -> Views:
    told = {name: view(figure) for name, figure in one.views.items()}
    return {"gross": told.get("gross"), "claimed": told.get("claimed"), "agreed": told.get("agreed")}


def _classes(time: Seconds) -> Classes:
    down_ms = sum(loss.counted_ms for loss in time.losses)
    up_ms = time.agreed_ms - down_ms - time.degraded_ms - time.excluded_ms - time.unknown_ms
    return {
        "agreed": seconds(time.agreed_ms),
        "up": seconds(up_ms),
        "degraded": seconds(time.degraded_ms),
        "down": seconds(down_ms),
        "excluded": seconds(time.excluded_ms),
        "excluded_down": seconds(time.excluded_down_ms),
        "unknown": seconds(time.unknown_ms),
    }


def _seconds(milliseconds: Fraction | None) -> Number | None:
    return None if milliseconds is None else number(milliseconds / 1000)
