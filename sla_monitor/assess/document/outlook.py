"""What a running month may bring, and what became of a signed one, in an assessment's JSON."""

from __future__ import annotations

from fractions import Fraction

from typing_extensions import TypedDict

from sla_monitor.assess import assessment
from sla_monitor.assess.document.values import Money, Number, money, number
from sla_monitor.register.entries import SignOff


class Case(TypedDict):
    """Points and money if the month ended like this."""

    points: Number
    """All service points."""
    credit: Money
    """What would be deducted."""


class Outlook(TypedDict):
    """A running month."""

    now: Case
    """As it stands."""
    best: Case
    """If nothing fails from now on."""
    worst: Case
    """If everything does."""


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
    """The entries that were made since."""


def outlook(forecast: assessment.Forecast, currency: str) -> Outlook:
    return {
        "now": _case(forecast.now, currency),
        "best": _case(forecast.best, currency),
        "worst": _case(forecast.worst, currency),
    }


def _case(one: assessment.Outlook, currency: str) -> Case:
    return {"points": number(one.points), "credit": money(one.credit, currency)}


def restated(restatement: assessment.Restatement, currency: str) -> Restated | None:
    signed = restatement.signed.said
    if not isinstance(signed, SignOff):
        return None
    return {
        "signed": restatement.signed.number,
        "signed_points": number(Fraction(signed.points)),
        "signed_credit": money(signed.credit, currency),
        "points": number(restatement.points),
        "credit": money(restatement.credit, currency),
        "because": list(restatement.because),
    }
