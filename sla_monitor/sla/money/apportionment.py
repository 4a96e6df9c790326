"""Amounts shared out to the smallest coin, so that the parts always add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.terms import Terms
from sla_monitor.sla.rounding import exact_decimal, round_to


def participant_shares(terms: Terms, service: str | None = None) -> dict[str, Fraction]:
    """The share in the charges of each participant in force, in the contract's order; they add up to 1.

    Of a service, the shares of those who take it, in proportion to their shares of the whole. Empty where the
    contract gives no shares, or none of those who take the service has one.
    """
    takers = {name for one in terms.services if one.id == service for name in one.participants}
    shares = {
        participant.id: Fraction(participant.share_percent)
        for participant in terms.participants
        if participant.share_percent is not None and (not takers or participant.id in takers)
    }
    whole = sum(shares.values(), Fraction(0))
    return {name: share / whole for name, share in shares.items()} if whole else {}


def shared(amount: Decimal, shares: Mapping[str, Fraction], places: int = 2) -> dict[str, Decimal]:
    """An amount by shares of any size, in coins of so many places, adding up to the amount: what rounding down leaves
    goes, a coin each, to those who lost most by it, and of equals to the first.

    Raises ValueError where there is an amount and nobody to bear it, or where it holds parts of a coin.
    """
    whole = sum(shares.values(), Fraction(0))
    if not whole and not amount:
        return {name: exact_decimal(Fraction(0), places) for name in shares}
    if whole <= 0 or any(share < 0 for share in shares.values()):
        raise ValueError("an amount needs shares that are not negative, and one that is more than nothing")
    if round_to(Fraction(amount), places, "down") != Fraction(amount):
        raise ValueError(f"{amount} holds a part of the smallest coin, which cannot be shared out")
    exact = {name: Fraction(amount) * share / whole for name, share in shares.items()}
    parts = {name: round_to(part, places, "down") for name, part in exact.items()}
    coin = Fraction(1 if amount >= 0 else -1, 10**places)
    left = int((Fraction(amount) - sum(parts.values(), Fraction(0))) / coin)
    # sorted() keeps the order of equals, which is that of the mapping.
    for name in sorted(exact, key=lambda name: -abs(exact[name] - parts[name]))[:left]:
        parts[name] += coin
    return {name: exact_decimal(part, places) for name, part in parts.items()}
