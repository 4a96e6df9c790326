"""From a figure to its band."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.bands import Band
from sla_monitor.contract.promise import KpiTerms
from sla_monitor.sla.rounding import rounded


def bands_of(kpi: KpiTerms) -> tuple[Band, ...]:
    """The KPI's bands, best first; where the contract gives none, met and missed, and below threshold if it has one."""
    if kpi.bands:
        return kpi.bands
    edges = [kpi.target] if kpi.threshold is None else [kpi.target, kpi.threshold]
    names = ["met", "missed", "below_threshold"]
    inner, outer = ("at_least", "below") if kpi.direction == "higher_is_better" else ("at_most", "above")
    below = [None, *edges]
    above = [*edges, None]
    return tuple(
        Band.model_validate({"name": name, inner: worst, outer: best}, by_name=True)
        for name, worst, best in zip(names, above, below, strict=False)
    )


def banded_value(kpi: KpiTerms, value: Fraction) -> Fraction:
    """The figure that is compared with the edges: rounded only if the contract says before banding."""
    is_before = kpi.rounding is not None and kpi.rounding.when == "before_banding"
    return rounded(value, kpi.rounding) if is_before else value


def band_of(kpi: KpiTerms, value: Fraction) -> Band:
    """The one band that holds a figure."""
    compared = banded_value(kpi, value)
    return next(band for band in bands_of(kpi) if band.holds(compared))


def is_met(kpi: KpiTerms, value: Fraction) -> bool:
    """Whether a figure is in a band on the target's good side; without bands, at the target or better."""
    bands = bands_of(kpi)
    best = [band for band in bands if _reaches(kpi, band)]
    return band_of(kpi, value) in best


def _reaches(kpi: KpiTerms, band: Band) -> bool:
    """Whether the band's worse edge is the target or better."""
    worst = band.lower if kpi.direction == "higher_is_better" else band.upper
    return worst is not None and not kpi.is_worse(worst.value, kpi.target)


def is_below_threshold(kpi: KpiTerms, value: Fraction) -> bool:
    """Whether a figure is in a band beyond the threshold."""
    if kpi.threshold is None:
        return False
    band = band_of(kpi, value)
    best = band.upper if kpi.direction == "higher_is_better" else band.lower
    return best is not None and not kpi.is_worse(kpi.threshold, best.value)


def allowance_ms(target_percent: Decimal, agreed_ms: int) -> Fraction:
    """The downtime that so much agreed time may have at an availability target."""
    return agreed_ms * (1 - Fraction(target_percent) / 100)
