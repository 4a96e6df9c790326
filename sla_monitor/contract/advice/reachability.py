"""Results that some terms rule out: values lost in rounding, limits that no month reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from sla_monitor.contract.kpis.bands import Band
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.regime import Regime
from sla_monitor.contract.money.trigger_terms import BY_DAY, TriggerCondition
from sla_monitor.contract.rules.plain_values import RuleProblem

PERCENT_LINE = (Fraction(0), Fraction(100))
YEAR_MONTHS = 12
UNBANDED = frozenset({"missed", "below_threshold"})
"""What a failure is called where a KPI has no bands of its own."""


def unreachable(regime: Regime) -> Iterator[RuleProblem]:
    """Bands, targets and limits that mean something else than they seem to say, or nothing."""
    for i, kpi in enumerate(regime.kpis):
        missed = [j for j, band in enumerate(kpi.bands) if not can_be_reached(kpi, band)]
        for j in missed:
            message = f"no result can fall into {kpi.bands[j].name} ({kpi.bands[j].edges}) once it is rounded"
            yield ("kpis", i, "bands", j), f"{message} (check the rounding's places)"
        yield from () if missed else ((("kpis", i, "target"), message) for message in _target(kpi))
    for i, trigger in enumerate(regime.triggers):
        for j, condition in enumerate(trigger.conditions):
            yield from ((("triggers", i, "conditions", j), message) for message in _limit(condition, regime))


def can_be_reached(kpi: KpiTerms, band: Band) -> bool:
    """Whether some rounded result lies in a band; per cent lie between 0 and 100."""
    low, high = PERCENT_LINE if kpi.unit == "percent" else (None, None)
    if band.lower is not None and (low is None or band.lower.value > low):
        low = Fraction(band.lower.value)
    if band.upper is not None and (high is None or band.upper.value < high):
        high = Fraction(band.upper.value)
    if low is None or high is None:
        return True
    size = _size(kpi)
    if size is None:
        return band.holds(low) or band.holds(high) or low < high
    first, last = ceil(low * size), floor(high * size)
    tried = (Fraction(step, size) for step in {first, first + 1, last - 1, last} if first <= step <= last)
    return any(band.holds(value) for value in tried)


def _size(kpi: KpiTerms) -> int | None:
    """How many rounded results there are to one; None where results are banded as they are."""
    rule = kpi.rounding
    if rule is None or rule.mode == "none" or rule.when == "after":
        return None
    return int(10**rule.places)


def _target(kpi: KpiTerms) -> Iterator[str]:
    """A target with more digits than rounding leaves: what is compared with it jumps over it."""
    size = _size(kpi)
    if size is None or (Fraction(kpi.target) * size).denominator == 1:
        return
    is_high = kpi.direction == "higher_is_better"
    least = Fraction(ceil(kpi.target * size) if is_high else floor(kpi.target * size), size)
    if kpi.unit == "percent" and not PERCENT_LINE[0] <= least <= PERCENT_LINE[1]:
        yield "cannot be kept: no rounded result is so good (check the rounding's places)"
        return
    word = "least" if is_high else "most"
    yield f"has more digits than rounding leaves: {_shown(least)} is the {word} that keeps it (check rounding.places)"


def _limit(condition: TriggerCondition, regime: Regime) -> Iterator[str]:
    """A limit above everything that the months of its window can add up to."""
    most = _most(condition, regime)
    if most is not None and not condition.holds(most):
        what = condition.measure.replace("_", " ")
        yield f"can never hold: {what} come to no more than {_shown(most)} here (check the limit, or the window)"


def _most(condition: TriggerCondition, regime: Regime) -> Fraction | None:
    """The most that a condition's number can be; None where there is no telling."""
    named = condition.kpis or [kpi.id for kpi in regime.kpis if kpi.kind == "KPI"]
    kpis = [kpi for kpi in regime.kpis if kpi.id in named]
    months = {"rolling": condition.months, "consecutive": 1, "contract_year": YEAR_MONTHS}[condition.window]
    if condition.measure == "below_threshold_percent":
        return Fraction(100 if any(kpi.threshold is not None for kpi in kpis) else 0)
    if condition.measure in BY_DAY:
        return _most_by_day(condition, sum(kpi.downtime_counting is not None for kpi in kpis))
    if condition.measure == "tripped":
        return Fraction(months * len(condition.named_triggers))
    if condition.measure == "failures":
        return Fraction(sum(_periods(kpi, months) for kpi in kpis if _can_fail(kpi, condition)))
    return _most_points(kpis, months) if condition.measure == "points" else None


def _most_by_day(condition: TriggerCondition, kpis: int) -> Fraction | None:
    """All of so many KPIs down all the time, on days one of which may have 25 hours; outages have no most."""
    if kpis and (condition.days is None or condition.measure == "outages"):
        return None
    days = 1 if condition.window == "consecutive" else condition.days or 0
    return Fraction(kpis * (days * 24 + 1))


def _most_points(kpis: Sequence[Kpi], months: int) -> Fraction | None:
    """Every KPI in its worst band, every time, as a repeat. Events have no most."""
    if any(kpi.points_each for kpi in kpis) or any(
        kpi.repeat and kpi.repeat.compounding and kpi.repeat.factor > 1 for kpi in kpis
    ):
        return None
    return sum((_periods(kpi, months) * _worst(kpi) for kpi in kpis), Fraction(0))


def _worst(kpi: Kpi) -> Fraction:
    points = max((Fraction(band.points) for band in kpi.bands), default=Fraction(0))
    return points * max(Fraction(kpi.repeat.factor), Fraction(1)) if kpi.repeat else points


def _shown(value: Fraction) -> str:
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"


def _periods(kpi: Kpi, months: int) -> int:
    """Measurement periods that can end within so many months."""
    return ceil(Fraction(months, kpi.measurement_months))


def _can_fail(kpi: Kpi, condition: TriggerCondition) -> bool:
    """Whether a KPI has a band that the condition counts; one without bands fails without being material."""
    if not kpi.bands:
        return not condition.material and (not condition.bands or bool(UNBANDED & set(condition.bands)))
    named = [band for band in kpi.bands if not condition.bands or band.name in condition.bands]
    return any(band.material or not condition.material for band in named)
