"""From a figure to its band."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from sla_monitor.contract.kpis.bands import Band, Direction
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.sla.rounding import rounded


def bands_of(kpi: KpiTerms) -> tuple[Band, ...]:
    """The KPI's bands, best first; where the contract gives none, met and missed, and below threshold if it has one."""
    levels = (kpi.target,) if kpi.threshold is None else (kpi.target, kpi.threshold)
    return kpi.bands or _plain_bands(tuple(map(str, levels)), kpi.direction)


@lru_cache(maxsize=1024)
def _plain_bands(levels: tuple[str, ...], direction: Direction) -> tuple[Band, ...]:
    """Kept by how the levels are written: 99 and 99.0 are the same number, and not the same in working."""
    inner, outer = ("at_least", "below") if direction == "higher_is_better" else ("at_most", "above")
    rows = zip(["met", "missed", "below_threshold"], [*levels, None], [None, *levels], strict=False)
    return tuple(Band.model_validate({"name": name, inner: worst, outer: best}) for name, worst, best in rows)


def banded_value(kpi: KpiTerms, value: Fraction) -> Fraction:
    """The figure that is compared with the edges: rounded only if the contract says before banding."""
    is_before = kpi.rounding is not None and kpi.rounding.when == "before_banding"
    return rounded(value, kpi.rounding) if is_before else value


def band_of(kpi: KpiTerms, value: Fraction) -> Band:
    """The one band that holds a figure."""
    compared = banded_value(kpi, value)
    return next(band for band in bands_of(kpi) if band.holds(compared))


def deviation(kpi: KpiTerms, value: Fraction) -> Fraction | None:
    """How far a figure has come from the target (0) to the threshold (100); less than 0 is better than the target, and
    more than 100 beyond the threshold. One scale for unlike KPIs. None: the contract gives no threshold."""
    if kpi.threshold is None:
        return None
    target = Fraction(kpi.target)
    return (banded_value(kpi, value) - target) / (Fraction(kpi.threshold) - target) * 100


def is_met(kpi: KpiTerms, band: Band) -> bool:
    """Whether all results of a band are at the target or better."""
    worst = band.lower if kpi.direction == "higher_is_better" else band.upper
    return worst is not None and not kpi.is_worse(worst.value, kpi.target)


def is_below_threshold(kpi: KpiTerms, band: Band) -> bool:
    """Whether all results of a band are beyond the threshold."""
    best = band.upper if kpi.direction == "higher_is_better" else band.lower
    return kpi.threshold is not None and best is not None and not kpi.is_worse(kpi.threshold, best.value)
