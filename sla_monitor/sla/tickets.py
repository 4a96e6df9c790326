"""Tickets against the clock: business time between two instants, without the stops that the contract lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla_monitor.contract.calendars import Calendar
from sla_monitor.contract.kpis.kpi import RatioKpi
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


class CountedTicket(NamedTuple):
    """A ticket of a measurement period with the time on its clock, when that stopped for good or so far."""

    id: str
    opened_ms: int
    elapsed_ms: int
    is_stopped: bool


def business_ms(
    calendar: Calendar | None, zone: ZoneInfo, start_ms: int, end_ms: int, stops: Iterable[tuple[int, int]] = ()
) -> int:
    """Time between two instants within a calendar's hours and outside the stops; overlapping stops count once."""
    return length(subtract(agreed_hours(calendar, zone, start_ms, end_ms), normal(stops)))


def elapsed_ms(ticket: Ticket, kpi: RatioKpi, calendar: Calendar | None, zone: ZoneInfo, now_ms: int) -> int:
    """The time on a ticket's clock when it ended, or by now. Only stops for a reason that the contract lists."""
    end_ms = _until(ticket, kpi)
    listed = (stop for stop in ticket.stops if stop.reason in kpi.clock.stops)
    stops = ((stop.start_ms, now_ms if stop.end_ms is None else stop.end_ms) for stop in listed)
    return business_ms(calendar, zone, ticket.opened_ms, now_ms if end_ms is None else end_ms, stops)


def counted_tickets(
    tickets: Iterable[Ticket],
    kpi: RatioKpi,
    calendar: Calendar | None,
    zone: ZoneInfo,
    period: Period,
    now_ms: int,
) -> tuple[CountedTicket, ...]:
    """The tickets of a period as they were opened. One that belongs to the period in which it ends is not counted
    before."""
    found = []
    for ticket in tickets:
        stopped_ms = _until(ticket, kpi)
        belongs_at = ticket.opened_ms if kpi.counted_when == "opened" else stopped_ms
        is_ours = belongs_at is not None and period.start_ms <= belongs_at < period.end_ms
        if is_ours and (not kpi.priorities or ticket.priority in kpi.priorities):
            took_ms = elapsed_ms(ticket, kpi, calendar, zone, now_ms)
            found.append(CountedTicket(ticket.id, ticket.opened_ms, took_ms, stopped_ms is not None))
    return tuple(sorted(found, key=lambda one: (one.opened_ms, one.id)))


def ticket_counts(tickets: Iterable[CountedTicket], within_ms: int) -> EventCounts:
    """The tickets that are decided, and those of them that are in target. One that is still open is late as soon as its
    time is used up; until then it is not decided."""
    in_target = total = 0
    for ticket in tickets:
        is_late = ticket.elapsed_ms > within_ms
        is_decided = is_late or ticket.is_stopped
        total += is_decided
        in_target += is_decided and not is_late
    return EventCounts(in_target, total)


def _until(ticket: Ticket, kpi: RatioKpi) -> int | None:
    """When the clock stops for good."""
    if kpi.measures == "response":
        return ticket.responded_ms if ticket.responded_ms is not None else ticket.ended_ms
    return ticket.ended_ms
