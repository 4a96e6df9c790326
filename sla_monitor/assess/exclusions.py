"""The time of each service that is not counted, in each view.

Agreed time is a part of claimed time by construction: a ruling grants no more than was asked for. So downtime can
only fall from gross to agreed to claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from sla_monitor.assess.assessment import Excluded, View
from sla_monitor.assess.relief import claims
from sla_monitor.assess.rulings import RequestContext, Ruling, decided, format_working_days, meant_by
from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.maintenance import Maintenance as MaintenanceTerms
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import Intervals, first, intersect, normal, subtract, union
from sla_monitor.periods.terms_slices import ServiceHours
from sla_monitor.periods.working_days import working_days_between
from sla_monitor.register.entries import Entry, Maintenance


@dataclass(frozen=True)
class Exclusions:
    """All rulings about the services of one contract in one month."""

    rulings: tuple[Ruling, ...] = ()

    @cached_property
    def _by_service(self) -> dict[str, list[Ruling]]:
        found: dict[str, list[Ruling]] = {}
        for ruling in self.rulings:
            found.setdefault(ruling.service, []).append(ruling)
        return found

    def of(self, service: str) -> Sequence[Ruling]:
        """Those about one service."""
        return self._by_service.get(service, ())

    def time(self, service: str, view: View, kpi: str | None = None) -> Intervals:
        """The time that a view leaves out, for a KPI, or for what holds for every KPI of the service."""
        rulings = self.of(service)
        if view == "gross" or not rulings:
            return []
        found = [one for one in rulings if not one.kpis or kpi in one.kpis]
        if view == "claimed":
            return normal(one.asked for one in found)
        return normal(pair for one in found for pair in one.granted)

    def listed(self, service: str) -> tuple[Excluded, ...]:
        """Everything that somebody says should not count of a service, and what became of it."""
        several = [piece for one in self.of(service) for piece in one.listed()]
        return tuple(sorted(several, key=lambda piece: (piece.start_ms, piece.entry)))


def exclusions(case: RequestContext, period: Period, hours: ServiceHours) -> Exclusions:
    """The rulings of one month. Pass the whole month, not its part so far: the allowance is the month's."""
    return Exclusions((*bookings(case, period, hours), *claims(case, period)))


def together(several: Sequence[Exclusions]) -> Exclusions:
    """Those of consecutive months."""
    return Exclusions(tuple(ruling for one in several for ruling in one.rulings))


MaintenanceAllowance: TypeAlias = tuple[str, int]
"""Whose allowance it is (a service's; empty: one that all services share), and how much."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking for one service as far as it would be permitted if there were no allowance.

    `inside`: in the hours for maintenance and as far as it was granted; `used`: the part of that in the service hours,
    because maintenance outside them uses nothing up.
    """

    ruling: Ruling
    rules: MaintenanceTerms
    inside: Intervals
    used: Intervals

    @property
    def purse(self) -> MaintenanceAllowance | None:
        if self.rules.allowance_ms is None:
            return None
        return (self.ruling.service if self.rules.allowance_per == "service" else ""), self.rules.allowance_ms


def bookings(case: RequestContext, period: Period, hours: ServiceHours) -> list[Ruling]:
    """What becomes of every booking that reaches into a month, for each service that it is for."""
    wishes = list(_wishes(case, period, hours))
    purses: dict[MaintenanceAllowance, Intervals] = {}
    for wish in wishes:
        if wish.purse is not None:
            purses[wish.purse] = union(purses.get(wish.purse, []), wish.used)
    paid = {purse: first(used, purse[1]) for purse, used in purses.items()}  # used up in order of time
    return [_within_allowance(wish, paid[wish.purse]) if wish.purse else wish.ruling for wish in wishes]


def _within_allowance(wish: Booking, paid: Intervals) -> Ruling:
    beyond = subtract(wish.used, paid)
    if not beyond:
        return wish.ruling
    granted = wish.inside if wish.rules.excess == "excluded" else subtract(wish.inside, beyond)
    why = f"beyond the allowance of {spelled_duration(wish.rules.allowance_ms or 0)}"
    return wish.ruling.with_granted(granted, wish.ruling.why, why)


def _wishes(case: RequestContext, period: Period, hours: ServiceHours) -> Iterator[Booking]:
    for entry, said in case.standing.of(Maintenance):
        if said.start_ms < period.end_ms and said.end_ms > period.start_ms:
            for terms, service in meant_by(case, said):
                yield _wish(case, MaintenanceRequest(entry, said, terms, service), period, hours)


@dataclass(frozen=True, slots=True)
class MaintenanceRequest:
    """A booking for one of the services that it is for, and the terms by which it is judged."""

    entry: Entry
    said: Maintenance
    terms: Terms
    service: Service


def _wish(case: RequestContext, request: MaintenanceRequest, period: Period, hours: ServiceHours) -> Booking:
    entry, said, terms, service = request.entry, request.said, request.terms, request.service
    asked = (max(said.start_ms, period.start_ms), min(said.end_ms, period.end_ms))
    rules = terms.maintenance_of(service)
    span, why, is_pending = decided(case, entry, said)
    ruling = Ruling(entry.number, "maintenance", service.id, asked, is_pending=is_pending)
    refusal = why if span is None else _refusal(entry, said, rules, terms)
    if span is None or refusal:
        return Booking(ruling.refused(refusal), rules, [], [])
    inside = intersect([asked], normal([span]))
    if rules.hours is not None:
        inside = intersect(inside, hours.of(terms, rules.hours, *asked))
    used = intersect(inside, hours.of(terms, service.service_hours, *asked))
    return Booking(
        ruling.with_granted(inside, why, "outside the hours for it, or what was granted"), rules, inside, used
    )


def _refusal(entry: Entry, said: Maintenance, rules: MaintenanceTerms, terms: Terms) -> str:
    """Why a booking is not permitted whatever was decided; empty: it is. An emergency that is permitted at all needs
    no notice."""
    if said.emergency:
        return "emergency maintenance counts" if rules.emergency == "counted" else ""
    notified_ms = entry.at_ms if said.notified_ms is None else said.notified_ms
    if rules.notice_ms is not None and said.start_ms - notified_ms < rules.notice_ms:
        return f"booked less than {spelled_duration(rules.notice_ms)} before"
    if rules.notice_working_days is not None:
        booked_on, start_on = local_date(notified_ms, terms.time_zone), local_date(said.start_ms, terms.time_zone)
        days = working_days_between(booked_on, start_on, terms.working_calendar)
        if days < rules.notice_working_days:
            return f"booked {format_working_days(days)} before, {rules.notice_working_days} are asked"
    return ""
