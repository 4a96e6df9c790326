"""Ratings to publish: the words of a Contract Performance Notice (Procurement Act 2023, section 71)."""

from __future__ import annotations

from collections.abc import Sequence

from sla_monitor.review.blocks import Block, Cell, Column, Notice, Prose, Row, Section, Table
from sla_monitor.review.notice import Rated, rated, unpublished, warnings
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import band_cell, figure_cell
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_month_short
from sla_monitor.wording.vocabulary import describe_id

COLUMNS = (
    Column("KPI", 0.8), Column("What is promised", 3), Column("Target", 1, True), Column("Last figure", 1.1, True),
    Column("Band", 1.4), Column("Rating", 1.8), Column("Periods met", 1, True), Column("Period", 1.4),
    Column("Why “other”", 2.4),
)  # fmt: skip
UNPUBLISHED = (Column("KPI", 0.8), Column("What is promised", 3), Column("Why it is not rated", 4))
READING = (
    "The rating is that of the last measurement period, by the contract’s own table; a KPI without one is “other”, with"
    " the reason. An assessment is published at least once in every 12 months, and when the contract ends (section 71)."
    " The file whose name ends in notice.json has all of it in the order of the notice (Procurement Regulations 2024,"
    " regulation 39)."
)


def publication(case: PackInput, months: Sequence[PeriodResult]) -> Section:
    """The KPIs that may be published, by the last result of the months, and why the others are not."""
    rows = tuple(_row(one) for one in rated(case, months))
    ratings = Table("ratings", "Ratings for a Contract Performance Notice", COLUMNS, rows, "No KPI is publishable.")
    others = tuple((Cell(kpi.id), Cell(kpi.title), Cell(why)) for kpi, why in unpublished(case))
    blocks: list[Block] = [ratings]
    if others:
        blocks.append(Table("not-rated", "KPIs that are not rated", UNPUBLISHED, others))
    blocks += [Notice(line, "so_far") for line in warnings(case)] if rows else []
    return Section("ratings", "Ratings to publish", (*blocks, Prose((READING,))))


def _row(one: Rated) -> Row:
    kpi, last = one.kpi, one.result
    months = () if one.months is None else tuple(dict.fromkeys(one.months))
    return (
        Cell(kpi.id),
        Cell(kpi.title),
        Cell(format_level(kpi.target, kpi), kpi.target),
        figure_cell(kpi, last.value if last else None),
        band_cell(kpi, last.band if last else None),
        Cell(describe_id(one.rating).capitalize()),
        Cell(f"{one.met} of {one.assessed}" if one.assessed else "none assessed"),
        Cell(" to ".join(map(format_month_short, months))),
        Cell(one.explanation),
    )
