"""Forecast of a running month and restatement of a signed one, in an assessment's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.assess.compare import moved
from sla_monitor.document.values import Money, Number, money, number, optional
from sla_monitor.register.entries import SignOff
from sla_monitor.sla.results import PeriodResult


class BoundJson(TypedDict):
    """Points and money if the month ended like this."""

    points: Number
    """All service points."""
    credit: Money
    """What would be deducted."""
    triggers: list[str]
    """What would be set off."""


class OutlookJson(TypedDict):
    """A running month."""

    now: BoundJson
    """As it stands."""
    best: BoundJson
    """If nothing fails from now on."""
    worst: BoundJson
    """If everything does."""


class ChangedKpi(TypedDict):
    """A KPI whose result is another now."""

    kpi: str
    """Its id."""
    before_value: Number | None
    """By the entries up to the sign-off; null: there was none."""
    before_band: str | None
    """Into which that falls."""
    before_points: Number
    """After repeats and related failures."""
    value: Number | None
    """What it is now."""
    band: str | None
    """What it is now."""
    points: Number
    """What they are now."""


class Restated(TypedDict):
    """A signed month whose figures are others now."""

    signed: int
    """The number of the sign-off."""
    signed_points: Number
    """What was signed."""
    signed_credit: Money
    """What was signed."""
    points: Number
    """What it is now."""
    credit: Money
    """What it is now."""
    because: list[int]
    """The entries made since that are about this month, or about one before it."""
    before_points: Number | None
    """What the entries up to the sign-off alone come to; if not what was signed, it is not the register alone that has
    changed, but the contract's file or what was seen."""
    before_credit: Money | None
    """The same."""
    moved: list[ChangedKpi]
    """KPIs that the entries made since have changed."""


def outlook(forecast: assessment.Forecast, currency: str) -> OutlookJson:
    return {
        "now": _case(forecast.now, currency),
        "best": _case(forecast.best, currency),
        "worst": _case(forecast.worst, currency),
    }


def _case(one: assessment.Outlook, currency: str) -> BoundJson:
    return {"points": number(one.points), "credit": money(one.credit, currency), "triggers": list(one.triggers)}


def restated(restatement: assessment.Restatement, now: PeriodResult | None, currency: str) -> Restated | None:
    signed, before = restatement.signed.body, restatement.before
    if not isinstance(signed, SignOff):
        return None
    return {
        "signed": restatement.signed.number,
        "signed_points": number(Fraction(signed.points)),
        "signed_credit": money(signed.credit, currency),
        "points": number(restatement.points),
        "credit": money(restatement.credit, currency),
        "because": list(restatement.because),
        "before_points": None if before is None else number(before.points),
        "before_credit": None if before is None else money(before.deducted, currency),
        "moved": [] if before is None or now is None else list(_moved(before, now)),
    }


def _moved(before: PeriodResult, now: PeriodResult) -> Iterator[ChangedKpi]:
    for was, result in moved(before, now):
        yield {
            "kpi": result.kpi,
            "before_value": optional(was.value if was else None),
            "before_band": was.band if was else None,
            "before_points": number(was.points if was else Fraction(0)),
            "value": optional(result.value),
            "band": result.band,
            "points": number(result.points),
        }
