"""KPIs in an assessment's JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import NotRequired

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.document.services import PlaceSightJson, place_sights
from sla_monitor.document.values import Number, StepJson, TimesJson, instant, number, optional, seconds, steps, times
from sla_monitor.document.views import View, Views, view, views
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.results import KpiResult


class Result(TypedDict):
    """A KPI's result for a measurement period that ends in the month, agreed view."""

    figure: Number | None
    """This period's own, before averaging with earlier ones."""
    value: Number | None
    """After averaging, before rounding."""
    rounded: Number | None
    """By the contract's rule."""
    band: str | None
    """Into which it falls; null: there is no figure that can be assessed."""
    met: bool | None
    """Whether the target is met."""
    below_threshold: bool
    """Whether it is under the KPI's floor."""
    material: bool
    """Whether the failure is a material one."""
    priced: bool
    """Whether its points cost money."""
    own_points: Number
    """The band's points."""
    points: Number
    """After repeats and related failures."""
    failures_in_a_row: int
    """This one included."""
    repeat: bool
    """Whether the period before was a failure too."""
    coverage: Number | None
    """Observed time over agreed time."""
    difference: Number | None
    """The supplier's figure less ours."""
    working: list[StepJson]
    """From the figure to the points."""


class KpiOutlook(TypedDict):
    """What the rest of the period may bring."""

    burn_rate: Number | None
    """For availability: downtime so far over the allowance for the time so far; 1: exactly used up at the end."""
    trailing_burn_rate: Number | None
    """The same for the last seven days."""
    runs_out: str | None
    """When the allowance is used up at the present rate; null: not in this period."""
    trailing_runs_out: str | None
    """The same at the rate of the last seven days."""
    best: View | None
    """If nothing more goes wrong; null: not forecast."""
    worst: View | None
    """If everything does; null: not forecast."""


class KpiOutageJson(TypedDict):
    """A run of downtime as a KPI counts it."""

    start: str
    """When it began, also where that is before the period."""
    end: str | None
    """When it was over; null: it goes on."""
    downtime_seconds: str
    """What it adds to the downtime, agreed view."""
    gross_seconds: str
    """The same if nothing were excluded."""
    claimed_seconds: str
    """The same if every booking and claim were granted."""
    reason: str | None
    """What was found first."""
    endpoints: list[str]
    """The ids of those that were down in it."""
    entries: list[int]
    """The numbers of the register's entries that touch it."""
    places: NotRequired[list[PlaceSightJson]]
    """What each site saw, only of endpoints that several places probe."""
    end_seen: NotRequired[bool]
    """false: nothing was seen when it ended; it lasted until then at least. Else it is not there."""


class Kpi(TypedDict):
    """A KPI in the measurement period that holds the month."""

    kpi: str
    """The contract's own number."""
    title: str
    """What is promised, in words."""
    clause: str
    """Where the contract says so."""
    kind: str
    """KPI, or PI: reported and not priced."""
    indicator: str
    """What is measured."""
    unit: str
    """Of its figures: percent, ms, minutes, count, days, score; empty: as the contract says."""
    service: str
    """The id of its service; empty: none."""
    direction: str
    """Which way is worse."""
    target: Number
    """The result that keeps the promise."""
    period: TimesJson | None
    """The measurement period."""
    assessable: bool
    """Whether enough was seen."""
    coverage: Number | None
    """Observed time over agreed time."""
    views: Views
    """The figure, three times."""
    submitted: Number | None
    """The supplier's figure."""
    difference: Number | None
    """The supplier's figure less ours."""
    allowance_seconds: Number | None
    """The downtime that the whole period may have; for availability."""
    result: Result | None
    """Null while the measurement period does not end in this month."""
    outages: list[KpiOutageJson]
    """What the downtime is made of, from the beginning of the measurement period on, by the KPI's own way of counting:
    outages add up to it. What the terms count of degraded and of unseen time comes on top."""
    forecast: KpiOutlook | None
    """For a running period."""


def kpi(one: assessment.KpiAssessment) -> Kpi:
    terms, service = one.terms, one.service
    return {
        "kpi": one.kpi,
        "title": one.title,
        "clause": one.clause,
        "kind": terms.kind if terms else "KPI",
        "indicator": terms.indicator if terms else "availability",
        "unit": terms.unit if terms else "percent",
        "service": one.service_id,
        "direction": terms.direction if terms else "higher_is_better",
        "target": number(Fraction(terms.target) if terms else one.target_ratio * 100),
        "period": None if one.period is None else times(one.period),
        "assessable": one.is_assessable,
        "coverage": optional(one.coverage_ratio),
        "views": views(one),
        "submitted": optional(one.submitted),
        "difference": optional(one.difference),
        "allowance_seconds": number(one.allowance_ms / 1000) if service else None,
        "result": None if one.result is None else _result(one.result),
        "outages": [_outage(each) for each in one.outages],
        "forecast": None if one.forecast is None else _outlook(one.forecast),
    }


def _outage(one: assessment.Outage) -> KpiOutageJson:
    told: KpiOutageJson = {
        "start": format_utc(one.start_ms),
        "end": instant(one.end_ms),
        "downtime_seconds": seconds(one.downtime_ms),
        "gross_seconds": seconds(one.gross_ms),
        "claimed_seconds": seconds(one.claimed_ms),
        "reason": one.reason and one.reason.value,
        "endpoints": list(one.endpoints),
        "entries": list(one.entries),
    }
    if one.places:
        told["places"] = place_sights(one.places)
    if not one.end_seen:
        told["end_seen"] = False
    return told


def _result(result: KpiResult) -> Result:
    return {
        "figure": optional(result.figure),
        "value": optional(result.value),
        "rounded": optional(result.rounded),
        "band": result.band,
        "met": result.is_met,
        "below_threshold": result.is_below_threshold,
        "material": result.is_material,
        "priced": result.is_priced,
        "own_points": number(result.own_points),
        "points": number(result.points),
        "failures_in_a_row": result.failures_in_a_row,
        "repeat": result.is_repeat,
        "coverage": optional(result.coverage),
        "difference": optional(result.difference),
        "working": steps(result.working),
    }


def _outlook(forecast: assessment.KpiForecast) -> KpiOutlook:
    return {
        "burn_rate": optional(forecast.burn_rate),
        "trailing_burn_rate": optional(forecast.trailing_burn_rate),
        "runs_out": instant(forecast.runs_out_ms),
        "trailing_runs_out": instant(forecast.trailing_runs_out_ms),
        "best": _end(forecast.best),
        "worst": _end(forecast.worst),
    }


def _end(figure: assessment.Figure) -> View | None:
    return None if figure.value is None else view(figure)
