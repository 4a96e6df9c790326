"""Money at risk: the share of all payments that a contract's caps can reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.charges_and_caps import Cap
from sla_monitor.contract.terms import Terms
from sla_monitor.sla.money.charges import indexed
from sla_monitor.sla.rounding import money

MONTHS = {"period": 1, "quarter": 3, "contract_year": 12, "calendar_year": 12, "trailing_12_months": 12}
"""Of windows, and of the charges that a cap's percentage is of."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The most that one cap leaves in its window (`over`), as an amount and as a percentage of all that is paid in
    that time. `scope`: the service; empty: the contract as a whole."""

    cap: str
    scope: str
    over: str
    limit: Decimal
    percent: Fraction


def at_risk(terms: Terms) -> Iterator[AtRisk]:
    """Every cap at the charges that are in force, for full months; nothing where nothing is charged. A cap of the first
    year's estimate that has another base later is told by that one."""
    charges = indexed(terms.charges)
    for cap in terms.caps:
        for scope in [name for name in charges if name] if cap.scope == "service" else [""]:
            month = charges[scope] if scope else sum(charges.values(), Fraction(0))
            limit = money(_limit(cap, month, terms), terms.currency)
            everything = sum(charges.values(), Fraction(0)) * MONTHS[cap.over]
            percent = truly_at_risk_percent(limit, everything)
            if percent is not None:
                yield AtRisk(cap.id, scope, cap.over, limit, percent)


def truly_at_risk_percent(limit: Decimal, charges: Decimal | Fraction) -> Fraction | None:
    """A cap as a percentage of all that is paid: caps on parts make the risk smaller than it sounds. None where nothing
    is paid."""
    return Fraction(limit) / Fraction(charges) * 100 if charges else None


def _limit(cap: Cap, month: Fraction, terms: Terms) -> Fraction:
    if cap.amount is not None:
        return Fraction(cap.amount)
    if cap.base == "estimated_year_1":
        base = Fraction(terms.charges.estimated_year_1 or 0)
    else:
        base = month * MONTHS[cap.base or "period"]
    return Fraction(cap.percent or 0) / 100 * base
