"""A quarter or a year in one pack: every month's points and money, every KPI's run, ratings, what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.months import shifted, within
from sla_monitor.review.binding import Titles, bound
from sla_monitor.review.blocks import Block, Cell, Column, Facts, Pack, Prose, Row, Section, Table
from sla_monitor.review.chapters.cover import about
from sla_monitor.review.chapters.how_to_check import how_to_check
from sla_monitor.review.chapters.meeting import meeting, method, signatures
from sla_monitor.review.chapters.money import NOT_MEASURED, credit_chart, months_table
from sla_monitor.review.chapters.obligations import obligations
from sla_monitor.review.chapters.publication import publication
from sla_monitor.review.chapters.recovery import recovery
from sla_monitor.review.chapters.summary import key, score_table
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import figure_cell
from sla_monitor.review.rendering.drawing.run_chart import run_chart
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.numbers import describe_owed, format_count, format_counted_points, format_points

RUNS = (
    Column("KPI", 0.9), Column("What is promised", 2.8), Column("Target", 1, True), Column("Best", 1.1, True),
    Column("Worst", 1.1, True), Column("Met", 0.7, True), Column("Missed", 0.8, True), Column("Not assessed", 1, True),
    Column("Points", 0.8, True),
)  # fmt: skip


def roll_up(case: PackInput, length: int) -> Pack:
    """The last so many months up to the case's own, as far as there are any on record."""
    months = within(case.months, case.month, length)
    first = months[0].month if months else case.month
    span = f"{format_month(first)} to {format_month(case.month)}"
    inside = [chapter(case, months) for chapter in (_kpis, _runs, _money)]
    inside += [found for found in (recovery(case), obligations(case)) if found is not None]
    outside = [publication(case, months), method(case), how_to_check(case), meeting(case), signatures(case)]
    name = f"{shifted(case.month, 1 - length)}-to-{case.month}"
    titles = Titles(name, f"Supplier performance, {span}", span)
    return bound(case, titles, _first_page(case, months), [about(case, span), *inside, *outside])


def _first_page(case: PackInput, months: Sequence[PeriodResult]) -> tuple[Block, ...]:
    known = [past for past in months if past.is_measured]
    failed = sum(past.failures for past in known)
    points = sum((past.points for past in known), Fraction(0))
    credit = sum((past.credit.total for past in known), Decimal(0))
    withheld = sum((past.withheld for past in known), Decimal(0))
    blind = f", {len(months) - len(known)} of which could not be assessed," if len(known) < len(months) else ""
    gives_points = case.assessment.gives_points
    has = f"has {format_counted_points(points)} and " if gives_points else ""
    said = (
        f"In {format_count(len(months), 'month')}{blind} KPIs failed {format_count(failed, 'time')}: the supplier"
        f" {has}{describe_owed(credit, case.assessment.currency)}."
    )
    if unassessed := sum(past.unassessed for past in known):
        said += f" Results that could not be assessed: {unassessed}."
    if not known:
        said = f"In {format_count(len(months), 'month')} no KPI could be assessed: there are no points and no credits."
    tiles = [("Service points", Cell(format_points(points), points))] if gives_points else []
    tiles += [("Service credits", case.money(credit)), ("Charges withheld", case.money(withheld))]
    tiles = tiles if known else [("Points and credits", Cell(NOT_MEASURED))]
    scores = score_table(case, len(months))
    return Prose((said,), "lead"), Facts(tuple(tiles), "tiles"), scores, Prose((key(scores),), "key")


def _kpis(case: PackInput, months: Sequence[PeriodResult]) -> Section:
    rows = tuple(_row(case, kpi, months) for kpi in case.terms.kpis)
    return Section("kpis", "KPIs", (Table("kpis", "Every KPI over the months", RUNS, rows),))


def _empty(case: PackInput, kpi: KpiTerms, months: Sequence[PeriodResult]) -> int:
    """In how many months without any verdict the KPI was promised, and has no result."""
    empty = [past.month for past in months if not past.is_measured and past.kpi(kpi.id) is None]
    return sum(1 for month in empty if kpi.measurement_months == 1 and _is_promised(case, kpi.id, month))


def _is_promised(case: PackInput, kpi: str, month: str) -> bool:
    begun = [one for one in case.versions if f"{case.wall(one.from_ms):%Y-%m}" <= month]
    return not begun or any(one.id == kpi for one in begun[-1].terms.kpis)


def _row(case: PackInput, kpi: KpiTerms, months: Sequence[PeriodResult]) -> Row:
    results = [found for past in months if (found := past.kpi(kpi.id))]
    values = sorted(one.value for one in results if one.value is not None)
    worst, best = (values[0], values[-1]) if values else (None, None)
    if kpi.direction == "lower_is_better":
        worst, best = best, worst
    counts = [sum(1 for one in results if one.is_met is verdict) for verdict in (True, False, None)]
    counts[2] += _empty(case, kpi, months)
    points = sum((one.points for one in results), Fraction(0))
    return (
        Cell(kpi.id),
        Cell(kpi.title),
        Cell(format_level(kpi.target, kpi), kpi.target),
        figure_cell(kpi, best),
        figure_cell(kpi, worst),
        *(Cell(str(count), count) for count in counts),
        Cell(format_points(points), points) if any(one.band is not None for one in results) else Cell(""),
    )


def _runs(case: PackInput, months: Sequence[PeriodResult]) -> Section:
    """A chart for each KPI that failed at least once."""
    charts = tuple(_charts(case, months))
    return Section("runs", "KPIs that failed", charts or (Prose(("None.",)),))


def _charts(case: PackInput, months: Sequence[PeriodResult]) -> Iterator[Block]:
    for kpi in case.terms.kpis:
        history = [(past.month, past.kpi(kpi.id)) for past in months]
        if any(result is not None and result.is_met is False for _, result in history):
            yield run_chart(f"run-{kpi.id}", kpi, history)


def _money(case: PackInput, months: Sequence[PeriodResult]) -> Section:
    table = months_table(case, months, "Points and money by month")
    return Section("credit", "Points and money", (table, *credit_chart(case, months)))
