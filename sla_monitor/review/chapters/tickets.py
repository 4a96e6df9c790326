"""Incidents and requests: how many of each priority were in time, and when their clocks stood still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import BacklogAgeKpi, FirstTimeFixKpi, RatioKpi, TicketKpi, TicketTimeKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.register.entries import ClockStop, TicketRecord
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table, duration_cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.tickets import Stop, Ticket, elapsed_ms, tickets_of
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.vocabulary import describe_id

VOLUMES = (
    Column("Priority", 1), Column("Opened", 1, True), Column("Ended", 1, True), Column("Still open", 1, True),
    Column("With clock stops", 1.2, True),
)  # fmt: skip
CLOCKED: tuple[Column, ...] = (
    Column("Ticket", 1.2), Column("Priority", 0.8), Column("Opened", 2.2), Column("Answered or ended", 2.2),
    Column("On the clock", 1.3, True), Column("In time", 0.8), Column("Clock stops", 2.2),
)  # fmt: skip


COUNTED = tuple(replace(one, title="State") if one.title == "In time" else one for one in CLOCKED)


def tickets(case: PackInput) -> Section:
    found = _of_the_month(case)
    if not found:
        return Section("tickets", "Tickets", (Prose(("No ticket of this month is on record.",)),))
    blocks: list[Block] = [_volumes(case, found)]
    blocks += [_clocked(case, terms, found) for kpi in case.terms.kpis if (terms := kpi.ticket_terms) is not None]
    return Section("tickets", "Tickets", tuple(blocks))


def late_tickets(name: str, case: PackInput, kpi: KpiTerms) -> Table | None:
    """Those that count against a KPI which asks for tickets in time; None for another KPI."""
    if not isinstance(kpi, RatioKpi) or kpi.ticket_terms is None:
        return None
    rows = tuple(_ticket_row(case, kpi, one, judged) for one, judged in _judged(case, kpi) if judged[2])
    caption = f"Late tickets of the month: not within {format_duration(kpi.within_ms or 0)}"
    return Table(name, caption, CLOCKED, rows, "None is on record.")


def late_ids(case: PackInput, kpi: KpiTerms) -> list[str]:
    """The same by their ids, the latest first."""
    if not isinstance(kpi, RatioKpi) or kpi.ticket_terms is None:
        return []
    late = [(judged[0], one.id) for one, judged in _judged(case, kpi) if judged[2]]
    return [name for _, name in sorted(late, key=lambda pair: -pair[0])]


def _judged(case: PackInput, kpi: RatioKpi) -> Iterator[tuple[TicketRecord, tuple[int, str, bool]]]:
    calendar = case.terms.calendars.get(kpi.clock.calendar)
    ours = (one for one in _of_the_month(case) if kpi.covers(one.priority, one.service))
    return ((one, _late(case, kpi, calendar, one)) for one in ours)


def _of_the_month(case: PackInput) -> list[TicketRecord]:
    period = case.assessment.period
    return [
        said
        for _, said in case.register.of(TicketRecord)
        if said.opened_ms < period.end_ms and (said.ended_ms is None or said.ended_ms >= period.start_ms)
    ]


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


def _clocked(case: PackInput, kpi: TicketKpi, found: list[TicketRecord]) -> Table:
    calendar = case.terms.calendars.get(kpi.clock.calendar)
    ours = [one for one in found if not kpi.priorities or one.priority in kpi.priorities]
    if isinstance(kpi, RatioKpi):
        rows = [_ticket_row(case, kpi, one, _late(case, kpi, calendar, one)) for one in ours]
        what, columns = f"{kpi.measures} within {format_duration(kpi.within_ms or 0)}", CLOCKED
    else:
        rows = list(_counted_rows(case, kpi, calendar, ours))
        what, columns = WHAT[type(kpi)], COUNTED
    caption = f"{kpi.id}: {what}, target {format_level(kpi.target, kpi)}"
    return Table(f"tickets-{kpi.id}", caption, columns, tuple(rows), "No ticket of these priorities.")


WHAT = {
    TicketTimeKpi: "tickets by their time",
    BacklogAgeKpi: "open tickets by their age",
    FirstTimeFixKpi: "tickets by their attempts",
}
"""What a table of tickets without a limit of time shows."""
LEFT_OUT = "left out: a claim is granted"


def _counted_rows(
    case: PackInput, kpi: TicketKpi, calendar: Calendar | None, ours: list[TicketRecord]
) -> Iterator[Row]:
    """The tickets that make a figure, with their times."""
    records = {one.id: one for one in ours if kpi.covers(one.priority, one.service)}
    several = [_ticket(one) for one in records.values()]
    period = case.assessment.period
    for ticket, took_ms, is_open in tickets_of(kpi, several, calendar, case.zone, period, case.cut_off_ms):
        if _is_left_out(case, kpi, records[ticket.id]):
            verdict = LEFT_OUT
        elif isinstance(kpi, FirstTimeFixKpi):
            verdict = "not on record" if ticket.attempts is None else format_count(ticket.attempts, "attempt")
        else:
            verdict = "open" if is_open else "ended"
        yield _ticket_row(case, kpi, records[ticket.id], (took_ms, verdict, False))


def _ticket(one: TicketRecord) -> Ticket:
    stops = tuple(Stop(stop.start_ms, stop.end_ms, stop.reason) for stop in one.stops)
    return Ticket(one.id, one.priority, one.opened_ms, one.responded_ms, one.ended_ms, stops, one.service, one.attempts)


def _late(case: PackInput, kpi: RatioKpi, calendar: Calendar | None, one: TicketRecord) -> tuple[int, str, bool]:
    """How long a ticket took, what that is called, and whether it is late."""
    took_ms = elapsed_ms(_ticket(one), kpi, calendar, case.zone, case.cut_off_ms)
    if _is_left_out(case, kpi, one):
        return took_ms, LEFT_OUT, False
    is_late = took_ms > (kpi.within_ms or 0)
    return took_ms, "late" if is_late else "open" if _ended_ms(kpi, one) is None else "in time", is_late


def _is_left_out(case: PackInput, kpi: TicketKpi, one: TicketRecord) -> bool:
    return one.id in case.assessment.excused.get(kpi.id, ())


def _ended_ms(kpi: TicketKpi, one: TicketRecord) -> int | None:
    return one.responded_ms or one.ended_ms if kpi.is_of_responses else one.ended_ms


def _ticket_row(case: PackInput, kpi: TicketKpi, one: TicketRecord, judged: tuple[int, str, bool]) -> Row:
    took_ms, verdict, is_late = judged
    return (
        Cell(one.id),
        Cell(one.priority),
        case.at_cell(one.opened_ms),
        case.at_cell(_ended_ms(kpi, one)),
        duration_cell(took_ms),
        Cell(verdict, tone="serious" if is_late else ""),
        Cell("; ".join(_stop(case, kpi, stop) for stop in one.stops)),
    )


def _stop(case: PackInput, kpi: TicketKpi, stop: ClockStop) -> str:
    listed = "" if stop.reason in kpi.clock.stops else ", which the contract does not list"
    return f"{describe_id(stop.reason)}, {format_stretch(stop.start_ms, stop.end_ms, case.zone)}{listed}"
