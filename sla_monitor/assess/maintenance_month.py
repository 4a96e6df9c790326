"""A month of maintenance, day by day: when the contract permits it, what is booked, and what is left of allowances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import Literal

from sla_monitor.assess.assessment import AllowanceUse
from sla_monitor.assess.counting_in_words import maintenance_rules
from sla_monitor.assess.exclusions import allowance_uses, exclusions
from sla_monitor.assess.rulings import RequestContext, Ruling
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.contract.maintenance import MaintenanceTerms
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import period_of
from sla_monitor.periods.intervals import Intervals, intersect, normal
from sla_monitor.periods.months import last_day
from sla_monitor.periods.terms_slices import ServiceHours, terms_in

BookingState = Literal["permitted", "in_part", "pending", "counted"]


@dataclass(frozen=True, slots=True)
class DayBooking:
    """The part of a booking on one day. `state`: what of it the figures leave out, and so nobody is called in; `why`:
    says why it does not, or by what it does."""

    entry: int
    start_ms: int
    end_ms: int
    services: tuple[str, ...]
    state: BookingState
    why: str


@dataclass(frozen=True, slots=True)
class MaintenanceDay:
    """A day on the wall. `windows`: when the contract permits maintenance of each of the services that are meant."""

    on: date
    windows: tuple[tuple[int, int], ...]
    bookings: tuple[DayBooking, ...]


@dataclass(frozen=True, slots=True)
class MaintenanceMonth:
    """`rules`: when maintenance is permitted, a sentence each; `allowances`: what is left of those that bookings use
    up. `has_windows`: whether any hours are set; where none are, every day is permitted as a whole."""

    month: str
    days: tuple[MaintenanceDay, ...]
    rules: tuple[str, ...]
    allowances: tuple[AllowanceUse, ...]
    has_windows: bool


def maintenance_month(case: RequestContext, month: str, services: Sequence[str] = ()) -> MaintenanceMonth:
    """By the terms at the month's end. `services`: those that are meant; none: all."""
    period, hours = period_of(case.contract, month), ServiceHours()
    terms = terms_in(case.contract, period, period.end_ms)
    meant = [one for one in terms.services if not services or one.id in services]
    known = {one.id for one in meant}
    rulings = [
        one for one in exclusions(case, period, hours).rulings if one.kind == "maintenance" and one.service in known
    ]
    permitted = _windows(terms, [terms.maintenance_of(one) for one in meant], hours, period.edges_ms)
    days = tuple(_day(case, on, permitted, rulings) for on in _days(month))
    uses = allowance_uses(case, terms, period, hours)
    return MaintenanceMonth(
        month,
        days,
        tuple(maintenance_rules(terms)),
        tuple(use for use in uses if known.intersection(use.services)),
        has_windows=permitted is not None,
    )


def _windows(
    terms: Terms, rules: Sequence[MaintenanceTerms], hours: ServiceHours, edges_ms: tuple[int, int]
) -> Intervals | None:
    """When all of some rules permit maintenance; None: none of them sets hours."""
    names = dict.fromkeys(own.hours for own in rules if own.hours is not None)
    several = [hours.of(terms, name, *edges_ms) for name in names]
    return reduce(intersect, several) if several else None


def _days(month: str) -> Iterator[date]:
    last = last_day(month)
    return (last.replace(day=day) for day in range(1, last.day + 1))


def _day(case: RequestContext, on: date, permitted: Intervals | None, rulings: Sequence[Ruling]) -> MaintenanceDay:
    zone = case.contract.time_zone
    edges = (midnight_ms(on, zone), midnight_ms(on + timedelta(days=1), zone))
    windows = () if permitted is None else tuple(intersect(permitted, [edges]))
    several: dict[tuple[int, int, int, BookingState, str], list[str]] = {}
    for one in rulings:
        for start_ms, end_ms in intersect([one.asked], [edges]):
            granted = intersect(normal(one.granted), [(start_ms, end_ms)])
            state = _state(one, granted, (start_ms, end_ms))
            why = one.why if state == "permitted" else one.why_not
            several.setdefault((start_ms, one.entry, end_ms, state, why), []).append(one.service)
    bookings = [
        DayBooking(entry, start_ms, end_ms, tuple(names), state, why)
        for (start_ms, entry, end_ms, state, why), names in sorted(several.items())
    ]
    return MaintenanceDay(on, windows, tuple(bookings))


def _state(one: Ruling, granted: Intervals, asked: tuple[int, int]) -> BookingState:
    if granted == [asked]:
        return "permitted"
    if granted:
        return "in_part"
    return "pending" if one.is_pending else "counted"
