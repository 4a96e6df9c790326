"""Until when a credit can be claimed: credits are lost by nobody asking for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sla_monitor.contract.money.charges_and_caps import Claims
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.sla.results import ClaimMade, CreditResult
from sla_monitor.sla.working import step


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


def claimed(credit: CreditResult, month: str, claims: Claims, made: ClaimMade | None) -> CreditResult:
    """A month's credit once it is asked whether somebody claimed it in time. `made` None: nobody asks."""
    if claims.automatic or made is None or credit.total <= 0:
        return credit
    deadline = claim_by(month, claims)
    if made.claimed_on is not None and (deadline is None or made.claimed_on <= deadline):
        return replace(credit, working=(*credit.working, step("claimed", "", f"{made.claimed_on}")))
    is_late = deadline is not None and (made.claimed_on or made.today) > deadline
    limit = "" if deadline is None else f"the last day {'was' if is_late else 'is'} {deadline}"
    told = f"lapsed: {limit}" if is_late else f"not claimed yet{': ' if limit else ''}{limit}"
    nothing = credit.total * 0
    return replace(
        credit,
        by_service=dict.fromkeys(credit.by_service, nothing),
        total=nothing,
        unclaimed=credit.total,
        claim_by=deadline,
        is_lapsed=is_late,
        working=(*credit.working, step("credit that needs a claim", told, Decimal(credit.total))),
    )
