"""Maintenance ahead: what is booked after the month, and whether it has been approved."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.contract.maintenance import OVER_WORDS
from sla_monitor.register.entries import Entry, Maintenance
from sla_monitor.review.blocks import Cell, Column, Row, Section, Table, duration_cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.rulings import describe_verdict
from sla_monitor.wording.text import format_list

COLUMNS = (
    Column("Entry", 0.6), Column("From and to", 3, is_stretch=True), Column("Lasts", 1.2, True), Column("Services", 2),
    Column("Approved", 1.4), Column("Note", 2.4),
)  # fmt: skip

ALLOWANCES = (
    Column("Services", 3), Column("Permitted", 2), Column("Used", 1.2, True), Column("Left", 1.2, True),
)  # fmt: skip


def maintenance(case: PackInput) -> Section:
    booked = case.register.of(Maintenance)
    ahead = [(entry, said) for entry, said in booked if said.end_ms > case.assessment.period.end_ms]
    rows = tuple(_row(case, entry, said) for entry, said in sorted(ahead, key=lambda pair: pair[1].start_ms))
    table = Table("maintenance", "Booked for after this month", COLUMNS, rows, "No maintenance is booked.")
    return Section("maintenance", "Planned maintenance", (table, *_allowances(case)))


def _allowances(case: PackInput) -> Iterator[Table]:
    """What the month, or the year up to it, has left."""
    names = {service.id: service.name or service.id for service in case.terms.services}
    rows = tuple(
        (
            Cell(format_list([names.get(service, service) for service in one.services])),
            Cell(f"{format_duration(one.allowance_ms)} {OVER_WORDS[one.over]}"),
            duration_cell(one.used_ms),
            duration_cell(one.left_ms),
        )
        for one in case.assessment.allowances
    )
    if rows:
        yield Table("allowances", "Allowance at the end of the month", ALLOWANCES, rows)


def _row(case: PackInput, entry: Entry, said: Maintenance) -> Row:
    names = {service.id: service.name or service.id for service in case.terms.services}
    decision = case.register.decision_on(entry.number)
    state = "not yet decided" if decision is None else describe_verdict(entry, decision[1])
    if decision is None and case.terms.maintenance.approval == "none":
        state = "needs none"
    return (
        Cell(str(entry.number), entry.number),
        case.stretch_cell(said.start_ms, said.end_ms),
        duration_cell(said.end_ms - said.start_ms),
        Cell(format_list([names.get(one, one) for one in said.services]) if said.services else "all"),
        Cell(state),
        Cell(f"{'Emergency. ' if said.emergency else ''}{entry.note}"),
    )
