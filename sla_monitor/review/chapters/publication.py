"""Ratings to publish: the words of a Contract Performance Notice (Procurement Act 2023, section 71)."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import band_cell, figure_cell
from sla_monitor.sla.results import KpiResult, PeriodResult
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.vocabulary import describe_id

COLUMNS = (
    Column("KPI", 0.8), Column("What is promised", 3), Column("Target", 1, True), Column("Last figure", 1.1, True),
    Column("Band", 1.4), Column("Rating", 1.8), Column("Months met", 1, True),
)  # fmt: skip
OTHER = "other"


def publication(case: PackInput, months: Sequence[PeriodResult]) -> Section:
    """The KPIs that may be published, by the last result of the months."""
    kpis = [kpi for kpi in case.terms.kpis if kpi.publishable]
    rows = tuple(_row(case, kpi, [found for past in months if (found := past.kpi(kpi.id))]) for kpi in kpis)
    said = (
        "The rating is that of the last measurement period, by the contract’s own table. A KPI without a rating is"
        " “other”, and the publisher gives the reason."
    )
    table = Table("ratings", "Ratings for a Contract Performance Notice", COLUMNS, rows, "No KPI is publishable.")
    return Section("ratings", "Ratings to publish", (table, Prose((said,))) if rows else (table,))


def _row(case: PackInput, kpi: KpiTerms, results: list[KpiResult]) -> Row:
    last = results[-1] if results else None
    met = sum(1 for one in results if one.is_met)
    return (
        Cell(kpi.id),
        Cell(kpi.title),
        Cell(format_level(kpi.target, kpi), kpi.target),
        figure_cell(kpi, last.value if last else None),
        band_cell(kpi, last.band if last else None),
        Cell(describe_id(rating(case, last)).capitalize()),
        Cell(f"{met} of {len(results)}"),
    )


def rating(case: PackInput, result: KpiResult | None) -> str:
    """What the contract calls a band when it is published; for a KPI without bands of its own, met or missed."""
    publish = case.terms.reporting.publish
    if result is None or result.band is None:
        return OTHER
    verdict = "met" if result.is_met else "missed"
    return publish.get(result.band, publish.get(verdict, OTHER))
