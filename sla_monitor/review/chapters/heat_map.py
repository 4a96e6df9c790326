"""The deviation heat map: every KPI in every month, on one scale from the target (0) to the threshold (100)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.months import first_day, shifted
from sla_monitor.review.blocks import MARKS, Cell, Column, Table
from sla_monitor.review.pack_input import PackInput, counted_value, figure_of
from sla_monitor.review.palette import heat_cell
from sla_monitor.sla.banding import deviation
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.instants import format_month_short
from sla_monitor.wording.numbers import format_count

NO_DATA = Cell("", tone="no_data", mark="–", hint="no data")
NOT_DUE = Cell("", hint="no result due")


def months_shown(case: PackInput, length: int) -> list[str]:
    """The last so many months up to the case's own, as far as there are any on record."""
    first = max(shifted(case.month, 1 - length), case.months[0].month if case.months else case.month)
    return [month for month in (shifted(first, n) for n in range(length)) if month <= case.month]


def heat_map(case: PackInput, kpis: Sequence[KpiAssessment], length: int) -> Table:
    """A row for each of these KPIs, in their order."""
    months = months_shown(case, length)
    past = {result.month: result for result in case.months}
    rows = tuple(
        (
            Cell(case.called(kpi.kpi, kpi.title)),
            *(_cell(case, kpi, kpi.terms, past.get(month), month) for month in months),
        )
        for kpi in kpis
        if kpi.terms is not None
    )
    columns = (Column("KPI", 5), *(Column(format_month_short(month)) for month in months))
    return Table("deviation", "Deviation from target by month", columns, rows, look="heat")


def _cell(case: PackInput, kpi: KpiAssessment, terms: KpiTerms, past: PeriodResult | None, month: str) -> Cell:
    if past is None and month == case.month:
        return heat_cell(terms, figure_of(kpi))
    if past is None or not past.is_measured:
        return NO_DATA
    result = past.kpi(kpi.kpi)
    return NOT_DUE if result is None else heat_cell(terms, result, has_scale=_is_under_these_terms(case, month))


def _is_under_these_terms(case: PackInput, month: str) -> bool:
    """Whether a month's target and threshold were those of today, from its first day on."""
    one = case.assessment
    began_on = datetime.fromtimestamp(one.terms_from_ms // 1000, case.zone).date()
    return began_on <= max(one.starts_on, first_day(month))


def left_out(kpis: Sequence[KpiAssessment]) -> str:
    """How many KPIs have no row, by how they did; empty for none."""
    verdicts = [kpi.is_kept for kpi in kpis]
    words = ((False, "missed"), (None, "not assessable"), (True, "met"))
    told = [f"{verdicts.count(verdict)} {word}" for verdict, word in words if verdict in verdicts]
    return f"Not shown: {format_count(len(kpis), 'more KPI')} ({', '.join(told)}). " if kpis else ""


def heat_key(table: Table) -> str:
    """What is in the cells, as far as they have it."""
    cells = [cell for row in table.rows for cell in row[1:]]
    tones = {cell.tone for cell in cells}
    parts = [f"{MARKS['met']} met"] if "met" in tones else []
    if any(cell.value is not None for cell in cells):
        parts.append("number: missed, from 0 at the target to 100 at the threshold and beyond")
    bands = {cell.mark: cell.hint for cell in cells if cell.mark and cell.tone not in {"met", "unknown", "no_data"}}
    if bands:
        marks = ", ".join(f"{mark} {word}" for mark, word in bands.items())
        parts.append(f"a mark ({marks}): missed, without a threshold to measure by")
    parts += ["? not assessable"] if "unknown" in tones else []
    parts += ["– no data"] if "no_data" in tones else []
    parts += ["empty: no result due"] if NOT_DUE in cells else []
    return f"Key: {'; '.join(parts)}."


def worst_first(case: PackInput, kpis: Sequence[KpiAssessment]) -> list[KpiAssessment]:
    """What costs most first, then what has most points, then what is farthest from its target; what could not be
    assessed comes before what was met."""
    costs = case.money_by_kpi()

    def rank(kpi: KpiAssessment) -> tuple[int, Decimal, Fraction, Fraction]:
        verdict = {False: 0, None: 1, True: 2}[kpi.is_kept]
        points = kpi.result.points if kpi.result else figure_of(kpi).points
        value = counted_value(kpi)
        far = None if value is None or kpi.terms is None else deviation(kpi.terms, value)
        return verdict, -costs.get(kpi.kpi, Decimal(0)), -points, -(far or Fraction(0))

    return sorted(kpis, key=rank)
