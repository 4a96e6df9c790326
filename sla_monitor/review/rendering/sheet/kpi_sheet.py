"""The KPIs of a month as rows of formulas: figure, band's points, repeats, points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from sla_monitor.contract.kpis.bands import Band
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid, literal, rounded
from sla_monitor.sla.banding import bands_of, is_met
from sla_monitor.sla.repeats import repeat_factor
from sla_monitor.sla.results import KpiResult

HEADS = ("KPI", "Figure", "Compared", "Missed", "Band's points", "In a row", "Factor", "Points", "Priced")


@dataclass(frozen=True, slots=True)
class KpiSheet:
    """Where each KPI's row is; `first` and `last` enclose all of them (0: there are none). `counted`: the points that
    cost money, as the engine has them."""

    rows: dict[str, int]
    first: int
    last: int
    counted: dict[str, Fraction]

    def at(self, column: str, kpi: str) -> str:
        return f"${column}${self.rows[kpi]}"

    def points(self, names: tuple[str, ...]) -> str:
        """The priced points of the named KPIs; none: of all."""
        if not self.rows:
            return "0"
        if not names:
            return f"SUMPRODUCT($H${self.first}:$H${self.last},$I${self.first}:$I${self.last})"
        return "+".join(f"{self.at('H', name)}*{self.at('I', name)}" for name in names if name in self.rows) or "0"

    def total(self, names: tuple[str, ...]) -> Fraction:
        """What `points` comes to."""
        return sum((self.counted.get(name, Fraction(0)) for name in names or self.counted), Fraction(0))


def kpi_rows(grid: Grid, case: PackInput) -> KpiSheet:
    """Add a row for each KPI whose measurement period ends in the month."""
    grid.title("KPIs (figures and runs in blue can be changed)")
    grid.heads(*HEADS)
    terms = {kpi.id: kpi for kpi in case.terms.kpis}
    rows: dict[str, int] = {}
    for result in case.result.kpis if case.result else ():
        if result.kpi in terms:
            rows[result.kpi] = grid.add(*_cells(terms[result.kpi], result, len(grid.rows) + 1))
    numbers = rows.values()
    counted = {one.kpi: one.points for one in case.result.kpis if one.is_priced} if case.result else {}
    return KpiSheet(rows, min(numbers, default=0), max(numbers, default=0), counted)


def _cells(kpi: KpiTerms, result: KpiResult, row: int) -> tuple[CellEntry, ...]:
    if result.value is None or result.band is None:
        return _unassessed(kpi, result)
    compared = _compared(kpi, f"$B${row}")
    missed = by_band(kpi, f"$C${row}", lambda band: Fraction(not is_met(kpi, band)))
    own = by_band(kpi, f"$C${row}", lambda band: Fraction(band.points))
    factor = repeat_factor(kpi.repeat, result.failures_in_a_row) if result.is_met is False else Fraction(1)
    is_plain = result.points == result.own_points * factor
    points = CellEntry(result.points, f"=$E${row}*$G${row}" if is_plain else "", "number")
    return (
        CellEntry(result.kpi),
        CellEntry(result.value, style="input"),
        CellEntry(_rounded_value(kpi, result), f"={compared}", "number"),
        CellEntry(int(result.is_met is False), f"={missed}", "number"),
        CellEntry(result.own_points, style="input")
        if kpi.points_each
        else CellEntry(result.own_points, f"={own}", "number"),
        CellEntry(result.failures_in_a_row, style="input"),
        CellEntry(factor, f"={_factor(kpi, row)}", "number"),
        points,
        CellEntry(int(result.is_priced), style="input"),
        CellEntry("" if is_plain else result.working[-1].what, style="note"),
    )


def _unassessed(kpi: KpiTerms, result: KpiResult) -> tuple[CellEntry, ...]:
    """A KPI that has no figure to band: nothing of it is a formula, and nothing costs money."""
    shown = CellEntry("") if result.value is None else CellEntry(result.value, style="number")
    nothing = CellEntry("")
    run = CellEntry(result.failures_in_a_row or "", style="number" if result.failures_in_a_row else "text")
    return (
        CellEntry(result.kpi),
        shown,
        shown,
        *[nothing] * 2,
        run,
        *[nothing] * 3,
        CellEntry(f"not assessed {kpi.title}".strip(), style="note"),
    )


def _compared(kpi: KpiTerms, cell: str) -> str:
    rule = kpi.rounding
    if rule is None or rule.mode == "none" or rule.when != "before_banding":
        return cell
    return rounded(cell, rule.places, rule.mode)


def _rounded_value(kpi: KpiTerms, result: KpiResult) -> Fraction:
    is_before = kpi.rounding is not None and kpi.rounding.when == "before_banding"
    value = result.rounded if is_before else result.value
    return Fraction(0) if value is None else value


def by_band(kpi: KpiTerms, cell: str, of: Callable[[Band], Fraction]) -> str:
    """A number for each band, picked by the edges from the best band down."""
    bands = bands_of(kpi)
    expression = literal(of(bands[-1]))
    for band in reversed(bands[:-1]):
        expression = f"IF({cell}{_edge(kpi, band)},{literal(of(band))},{expression})"
    return expression


def _edge(kpi: KpiTerms, band: Band) -> str:
    """The condition that a figure is in this band or a better one."""
    if kpi.direction == "higher_is_better":
        return f">={literal(band.at_least)}" if band.at_least is not None else f">{literal(band.above or 0)}"
    return f"<={literal(band.at_most)}" if band.at_most is not None else f"<{literal(band.below or 0)}"


def _factor(kpi: KpiTerms, row: int) -> str:
    if kpi.repeat is None:
        return "1"
    factor = literal(kpi.repeat.factor)
    again = f"{factor}^($F${row}-1)" if kpi.repeat.compounding else factor
    return f"IF(AND($D${row}=1,$F${row}>1),{again},1)"
