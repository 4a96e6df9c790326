"""Until when a credit can be claimed: credits are lost by nobody asking for them."""

from __future__ import annotations

from datetime import date, timedelta

from sla_monitor.contract.money import Claims
from sla_monitor.sla.months import last_day, shifted


def claim_by(month: str, claims: Claims) -> date | None:
    """The last day for claiming a month's credit; None where no claim is needed or no deadline is set.

    Months count from month end to month end: six months after 31 August is 28 February.
    """
    if claims.automatic or not (claims.months or claims.days or claims.after == "next_period_end"):
        return None
    end = shifted(month, claims.months + (claims.after == "next_period_end"))
    return last_day(end) + timedelta(days=claims.days)


def is_lapsed(month: str, claims: Claims, today: date) -> bool:
    """Whether the deadline has passed."""
    deadline = claim_by(month, claims)
    return deadline is not None and today > deadline
