"""Terms about points and money that are allowed but do not do what they seem to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from sla_monitor.contract.credits import Credit, FixedCredit, LadderCredit, PointsCredit, TierCredit
from sla_monitor.contract.kpi import AvailabilityKpi, Kpi
from sla_monitor.contract.money import Cap
from sla_monitor.contract.parts import Found
from sla_monitor.contract.reach import unreachable
from sla_monitor.contract.regime import Regime

MONTHS = 12
READ_OF_KPIS = {"id", "title", "clause", "kind", "service", "target", "indicator", "publishable"}
"""Keys of an availability KPI that the daemon goes by, or that change none of its figures."""
UNREAD_OF_KPIS = AvailabilityKpi.model_fields.keys() - READ_OF_KPIS
OF_CONTRACTS = ("charges", "credits", "caps", "triggers", "claims")
"""Points and money: the engine for them is there (sla_monitor/sla), and the daemon does not call it yet."""


def doubts(regime: Regime) -> Iterator[Found]:
    """What a careful reader would ask about, with the path of the term."""
    yield from unreachable(regime)
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


def _is_moot(cap: Cap, credit: Credit, regime: Regime) -> bool:
    """Whether a cap is below the least that a rule gives in one month. Money is reckoned in charges of a month, the
    first of them where nothing is said of charges being 100."""
    charges = _charges(regime, credit.service)
    percent = _least_percent(credit, regime)
    limit = _limit(cap, credit, regime)
    return None not in (charges, percent, limit) and (percent or 0) * (charges or 0) / 100 > (limit or 0)


def _limit(cap: Cap, credit: Credit, regime: Regime) -> Decimal | None:
    """A cap as an amount; bases of a year are twelve months like the present one."""
    if cap.amount is not None:
        return cap.amount if regime.charges.monthly else None
    if cap.scope == "service" and credit.service is None:
        return None
    base = _charges(regime, credit.service if cap.scope == "service" else None)
    months = 1 if cap.base == "period" else MONTHS
    return None if base is None else (cap.percent or Decimal(0)) * base * months / 100


def _charges(regime: Regime, service: str | None) -> Decimal | None:
    """A month's charges, of a service or of everything."""
    if not regime.charges.monthly:
        return Decimal(100) if service is None else None
    several = (charge for charge in regime.charges.monthly if service is None or charge.service == service)
    return sum((charge.amount for charge in several), Decimal(0))


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
        charges = _charges(regime, credit.service) if regime.charges.monthly else None
        return min(credit.amounts.values()) / charges * 100 if charges else None
    return None
