"""Who bears what of a month: each participant by the days for which it took part, and by what those days cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sla_monitor.contract.terms import Terms
from sla_monitor.sla.money.apportionment import participant_shares
from sla_monitor.sla.money.charges import indexed
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import Step, step


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a month with the same shares. `cost`: what a full month of them would be charged."""

    shares: dict[str, Fraction]
    days: int
    cost: Fraction

    def percent(self, name: str) -> Fraction:
        return self.shares.get(name, Fraction(0)) * 100


def shares_through(parts: Sequence[tuple[Terms, int]], service: str | None = None) -> dict[str, tuple[Fraction, Step]]:
    """The share of each participant in a month's money, of one service or of all, with how it comes about; together
    they are 1. `parts`: the terms in force, each with its days.

    Who joins or leaves in mid-month bears its days alone; days that cost more weigh more, as they do in the charges.
    Where part months are charged whole, those who take part at the month's end bear the whole of it. Empty where
    nobody has a share.
    """
    is_whole = bool(parts) and parts[0][0].charges.part_months == "whole"
    several = list(_stretches(parts[-1:] if is_whole else parts, service))
    by_days = len({one.cost for one in several}) == 1
    weights = [one.days * (1 if by_days else one.cost) for one in several]
    names = dict.fromkeys(name for one in several for name in one.shares)
    found = {name: _weighted([one.percent(name) for one in several], weights) for name in names}
    return {name: (share, _share_step(name, several, share, is_by_days=by_days)) for name, share in found.items()}


def _stretches(parts: Sequence[tuple[Terms, int]], service: str | None) -> Iterator[Days]:
    """Days before a service is there, or on which nobody has a share, are borne by those of the others; days that
    differ in nothing are one."""
    last: Days | None = None
    for terms, days in parts:
        is_there = service is None or any(one.id == service for one in terms.services)
        shares = participant_shares(terms, service) if is_there else {}
        costs = indexed(terms.charges)
        cost = sum(costs.values(), Fraction(0)) if service is None else costs.get(service, Fraction(0))
        if last is not None and (last.shares, last.cost) == (shares, cost):
            last = Days(shares, last.days + days, cost)
        elif shares:
            if last is not None:
                yield last
            last = Days(shares, days, cost)
    if last is not None:
        yield last


def _weighted(percents: Sequence[Fraction], weights: Sequence[Fraction | int]) -> Fraction:
    total = sum((percent * weight for percent, weight in zip(percents, weights, strict=True)), Fraction(0))
    return total / sum(weights) / 100


def _share_step(name: str, several: Sequence[Days], share: Fraction, *, is_by_days: bool) -> Step:
    """The days, with what they cost where that differs."""
    what = f"share of {name}, per cent"
    if len({one.percent(name) for one in several}) == 1:
        return step(what, "", share * 100)
    weights = [f"{one.days}" if is_by_days else f"{one.days} × {shown(one.cost)}" for one in several]
    above = " + ".join(f"{shown(one.percent(name))} × {weight}" for one, weight in zip(several, weights, strict=True))
    return step(what, f"({above}) / ({' + '.join(weights)})", share * 100)
