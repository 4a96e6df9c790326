"""Which maintenance is permitted: booked in time, granted, inside the permitted hours, and within the allowance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sla_monitor.assess.parts import Hours
from sla_monitor.assess.rulings import Case, Ruling, decided, told_days
from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.upkeep import Maintenance as MaintenanceTerms
from sla_monitor.register.entries import Entry, Maintenance
from sla_monitor.sla.intervals import Intervals, first, intersect, length, normal, subtract, union
from sla_monitor.sla.period import Period, local_date
from sla_monitor.sla.working_days import working_days_between

SHARED = ""
"""Whose allowance it is where all services share one."""


@dataclass(slots=True)
class Allowances:
    """What of a month's allowances has been used, by service. Bookings use them up in order of time."""

    used: dict[str, Intervals] = field(default_factory=dict)

    def take(self, whose: str, asked: Intervals, allowance_ms: int) -> Intervals:
        """What of the time asked for is within the allowance; time that was taken before is taken once."""
        used = self.used.get(whose, [])
        more = first(subtract(asked, used), max(allowance_ms - length(used), 0))
        self.used[whose] = union(used, more)
        return union(intersect(asked, used), more)


def bookings(case: Case, period: Period, hours: Hours) -> Iterator[Ruling]:
    """Every booking that reaches into a month, for each service that it is for."""
    allowances = Allowances()
    several = [pair for pair in case.standing.of(Maintenance) if _reaches(pair[1], period)]
    for entry, said in sorted(several, key=lambda pair: (pair[1].start_ms, pair[0].number)):
        terms = case.contract.version_at(said.start_ms).terms
        for service in terms.services:
            if not said.services or service.id in said.services:
                yield _ruling(case, entry, said, (terms, service), (period, hours, allowances))


def _reaches(said: Maintenance, period: Period) -> bool:
    return said.start_ms < period.end_ms and said.end_ms > period.start_ms


def _ruling(
    case: Case,
    entry: Entry,
    said: Maintenance,
    whose: tuple[Terms, Service],
    month: tuple[Period, Hours, Allowances],
) -> Ruling:
    (terms, service), (period, hours, allowances) = whose, month
    asked = (max(said.start_ms, period.start_ms), min(said.end_ms, period.end_ms))
    rules = terms.maintenance_of(service)
    span, why, is_pending = decided(case, entry, said)
    refusal = why if span is None else _refusal(entry, said, rules, terms)
    ruling = Ruling(entry.number, "maintenance", service.id, asked, is_pending=is_pending)
    if span is None or refusal:
        return ruling.refused(refusal)
    inside = intersect([asked], normal([span]))
    if rules.hours is not None:
        inside = intersect(inside, hours.of(terms, rules.hours, *asked))
    agreed = hours.of(terms, service.service_hours, *asked)
    granted, beyond = _within_allowance(inside, agreed, rules, (service.id, allowances))
    return ruling.with_granted(granted, why, beyond)


def _within_allowance(
    inside: Intervals, agreed: Intervals, rules: MaintenanceTerms, whose: tuple[str, Allowances]
) -> tuple[Intervals, str]:
    """What is granted, and what is said of the rest. Maintenance outside the service hours uses nothing up."""
    service, allowances = whose
    if rules.allowance_ms is None:
        return inside, "outside the permitted span"
    wanted = intersect(inside, agreed)
    taken = allowances.take(service if rules.allowance_per == "service" else SHARED, wanted, rules.allowance_ms)
    beyond = subtract(wanted, taken)
    why = f"beyond the allowance of {spelled_duration(rules.allowance_ms)}"
    if not beyond:
        return inside, "outside the permitted span"
    return (inside, why) if rules.excess == "excluded" else (subtract(inside, beyond), why)


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
            return f"booked {told_days(days)} before, {rules.notice_working_days} are asked"
    return ""
