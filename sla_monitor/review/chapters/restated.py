"""Restatement of a signed month: the KPIs that moved, from what to what, and by which entries."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.assess.assessment import Restatement
from sla_monitor.assess.compare import moved
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.register.entries import Entry, SignOff
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.entry_words import what, when
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import band_cell, points_cell
from sla_monitor.sla.results import KpiResult, PeriodResult
from sla_monitor.wording.figures import format_apart
from sla_monitor.wording.instants import format_day_at
from sla_monitor.wording.numbers import format_counted_points
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id

MOVED = (
    Column("KPI", 1), Column("By the sign-off", 1.2, True), Column("Band", 1.4), Column("Points", 0.8, True),
    Column("Now", 1.2, True), Column("Band", 1.4), Column("Points", 0.8, True),
)  # fmt: skip
BECAUSE = (
    Column("Entry", 0.6), Column("Content", 2.4), Column("From and to", 2.2), Column("By, on", 1.8),
    Column("Note, supporting documents", 2.6),
)  # fmt: skip
ELSEWHERE = (
    "By the register as it stood at the sign-off the month comes to {points} and {credit} today, which is not what was"
    " signed: the contract’s file, or what was seen or imported, has changed since."
)


def restatement(case: PackInput) -> Iterator[Section]:
    """Nothing for a month whose figures are what was signed, or that nobody signed."""
    found, now = case.assessment.restatement, case.result
    if found is not None and found.before is not None and now is not None:
        blocks: tuple[Block, ...] = (_moved(case, found.before, now), _because(case, found))
        yield Section("restated", "What moved since the sign-off", (*blocks, *_besides(case, found, found.before)))


def changed_elsewhere(found: Restatement) -> bool:
    """Whether something else than the register has changed since the sign-off."""
    signed, before = found.signed.body, found.before
    if before is None or not isinstance(signed, SignOff):
        return False
    return before.points != signed.points or before.deducted != signed.credit


def _moved(case: PackInput, before: PeriodResult, now: PeriodResult) -> Table:
    terms = {kpi.kpi: kpi.terms for kpi in case.assessment.kpis}
    rows = tuple(
        (Cell(result.kpi), *_cells(kpi, was, result), *_cells(kpi, result, was))
        for was, result in moved(before, now)
        if (kpi := terms.get(result.kpi)) is not None
    )
    caption = "KPIs, by the register as it stood at the sign-off and as it stands now"
    return Table("restated", caption, MOVED, rows, "No KPI’s result is another.")


def _cells(kpi: KpiTerms, result: KpiResult | None, other: KpiResult | None) -> Row:
    if result is None:
        return Cell(""), Cell(""), Cell("")
    return (
        _figure(kpi, result.value, other.value if other else None),
        band_cell(kpi, result.band),
        points_cell(result),
    )


def _figure(kpi: KpiTerms, value: Fraction | None, other: Fraction | None) -> Cell:
    return Cell(format_apart(value, other, kpi), value)


def _because(case: PackInput, found: Restatement) -> Table:
    """The entries made since; those about months before can move this one by its repeats, caps and averages."""
    about = {entry.number: entry for entry in (*case.register.entries, *case.assessment.entries)}
    rows = tuple(_entry(case, number, about.get(number)) for number in found.because)
    return Table("restated-because", "Entries made since the sign-off, about this month or one before", BECAUSE, rows)


def _entry(case: PackInput, number: int, entry: Entry | None) -> Row:
    if entry is None:
        return Cell(str(number), number), Cell("about a month before"), Cell(""), Cell(""), Cell("")
    return (
        Cell(str(number), number),
        Cell(what(entry, case)),
        Cell(when(entry, case)),
        Cell(f"{entry.actor}, {format_day_at(entry.at_ms, case.zone)}"),
        Cell(" ".join(dict.fromkeys(part for part in (entry.note, entry.reference, entry.evidence) if part))),
    )


def _besides(case: PackInput, found: Restatement, before: PeriodResult) -> Iterator[Prose]:
    """What neither table says: other triggers, and changes that no entry made."""
    sets = [[describe_id(one.trigger) for one in result.triggers] for result in (before, case.result or before)]
    if sets[0] != sets[1]:
        was, now = (format_list(names) if names else "nothing" for names in sets)
        yield Prose((f"The month set off {was} by the sign-off, and sets off {now} now.",))
    if changed_elsewhere(found):
        points, credit = format_counted_points(before.points, "point"), case.money(before.deducted).text
        yield Prose((ELSEWHERE.format(points=points, credit=credit),))
