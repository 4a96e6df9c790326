"""From a figure to points: one KPI in one measurement period, in the order in which contracts say it.

figure -> average with earlier ones -> rounding -> band -> points -> repeat factor
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from sla_monitor.contract.kpis.bands import Band
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.months import first_day
from sla_monitor.sla.banding import band_of, banded_value, is_below_threshold, is_met
from sla_monitor.sla.repeats import failures_in_a_row, repeat_factor
from sla_monitor.sla.results import KpiResult, Measured
from sla_monitor.sla.rounding import describe_rounding, rounded, shown
from sla_monitor.sla.working import Step, Working, step

MISSING = Measured(None)
ONE, ZERO = Fraction(1), Fraction(0)


def kpi_result(kpi: KpiTerms, month: str, measured: Measured, earlier: Sequence[KpiResult]) -> KpiResult:
    """One KPI's result. `earlier`: its results in the measurement periods before, oldest first."""
    figure, source = true_figure(kpi, measured)
    value, averaging = _averaged(kpi, figure, earlier)
    is_assessed = value is not None and (measured.is_assessable or not _is_ours(kpi, measured))
    band = band_of(kpi, value) if value is not None and is_assessed else None
    met = is_met(kpi, band) if band else None
    failures = failures_in_a_row(kpi.repeat, earlier[-1].failures_in_a_row if earlier else 0, met)
    own, adding = _own_points(kpi, value, band, measured) if band else (ZERO, ())
    factor = repeat_factor(kpi.repeat, failures) if met is False else ONE
    counting = (*_banding(kpi, value, band), *adding, *_pointing(kpi, own, factor, failures))
    return KpiResult(
        kpi=kpi.id,
        month=month,
        figure=figure,
        value=value,
        rounded=None if value is None else rounded(value, kpi.rounding),
        band=band.name if band else None,
        is_met=met,
        is_below_threshold=band is not None and is_below_threshold(kpi, band),
        is_material=bool(band and band.material),
        is_priced=is_assessed and kpi.kind == "KPI" and not is_bedding_in(kpi, month),
        own_points=own,
        points=own if factor == 1 else own * factor,
        failures_in_a_row=failures,
        coverage=measured.coverage,
        difference=_difference(measured),
        working=(*measured.working, *source, *averaging, *counting),
        is_kpi=kpi.kind == "KPI",
        downtime_ms=measured.downtime_ms if is_assessed else None,
    )


def true_figure(kpi: KpiTerms, measured: Measured) -> tuple[Fraction | None, Working]:
    """The figure that the contract's source of truth makes the one that counts. One that both have agreed always
    does; where truth is joint and they differ, there is none until they agree."""
    if measured.agreed is not None:
        return measured.agreed, (step("agreed figure", "", measured.agreed, kpi.clause),)
    if kpi.source_of_truth == "supplier":
        return measured.submitted, ()
    if kpi.source_of_truth == "joint" and measured.submitted not in {None, measured.value}:
        return None, (
            step("not agreed yet", f"ours {_format(measured.value)}, supplier's", _format(measured.submitted)),
        )
    return measured.value, ()


def _is_ours(kpi: KpiTerms, measured: Measured) -> bool:
    """Whether the figure that counts is the one that was measured here, and too little seen can spoil it."""
    return measured.agreed is None and kpi.source_of_truth != "supplier"


def is_bedding_in(kpi: KpiTerms, month: str) -> bool:
    """Whether points cost no money yet: in every month that begins before the date."""
    return kpi.bedding_in_until is not None and first_day(month) < kpi.bedding_in_until


def _difference(measured: Measured) -> Fraction | None:
    if measured.value is None or measured.submitted is None:
        return None
    return measured.submitted - measured.value


def _averaged(kpi: KpiTerms, figure: Fraction | None, earlier: Sequence[KpiResult]) -> tuple[Fraction | None, Working]:
    """The mean with the figures of earlier measurement periods, as far as there are any that could be assessed."""
    count = kpi.average_with_previous
    assessed = [result for result in earlier[-count:] if result.band is not None] if count else []
    known = [result.figure for result in assessed if result.figure is not None]
    if figure is None or not known:
        return figure, ()
    figures = [*known, figure]
    value = sum(figures, Fraction(0)) / len(figures)
    formula = f"({' + '.join(shown(one) for one in figures)}) / {len(figures)}"
    return value, (step("average with earlier periods", formula, value, kpi.clause),)


def _banding(kpi: KpiTerms, value: Fraction | None, band: Band | None) -> Working:
    if value is None or band is None:
        return (step("band", "", "none: there is no figure to band", kpi.clause),)
    steps: list[Step] = []
    if kpi.rounding is not None and kpi.rounding.mode != "none":
        rule = f"{shown(value)} to {describe_rounding(kpi.rounding)}"
        told = "rounded" if kpi.rounding.when == "before_banding" else "rounded for display only"
        steps.append(step(told, rule, rounded(value, kpi.rounding), kpi.clause))
    return (*steps, step("band", band.edges, band.name, kpi.clause))


def _own_points(kpi: KpiTerms, value: Fraction | None, band: Band, measured: Measured) -> tuple[Fraction, Working]:
    """The band's points, and those of each event beyond the target or each ticket that ended late."""
    own = Fraction(band.points) if band.points else ZERO
    if not kpi.points_each or value is None:
        return own, ()
    compared = banded_value(kpi, value)
    beyond = abs(compared - Fraction(kpi.target)) if kpi.is_worse(compared, kpi.target) else ZERO
    what, events = ("late tickets", len(measured.late)) if kpi.ticket_terms else ("beyond the target", floor(beyond))
    each = events * Fraction(kpi.points_each)
    said = step(f"points, {what}", f"{events} × {shown(kpi.points_each)}", each, kpi.clause)
    if not own:
        return each, (said,)
    return own + each, (said, step("points, with the band's", f"{shown(own)} + {shown(each)}", own + each, kpi.clause))


def _pointing(kpi: KpiTerms, own: Fraction, factor: Fraction, failures: int) -> Working:
    if factor == 1:
        return (step("points", "", own, kpi.clause),) if kpi.gives_points or own else ()
    what = f"points, failure {failures} in a row"
    return (step(what, f"{shown(own)} × {shown(factor)}", own * factor, kpi.clause),)


def _format(value: Fraction | None) -> str:
    return "none" if value is None else shown(value)
