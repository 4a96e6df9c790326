"""Rules about money that can never give anything, or never take it: nothing is charged, nothing is priced."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.contract.money.credit_methods import (
    Credit,
    FixedCredit,
    LadderCredit,
    MisreportingCredit,
    PointsCredit,
    PoolCredit,
    RatchetCredit,
    ShortfallCredit,
    TierCredit,
    UnitRateCredit,
)
from sla_monitor.contract.money.regime import Regime
from sla_monitor.contract.rules.plain_values import Found

Named = tuple[tuple[str | int, ...], str]
"""Where a rule names a KPI, and which."""


def money_doubts(regime: Regime) -> Iterator[Found]:
    """What a careful reader would ask about credits and caps, with the path of the term."""
    for j, credit in enumerate(regime.credits):
        found = (*_unpriced(credit, regime), *_pointless(credit, regime), *_uncharged(credit, regime))
        yield from ((("credits", j, *path), message) for path, message in found)
    for j, cap in enumerate(regime.caps):
        for key in ("base", "first_year_base"):
            if getattr(cap, key) == "estimated_year_1" and regime.charges.estimated_year_1 is None:
                message = "there is no estimate, so that nothing is credited (write charges.estimated_year_1)"
                yield ("caps", j, key), message


def _unpriced(credit: Credit, regime: Regime) -> Iterator[Found]:
    """Performance indicators that a rule names: they are reported, and cost nothing."""
    reported = {kpi.id for kpi in regime.kpis if kpi.kind == "PI"}
    for path, name in _named(credit):
        if name in reported:
            yield path, f"{name} is a PI, and costs nothing (make it a KPI, or leave it out)"


def _named(credit: Credit) -> Iterator[Named]:
    if isinstance(credit, PointsCredit | ShortfallCredit | LadderCredit | RatchetCredit):
        yield from ((("kpis", k), name) for k, name in enumerate(credit.kpis))
    elif isinstance(credit, TierCredit | UnitRateCredit):
        yield from [(("kpi",), credit.kpi)] if credit.kpi is not None else []
    elif isinstance(credit, PoolCredit):
        yield from ((("allocation", name), name) for name in credit.allocation)
    elif isinstance(credit, FixedCredit):
        yield from ((("amounts", name), name) for name in credit.amounts)


def _pointless(credit: Credit, regime: Regime) -> Iterator[Found]:
    """A price of points that nobody can have."""
    if isinstance(credit, PointsCredit | LadderCredit | RatchetCredit):
        kpis = [kpi for kpi in regime.kpis if not credit.kpis or kpi.id in credit.kpis]
        if not any(band.points for kpi in kpis for band in kpi.bands):
            yield ("method",), "no band of its KPIs has points, so that it never gives anything (give them points)"


def _uncharged(credit: Credit, regime: Regime) -> Iterator[Found]:
    """A percentage of charges that there are not. Where none are named at all, they may still be to come."""
    if isinstance(credit, RatchetCredit | FixedCredit | MisreportingCredit) or not regime.charges.monthly:
        return
    if isinstance(credit, UnitRateCredit) and credit.share is None:
        return
    if credit.service is not None and all(charge.service != credit.service for charge in regime.charges.monthly):
        yield ("service",), f"nothing is charged for {credit.service}, of which it is a percentage (check the two)"
