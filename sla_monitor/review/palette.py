"""The palette: colours and marks of bands."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

from sla_monitor.assess.assessment import Figure
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.blocks import MARKS, Cell, Tone
from sla_monitor.sla.banding import bands_of, deviation, is_met
from sla_monitor.sla.results import KpiResult
from sla_monitor.wording.figures import format_deviation, format_digits, format_figure
from sla_monitor.wording.numbers import format_points
from sla_monitor.wording.vocabulary import describe_id

FAILED: tuple[Tone, ...] = ("minor", "serious", "severe")


def tone_of(kpi: KpiTerms, name: str | None) -> Tone:
    """A band's tone: its name's own, or by how many worse bands than the target's there are before it."""
    if name is None:
        return "unknown"
    if name in get_args(Tone):
        return next(tone for tone in get_args(Tone) if tone == name)
    failed = [band.name for band in bands_of(kpi) if not is_met(kpi, band)]
    if name not in failed:
        return "met" if name in {band.name for band in bands_of(kpi)} else "serious"
    return FAILED[min(failed.index(name) if len(failed) > 1 else 1, 2)]


def band_cell(kpi: KpiTerms, name: str | None, *, is_so_far: bool = False) -> Cell:
    """A band in words, with its mark."""
    if name is None:
        return Cell("not assessed", tone="unknown", mark=MARKS["unknown"])
    tone = tone_of(kpi, name)
    return Cell(f"{describe_id(name)}{' so far' if is_so_far else ''}", tone=tone, mark=MARKS[tone])


def score_cell(kpi: KpiTerms, result: KpiResult | None) -> Cell:
    """One month of one KPI in the scorecard: the mark, and the figure under it. There is no result of a month with
    which no measurement period ends, nor of one before the KPI was there or any probe ran."""
    if result is None:
        return Cell("", hint="not measured")
    if result.value is None:
        return Cell("no figure", tone="unknown", mark=MARKS["unknown"], hint="no figure")
    tone = tone_of(kpi, result.band)
    again = "R" if result.is_repeat else ""
    said = "not assessed" if result.band is None else describe_id(result.band)
    hint = f"{said}{', repeat' if again else ''}"
    return Cell(format_digits(result.value, kpi), result.value, tone, MARKS[tone] + again, hint)


def points_cell(result: KpiResult | None) -> Cell:
    """Empty where the KPI has no verdict: a nought would be a claim."""
    if result is None or (result.band is None and not result.points):
        return Cell("")
    return Cell(format_points(result.points), result.points)


def run_cell(result: KpiResult | None) -> Cell:
    """Failures in a row; those before a period without a verdict may stand."""
    if result is None or (result.band is None and not result.failures_in_a_row):
        return Cell("")
    return Cell(str(result.failures_in_a_row), result.failures_in_a_row)


HEAT: tuple[tuple[int, Tone], ...] = ((33, "minor"), (66, "serious"), (100, "severe"))
"""Up to which deviation a miss has a tone; beyond the last it is below the threshold."""


def heat_cell(kpi: KpiTerms, one: KpiResult | Figure, *, has_scale: bool = True) -> Cell:
    """One month of one KPI in the heat map: a tick where the target was met; where it was missed, the deviation, or the
    band's mark if there is no threshold to measure it by. `has_scale`: whether target and threshold were these then."""
    if one.value is None or one.band is None:
        return Cell("", tone="unknown", mark=MARKS["unknown"], hint="not assessable")
    if one.is_met:
        return Cell("", tone="met", mark=MARKS["met"], hint="met")
    far = deviation(kpi, one.value) if has_scale else None
    if far is None or far <= 0:
        tone = tone_of(kpi, one.band)
        return Cell("", tone=tone, mark=MARKS[tone], hint=describe_id(one.band))
    told = format_deviation(far)
    tone = next((tone for most, tone in HEAT if far <= most), "below_threshold")
    return Cell(told, int(told.lstrip(">")), tone, hint="missed, deviation")


def figure_cell(kpi: KpiTerms, value: Fraction | None) -> Cell:
    return Cell(format_figure(value, kpi), value)
