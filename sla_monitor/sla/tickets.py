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
    service: str | None = None


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


def elapsed_ms(ticket: Ticket, kpi: RatioKpi, calendar: Calendar | None, zone: ZoneInfo, now_ms: int) -> int:
    """The time on a ticket's clock when it ended, or by now. Only stops for a reason that the contract lists."""
    end_ms = _until(ticket, kpi)
    listed = (stop for stop in ticket.stops if stop.reason in kpi.clock.stops)
    stops = ((stop.start_ms, now_ms if stop.end_ms is None else stop.end_ms) for stop in listed)
    return business_ms(calendar, zone, ticket.opened_ms, now_ms if end_ms is None else end_ms, stops)


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


def _until(ticket: Ticket, kpi: RatioKpi) -> int | None:
    """When the clock stops for good."""
    if kpi.measures == "response":
        return ticket.responded_ms if ticket.responded_ms is not None else ticket.ended_ms
    return ticket.ended_ms
