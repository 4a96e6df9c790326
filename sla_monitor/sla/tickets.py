"""Tickets against the clock: business time between two instants, without the stops that the contract lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import BacklogAgeKpi, FirstTimeFixKpi, RatioKpi, TicketKpi, TicketTimeKpi
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import length, normal, subtract
from sla_monitor.periods.service_hours import agreed_hours
from sla_monitor.sla.indicators import EventCounts


@dataclass(frozen=True, slots=True)
class Stop:
    """Time for which a ticket's clock is claimed to have stopped; None: it still is."""

    start_ms: int
    end_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One incident or request. All instants in UTC milliseconds; None: not yet."""

    id: str
    priority: str
    opened_ms: int
    responded_ms: int | None = None
    ended_ms: int | None = None
    stops: tuple[Stop, ...] = ()
    service: str | None = None
    attempts: int | None = None


class TimedTicket(NamedTuple):
    """A ticket that counts, with the time on its clock. `is_open`: its clock ran at the end."""

    ticket: Ticket
    took_ms: int
    is_open: bool


class LateTicket(NamedTuple):
    """A ticket that has ended late: by so much on its own clock."""

    id: str
    service: str | None
    priority: str
    elapsed_ms: int
    late_ms: int


def business_ms(
    calendar: Calendar | None, zone: ZoneInfo, start_ms: int, end_ms: int, stops: Iterable[tuple[int, int]] = ()
) -> int:
    """Time between two instants within a calendar's hours and outside the stops; overlapping stops count once."""
    return length(subtract(agreed_hours(calendar, zone, start_ms, end_ms), normal(stops)))


def elapsed_ms(ticket: Ticket, kpi: TicketKpi, calendar: Calendar | None, zone: ZoneInfo, now_ms: int) -> int:
    """The time on a ticket's clock when it ended, or by now."""
    end_ms = _until(ticket, kpi)
    return clock_ms(ticket, kpi, calendar, zone, now_ms if end_ms is None else end_ms)


def clock_ms(ticket: Ticket, kpi: TicketKpi, calendar: Calendar | None, zone: ZoneInfo, until_ms: int) -> int:
    """The time on a ticket's clock at an instant before it ended. Only stops for a reason that the contract lists."""
    listed = (stop for stop in ticket.stops if stop.reason in kpi.clock.stops)
    stops = ((stop.start_ms, until_ms if stop.end_ms is None else stop.end_ms) for stop in listed)
    return business_ms(calendar, zone, ticket.opened_ms, until_ms, stops)


def decided_tickets(
    tickets: Iterable[Ticket],
    kpi: RatioKpi,
    calendar: Calendar | None,
    zone: ZoneInfo,
    period: Period,
    now_ms: int,
) -> tuple[EventCounts, tuple[LateTicket, ...]]:
    """The tickets of a period that are decided, and those of them that are in target; those that have ended late.

    A ticket that is still open is late as soon as its time is used up; until then it is not decided. A ticket that
    belongs to the period in which it ends is not counted before.
    """
    within = kpi.within_ms or 0
    in_target = total = 0
    late: list[LateTicket] = []
    for ticket in tickets:
        belongs_at = ticket.opened_ms if kpi.counted_when == "opened" else _until(ticket, kpi)
        is_ours = belongs_at is not None and period.start_ms <= belongs_at < period.end_ms
        if not is_ours or (kpi.priorities and ticket.priority not in kpi.priorities):
            continue
        took_ms = elapsed_ms(ticket, kpi, calendar, zone, now_ms)
        is_late, has_ended = took_ms > within, _until(ticket, kpi) is not None
        total += is_late or has_ended
        in_target += has_ended and not is_late
        if is_late and has_ended:
            late.append(LateTicket(ticket.id, ticket.service, ticket.priority, took_ms, took_ms - within))
    return EventCounts(in_target, total), tuple(late)


def timed_tickets(
    tickets: Iterable[Ticket],
    kpi: TicketTimeKpi,
    calendar: Calendar | None,
    zone: ZoneInfo,
    period: Period,
    now_ms: int,
) -> list[TimedTicket]:
    """The tickets of a period with their times.

    One that is open at the period's end, or now, is left out, or counts with its time up to then: also where it ends
    later, so that a period that is over stays as it is.
    """
    end_ms = min(period.end_ms, now_ms)
    found = []
    for ticket in _of_priorities(tickets, kpi):
        until_ms = _until(ticket, kpi)
        is_open = until_ms is None or until_ms >= end_ms
        if kpi.counted_when == "opened":
            is_ours = period.start_ms <= ticket.opened_ms < end_ms
        else:
            is_ours = ticket.opened_ms < end_ms if is_open else (until_ms or 0) >= period.start_ms
            is_ours = is_ours and (kpi.counts_open_tickets or not is_open)
        if kpi.counts_open_tickets and is_open:
            until_ms = end_ms
        if is_ours and until_ms is not None:
            is_open = is_open and kpi.counts_open_tickets
            found.append(TimedTicket(ticket, clock_ms(ticket, kpi, calendar, zone, until_ms), is_open))
    return found


def backlog(
    tickets: Iterable[Ticket],
    kpi: BacklogAgeKpi,
    calendar: Calendar | None,
    zone: ZoneInfo,
    at_ms: int,
) -> list[TimedTicket]:
    """The tickets that are open at an instant, with their ages then."""
    return [
        TimedTicket(ticket, clock_ms(ticket, kpi, calendar, zone, at_ms), True)
        for ticket in _of_priorities(tickets, kpi)
        if ticket.opened_ms < at_ms and (ticket.ended_ms is None or ticket.ended_ms >= at_ms)
    ]


def ended_tickets(tickets: Iterable[Ticket], kpi: FirstTimeFixKpi, period: Period) -> list[Ticket]:
    """The tickets that ended in a period."""
    return [
        ticket
        for ticket in _of_priorities(tickets, kpi)
        if ticket.ended_ms is not None and period.start_ms <= ticket.ended_ms < period.end_ms
    ]


def tickets_of(
    kpi: TicketKpi,
    tickets: Iterable[Ticket],
    calendar: Calendar | None,
    zone: ZoneInfo,
    period: Period,
    now_ms: int,
) -> list[TimedTicket]:
    """The tickets that make the figure of a KPI without a limit of time, each with its time."""
    at_ms = min(now_ms, period.end_ms)
    if isinstance(kpi, TicketTimeKpi):
        return timed_tickets(tickets, kpi, calendar, zone, period, now_ms)
    if isinstance(kpi, BacklogAgeKpi):
        return backlog(tickets, kpi, calendar, zone, at_ms)
    if isinstance(kpi, FirstTimeFixKpi):
        several = ended_tickets(tickets, kpi, period)
        return [TimedTicket(one, elapsed_ms(one, kpi, calendar, zone, now_ms), False) for one in several]
    return []


def _of_priorities(tickets: Iterable[Ticket], kpi: TicketKpi) -> Iterable[Ticket]:
    return (ticket for ticket in tickets if not kpi.priorities or ticket.priority in kpi.priorities)


def _until(ticket: Ticket, kpi: TicketKpi) -> int | None:
    """When the clock stops for good."""
    if kpi.is_of_responses:
        return ticket.responded_ms if ticket.responded_ms is not None else ticket.ended_ms
    return ticket.ended_ms
