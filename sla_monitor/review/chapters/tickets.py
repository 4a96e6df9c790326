"""Incidents and requests: how many of each priority were in time, and when their clocks stood still."""

from __future__ import annotations

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import RatioKpi
from sla_monitor.register.entries import ClockStop, TicketRecord
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table, duration_cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.tickets import Stop, Ticket, elapsed_ms
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.vocabulary import describe_id

VOLUMES = (
    Column("Priority", 1), Column("Opened", 1, True), Column("Ended", 1, True), Column("Still open", 1, True),
    Column("With clock stops", 1.2, True),
)  # fmt: skip
CLOCKED = (
    Column("Ticket", 1.3), Column("Priority", 0.9), Column("Opened", 2), Column("Answered or ended", 2),
    Column("On the clock", 1.2, True), Column("In time", 0.9), Column("Clock stops", 2.8),
)  # fmt: skip


def tickets(case: PackInput) -> Section:
    period = case.assessment.period
    found = [
        said
        for _, said in case.register.of(TicketRecord)
        if said.opened_ms < period.end_ms and (said.ended_ms is None or said.ended_ms >= period.start_ms)
    ]
    if not found:
        return Section("tickets", "Tickets", (Prose(("No ticket of this month is on record.",)),))
    blocks: list[Block] = [_volumes(case, found)]
    blocks += [_clocked(case, terms, found) for kpi in case.terms.kpis if (terms := kpi.ticket_terms) is not None]
    return Section("tickets", "Tickets", tuple(blocks), is_wide=True, own_page=True)


def _volumes(case: PackInput, found: list[TicketRecord]) -> Table:
    period, rows = case.assessment.period, list[Row]()
    for priority in sorted({one.priority for one in found}):
        ours = [one for one in found if one.priority == priority]
        counts = (
            sum(1 for one in ours if one.opened_ms >= period.start_ms),
            sum(1 for one in ours if one.ended_ms is not None and one.ended_ms < period.end_ms),
            sum(1 for one in ours if one.ended_ms is None or one.ended_ms >= period.end_ms),
            sum(1 for one in ours if one.stops),
        )
        rows.append((Cell(priority), *(Cell(str(count), count) for count in counts)))
    return Table("ticket-volumes", "Tickets of the month by priority", VOLUMES, tuple(rows))


def _clocked(case: PackInput, kpi: RatioKpi, found: list[TicketRecord]) -> Table:
    calendar = case.terms.calendars.get(kpi.clock.calendar)
    ours = [one for one in found if not kpi.priorities or one.priority in kpi.priorities]
    rows = tuple(_ticket_row(case, kpi, calendar, one) for one in ours)
    within = format_duration(kpi.within_ms or 0)
    caption = f"{kpi.id}: {kpi.measures} within {within}, target {format_level(kpi.target, kpi)}"
    return Table(f"tickets-{kpi.id}", caption, CLOCKED, rows, "No ticket of these priorities.")


def _ticket_row(case: PackInput, kpi: RatioKpi, calendar: Calendar | None, one: TicketRecord) -> Row:
    stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in one.stops)
    ticket = Ticket(one.id, one.priority, one.opened_ms, one.responded_ms, one.ended_ms, stops)
    took = elapsed_ms(ticket, kpi, calendar, case.zone, case.cut_off_ms)
    is_late = took > (kpi.within_ms or 0)
    ended = one.ended_ms if kpi.measures == "resolution" else one.responded_ms or one.ended_ms
    verdict = "late" if is_late else "in time" if ended is not None else "open"
    return (
        Cell(one.id),
        Cell(one.priority),
        Cell(case.at(one.opened_ms)),
        Cell(case.at(ended)),
        duration_cell(took),
        Cell(verdict, tone="serious" if is_late else ""),
        Cell("; ".join(_stop(case, kpi, stop) for stop in one.stops)),
    )


def _stop(case: PackInput, kpi: RatioKpi, stop: ClockStop) -> str:
    listed = "" if stop.reason in kpi.clock.stops else ", which the contract does not list"
    return f"{describe_id(stop.reason)}, {format_stretch(stop.start_ms, stop.end_ms, case.zone)}{listed}"
