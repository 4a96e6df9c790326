"""Terms about points and money that are allowed but do not do what they seem to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.bands import Band
from sla_monitor.contract.credits import Credit, FixedCredit, LadderCredit, PointsCredit, TierCredit
from sla_monitor.contract.kpi import AvailabilityKpi, Kpi
from sla_monitor.contract.money import Cap
from sla_monitor.contract.parts import Found
from sla_monitor.contract.promise import KpiTerms
from sla_monitor.contract.regime import Regime

PERCENT_LINE = (Fraction(0), Fraction(100))
READ_OF_KPIS = {"id", "title", "clause", "kind", "service", "target", "indicator", "publishable"}
"""Keys of an availability KPI that the daemon goes by, or that change none of its figures."""
UNREAD_OF_KPIS = AvailabilityKpi.model_fields.keys() - READ_OF_KPIS
OF_CONTRACTS = ("charges", "credits", "caps", "triggers", "claims")
"""Points and money: the engine for them is there (sla_monitor/sla), and the daemon does not call it yet."""


def doubts(regime: Regime) -> Iterator[Found]:
    """What a careful reader would ask about, with the path of the term."""
    for i, kpi in enumerate(regime.kpis):
        for j, band in enumerate(kpi.bands):
            if not can_be_reached(kpi, band):
                message = f"no result can fall into {band.name} ({band.edges}) once it is rounded"
                yield ("kpis", i, "bands", j), f"{message} (check the rounding's places)"
    for j, cap in enumerate(regime.caps):
        for credit in regime.credits:
            if _is_moot(cap, credit, regime):
                message = f"the smallest credit of {credit.id} is over the cap: every failure costs the same"
                yield ("caps", j), f"{message} (check the percentages)"


def unassessed(regimes: Iterable[Regime]) -> list[str]:
    """The terms that any of several versions uses and sla_monitor/assess/ does not read, as short names."""
    names: dict[str, None] = {}
    for regime in regimes:
        names |= {name: None for kpi in regime.kpis for name in _unassessed_of(kpi)}
        names |= {key: None for key in OF_CONTRACTS if key in _said(regime)}
    return list(names)


def _unassessed_of(kpi: Kpi) -> Iterator[str]:
    """The keys that say something else than their default; availability alone is an indicator that is worked out."""
    if not isinstance(kpi, AvailabilityKpi):
        yield f"KPIs of indicator {kpi.indicator}"
    yield from (
        f"{key} of KPIs"
        for key, field in type(kpi).model_fields.items()
        if key in UNREAD_OF_KPIS and getattr(kpi, key) != field.get_default()
    )


def _said(regime: Regime) -> set[str]:
    """The keys of points and money that say something."""
    return {key for key in OF_CONTRACTS if (said := getattr(regime, key)) and said != type(said)()}


def can_be_reached(kpi: KpiTerms, band: Band) -> bool:
    """Whether some rounded result lies in a band; per cent lie between 0 and 100."""
    low, high = PERCENT_LINE if kpi.unit == "percent" else (None, None)
    if band.lower is not None and (low is None or band.lower.value > low):
        low = Fraction(band.lower.value)
    if band.upper is not None and (high is None or band.upper.value < high):
        high = Fraction(band.upper.value)
    if low is None or high is None:
        return True
    rule = kpi.rounding
    if rule is None or rule.mode == "none" or rule.when == "after":
        return band.holds(low) or band.holds(high) or low < high
    size = 10**rule.places
    first, last = ceil(low * size), floor(high * size)
    tried = (Fraction(step, size) for step in {first, first + 1, last - 1, last} if first <= step <= last)
    return any(band.holds(value) for value in tried)


def _is_moot(cap: Cap, credit: Credit, regime: Regime) -> bool:
    """Whether a cap on one month's charges is below the least that a rule gives."""
    if cap.base != "period" or cap.percent is None:
        return False
    least = _least_percent(credit, regime)
    return least is not None and least > cap.percent


def _least_percent(credit: Credit, regime: Regime) -> Decimal | None:
    """The smallest percentage of the charges that a rule can give, where that can be told from the terms."""
    if isinstance(credit, PointsCredit):
        points = [band.points for kpi in regime.kpis for band in kpi.bands if band.points]
        return min(points) * credit.per_point_percent if points else None
    if isinstance(credit, TierCredit):
        return min((tier.percent for tier in credit.tiers if tier.percent), default=None)
    if isinstance(credit, LadderCredit):
        return min((rung.percent for rung in credit.rungs if rung.percent), default=None)
    if isinstance(credit, FixedCredit):
        charges = sum((charge.amount for charge in regime.charges.monthly), Decimal(0))
        return min(credit.amounts.values()) / charges * 100 if charges else None
    return None
