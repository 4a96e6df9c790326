"""Charges of a month: those in force, indexed, and cut to the part of the month that the contract runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.charges_and_caps import Charges
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.money.apportionment import shared
from sla_monitor.sla.rounding import exact_decimal, money, round_to


def indexed(charges: Charges) -> dict[str, Fraction]:
    """A full month's charges by service after all indexation, not rounded; "" is the contract as a whole."""
    factor = Fraction(1)
    for rise in charges.indexation:
        factor *= 1 + Fraction(rise.percent) / 100
    full: dict[str, Fraction] = {}
    for charge in charges.monthly:
        name = charge.service or ""
        full[name] = full.get(name, Fraction(0)) + Fraction(charge.amount) * factor
    return full


def month_charges(parts: Sequence[tuple[Charges, int]], days: int, currency: str) -> dict[str, Decimal]:
    """A month's charges by service. `parts`: the charges in force, each with the number of days for which they were;
    together they may be fewer than the month's `days`, in which case the first of them says what that costs."""
    total: dict[str, Fraction] = {}
    if parts and parts[0][0].part_months == "whole":
        days = sum(in_force for _, in_force in parts)
    for charges, in_force in parts:
        share = Fraction(in_force, days)
        for name, amount in indexed(charges).items():
            total[name] = total.get(name, Fraction(0)) + amount * share
    return {name: money(amount, currency) for name, amount in total.items()}


def of_service(charges: Mapping[str, Decimal], service: str | None) -> Decimal:
    """The charges that a percentage is of: a service's own, or all of them for the contract as a whole."""
    return sum(charges.values(), Decimal(0)) if service is None else charges.get(service, Decimal(0))


def of_measurement_period(
    run: TermMonths, month: str, length: int, known: Mapping[str, Mapping[str, Decimal]], service: str | None
) -> list[Decimal]:
    """The charges of each month of a measurement period of so many months, up to this one, as far as they are known."""
    months = run.period_months(month, length)
    return [of_service(known[one], service) for one in months if one <= month and one in known]


def split(amount: Decimal, shares: Mapping[str, Decimal], places: int = 2) -> dict[str, Decimal]:
    """An amount by other amounts, in proportion; what is less than a coin is left out."""
    coins = exact_decimal(round_to(Fraction(amount), places, "down"), places)
    return shared(coins, {name: Fraction(share) for name, share in shares.items()}, places)
