"""Every KPI in one table (promised, submitted, seen, agreed, and what it costs), and in the months before."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.assess.open_points import why_not_assessed
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.chapters.summary import key, score_table
from sla_monitor.review.pack_input import PackInput, counted_value, figure_of, own_value
from sla_monitor.review.palette import band_cell, figure_cell, points_cell, run_cell
from sla_monitor.wording.figures import format_difference, format_level
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.vocabulary import describe_id

COLUMNS = (
    Column("KPI", 0.9), Column("What is promised", 4.4), Column("Target", 1.1, True), Column("Threshold", 1.2, True),
    Column("Supplier’s", 1.2, True), Column("Ours", 1.1, True), Column("Difference", 1.2, True),
    Column("Counts", 1.1, True), Column("Band", 1.8), Column("In a row", 0.9, True), Column("Points", 0.8, True),
    Column("Before caps", 1.4, True), Column("Clause", 2.6),
)  # fmt: skip
NOT_ASSESSED = (Column("KPI", 0.8), Column("What is promised", 3), Column("Why", 5))

READING = (
    "Ours is what was measured, without the time that was agreed to be left out; Counts is the figure that the contract"
    " bands, after averaging and its source of truth. Difference is the supplier’s figure less ours. In a row counts"
    " failures in consecutive measurement periods. Before caps is the KPI’s own part of the credit."
)


def kpi_table(case: PackInput) -> Section:
    costs = case.money_by_kpi()
    rows = tuple(_row(case, kpi, kpi.terms, costs) for kpi in case.assessment.kpis if kpi.terms is not None)
    table = Table("kpis", f"All KPIs, {format_month(case.month)}", COLUMNS, rows)
    scores = score_table(case)
    blocks: tuple[Block, ...] = (
        table,
        Prose((READING,), "key"),
        *_not_assessed(case),
        scores,
        Prose((key(scores),), "key"),
    )
    return Section("kpis", "KPIs", blocks, is_wide=True, own_page=True)


def _not_assessed(case: PackInput) -> Iterator[Table]:
    """Every KPI without a verdict, with the reason."""
    whys = ((kpi, why_not_assessed(case.assessment, kpi)) for kpi in case.assessment.kpis)
    rows = tuple((Cell(kpi.kpi), Cell(kpi.title), Cell(f"{why[0].upper()}{why[1:]}.")) for kpi, why in whys if why)
    if rows:
        yield Table("not-assessed", "KPIs without a verdict, and why", NOT_ASSESSED, rows)


def _row(case: PackInput, kpi: KpiAssessment, terms: KpiTerms, costs: dict[str, Decimal]) -> Row:
    result = kpi.result
    value = counted_value(kpi)
    band = result.band if result else figure_of(kpi).band
    cost, ours = costs.get(kpi.kpi), own_value(kpi)
    return (
        Cell(kpi.kpi if terms.kind == "KPI" else f"{kpi.kpi} (PI)"),
        Cell(kpi.title or describe_id(getattr(terms, "indicator", ""))),
        Cell(format_level(terms.target, terms), terms.target),
        Cell(format_level(terms.threshold, terms), terms.threshold),
        figure_cell(terms, kpi.submitted) if kpi.submitted is not None else Cell(""),
        figure_cell(terms, ours) if ours is not None or kpi.submitted is None else Cell(""),
        Cell(format_difference(kpi.difference, terms), kpi.difference),
        figure_cell(terms, value),
        band_cell(terms, band, is_so_far=result is None or not case.is_closed),
        run_cell(result),
        points_cell(result),
        case.money(cost) if cost is not None else Cell(""),
        Cell(kpi.clause),
    )
