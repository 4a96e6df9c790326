"""The time of each service that is not counted, in each view.

Agreed time is a part of claimed time by construction: a ruling grants no more than was asked for. So downtime can
only fall from gross to agreed to claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from sla_monitor.assess.assessment import AllowanceUse, Excluded, View
from sla_monitor.assess.relief import claims
from sla_monitor.assess.rulings import (
    DowntimeAllowance,
    RequestContext,
    Ruling,
    decided,
    format_working_days,
    meant_by,
)
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.kpis.counting import ExcludedKind
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.maintenance import YEARS, AllowanceOver, MaintenanceTerms
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.edges import Period, period_of, run_of
from sla_monitor.periods.intervals import Intervals, first, intersect, length, normal, subtract, union
from sla_monitor.periods.terms_slices import ServiceHours
from sla_monitor.periods.working_days import working_days_between
from sla_monitor.register.entries import Entry, Maintenance

BEGUN = "booked after it had begun"


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

    def time(
        self,
        service: str,
        view: View,
        kpi: str | None,
        was_down: Callable[[], Intervals],
        kinds: Sequence[ExcludedKind] = ("maintenance", "claim"),
        left_out: Sequence[ExcludedKind] = ("maintenance", "claim"),
    ) -> Intervals:
        """The time of some kinds that a view leaves out, for a KPI, or for what holds for every KPI of the service.
        `was_down`: when the service was down, for maintenance of which only downtime is left out. `left_out`: all kinds
        that do not count; what one of them takes out uses up nothing of such maintenance."""
        rulings = self.of(service)
        if view == "gross" or not rulings:
            return []
        found = [one for one in rulings if one.kind in left_out and (not one.kpis or kpi in one.kpis)]
        plain = [one for one in found if one.downtime is None]
        whole = normal(pair for one in plain if one.kind in kinds for pair in _wanted(one, view))
        flexible = [one for one in found if one.downtime is not None and one.kind in kinds]
        if not flexible:
            return whole
        gone = normal(pair for one in plain for pair in _wanted(one, view))
        return union(whole, *_downtime(flexible, view, subtract(was_down(), gone)))

    def listed(self, service: str) -> tuple[Excluded, ...]:
        """Everything that somebody says should not count of a service, and what became of it."""
        several = [piece for one in self.of(service) for piece in one.listed()]
        return tuple(sorted(several, key=lambda piece: (piece.start_ms, piece.entry)))


def _wanted(ruling: Ruling, view: View) -> Sequence[tuple[int, int]]:
    return (ruling.asked,) if view == "claimed" else ruling.granted


def _downtime(rulings: Sequence[Ruling], view: View, was_down: Intervals) -> Iterator[Intervals]:
    """What is left out of maintenance that excludes downtime alone: the first so much of it, or all that is asked."""
    several: dict[DowntimeAllowance, Intervals] = {}
    for one in rulings:
        if one.downtime is not None:
            several[one.downtime] = union(several.get(one.downtime, []), normal(_wanted(one, view)))
    for allowance, window in several.items():
        used = intersect(was_down, window)
        yield used if view == "claimed" else first(used, allowance.most_ms)


def exclusions(case: RequestContext, period: Period, hours: ServiceHours) -> Exclusions:
    """The rulings of one month. Pass the whole month, not its part so far: the allowance is the month's."""
    return Exclusions((*bookings(case, period, hours), *claims(case, period)))


def together(several: Sequence[Exclusions]) -> Exclusions:
    """Those of consecutive months."""
    return Exclusions(tuple(ruling for one in several for ruling in one.rulings))


class Allowance(NamedTuple):
    """An allowance. `whose`: a service's; empty: all services share it. `booking` and `booked_ms`: the number of the
    entry that has one of its own, and when what it books begins."""

    whose: str
    over: AllowanceOver
    most_ms: int
    booking: int = 0
    booked_ms: int = 0

    def takes(self, other: Allowance) -> bool:
        """Whether what uses up another one uses this one up too. What was used under a year's allowance of the terms
        before counts under that of the terms now; a month that has two gives both."""
        return self == other or (self.over in YEARS and self[:2] == other[:2])


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking for one service as far as it would be permitted if there were no allowance.

    `start_ms`: when it begins, in whichever month. `inside`: in the hours for maintenance and as far as it was granted;
    `used`: the part of that in the service hours, because maintenance outside them uses nothing up.
    """

    ruling: Ruling
    rules: MaintenanceTerms
    start_ms: int
    inside: Intervals
    used: Intervals

    @property
    def allowance(self) -> Allowance | None:
        if self.rules.allowance_ms is None:
            return None
        allowance = _allowance(self.rules, self.ruling.service, self.rules.allowance_ms)
        if allowance.over != "booking":
            return allowance
        return allowance._replace(booking=self.ruling.entry, booked_ms=self.start_ms)


def bookings(case: RequestContext, period: Period, hours: ServiceHours) -> list[Ruling]:
    """What becomes of every booking that reaches into a month, for each service that it is for."""
    asked = list(_asked(case, period, hours))
    uses = _AllowanceUses(case, period, hours)
    paid = {one.allowance: uses.paid(one.allowance) for one in asked if one.allowance is not None}
    return [_within_allowance(one, one.allowance, paid, period) if one.allowance else one.ruling for one in asked]


@dataclass(frozen=True)
class _AllowanceUses:
    """What bookings use up of allowances, up to the end of a month. Each stretch of time is gone through once, however
    many services have an allowance of their own."""

    case: RequestContext
    period: Period
    hours: ServiceHours

    @cached_property
    def _since(self) -> dict[int, dict[Allowance, list[Intervals]]]:
        return {}

    def paid(self, allowance: Allowance) -> Intervals:
        """What an allowance covers. It is used up in order of time."""
        since_ms = _since_ms(self.case, allowance, self.period)
        if since_ms not in self._since:
            self._since[since_ms] = self._used(since_ms)
        several = self._since[since_ms].items()
        used = [one for other, pieces in several if allowance.takes(other) for one in pieces]
        return first(union(*used), allowance.most_ms)

    def _used(self, since_ms: int) -> dict[Allowance, list[Intervals]]:
        found: dict[Allowance, list[Intervals]] = {}
        whole = Period(self.period.name, since_ms, self.period.end_ms)
        for one in _asked(self.case, whole, self.hours):
            if one.allowance is not None:
                found.setdefault(one.allowance, []).append(one.used)
        return found


def allowance_uses(case: RequestContext, terms: Terms, period: Period, hours: ServiceHours) -> Iterator[AllowanceUse]:
    """What is left of each allowance that bookings use up."""
    sharing: dict[Allowance, list[str]] = {}
    for service in terms.services:
        rules = terms.maintenance_of(service)
        is_of_time = rules.allowance_over != "booking" and rules.allowance_used_by == "booking"
        if rules.allowance_ms is not None and is_of_time:
            sharing.setdefault(_allowance(rules, service.id, rules.allowance_ms), []).append(service.id)
    uses = _AllowanceUses(case, period, hours)
    for allowance, services in sharing.items():
        used_ms = length(uses.paid(allowance))
        yield AllowanceUse(tuple(services), allowance.over, allowance.most_ms, used_ms)


def _allowance(rules: MaintenanceTerms, service: str, most_ms: int) -> Allowance:
    return Allowance(service if rules.allowance_per == "service" else "", rules.allowance_over, most_ms)


def year_start(contract: Contract, over: AllowanceOver, month: str) -> str:
    """The first month for which a month's allowance is given."""
    if over == "calendar_year":
        return f"{month[:4]}-01"
    return run_of(contract).year_months(month)[0] if over == "contract_year" else month


def allowance_since_ms(contract: Contract, month: str) -> int:
    """From when on bookings may have used up what a month is allowed, by any terms that the contract ever had."""
    everyone = (rules for version in contract.versions for rules in version.terms.maintenance_terms)
    starts = {year_start(contract, rules.allowance_over, month) for rules in everyone if rules.allowance_ms is not None}
    return period_of(contract, min(starts, default=month)).start_ms


def _since_ms(case: RequestContext, allowance: Allowance, period: Period) -> int:
    """From when on bookings use it up; a year begins no sooner than the term."""
    if allowance.booking:
        return min(period.start_ms, allowance.booked_ms)
    return period_of(case.contract, year_start(case.contract, allowance.over, period.name)).start_ms


def _within_allowance(
    booking: Booking, allowance: Allowance, paid: Mapping[Allowance, Intervals], period: Period
) -> Ruling:
    if booking.rules.allowance_used_by == "downtime":
        whose = (allowance.whose, period.name, str(allowance.booking))
        why = f"{booking.ruling.why}; only downtime, {booking.rules.allowance_in_words} at most"
        ruling = booking.ruling
        if booking.inside:
            ruling = ruling.with_granted(booking.inside, why, ruling.why_not)
        return replace(ruling, downtime=DowntimeAllowance(whose, allowance.most_ms))
    beyond = subtract(booking.used, paid[allowance])
    if not beyond:
        return booking.ruling
    granted = booking.inside if booking.rules.excess == "excluded" else subtract(booking.inside, beyond)
    return booking.ruling.with_granted(
        granted, booking.ruling.why, f"beyond the allowance of {booking.rules.allowance_in_words}"
    )


def _asked(case: RequestContext, period: Period, hours: ServiceHours) -> Iterator[Booking]:
    for entry, said in case.effective.of(Maintenance):
        if said.start_ms < period.end_ms and said.end_ms > period.start_ms:
            for terms, service in meant_by(case, said):
                yield _booking(case, MaintenanceRequest(entry, said, terms, service), period, hours)


@dataclass(frozen=True, slots=True)
class MaintenanceRequest:
    """A booking for one of the services that it is for, and the terms by which it is judged."""

    entry: Entry
    said: Maintenance
    terms: Terms
    service: Service


def _booking(case: RequestContext, request: MaintenanceRequest, period: Period, hours: ServiceHours) -> Booking:
    entry, said, terms, service = request.entry, request.said, request.terms, request.service
    asked = (max(said.start_ms, period.start_ms), min(said.end_ms, period.end_ms))
    rules = terms.maintenance_of(service)
    grant = decided(case, entry, said)
    ruling = Ruling(entry.number, "maintenance", service.id, asked, is_pending=grant.is_pending)
    refusal = grant.why if grant.span is None else _refusal(entry, said, rules, terms)
    if grant.span is None or refusal:
        return Booking(ruling.refused(refusal), rules, said.start_ms, [], [])
    inside = intersect([asked], normal([grant.span]))
    if rules.hours is not None:
        inside = intersect(inside, hours.of(terms, rules.hours, *asked))
    used = intersect(inside, hours.of(terms, service.service_hours, *asked))
    granted = ruling.with_granted(inside, grant.why, "outside the hours for it, or what was granted")
    return Booking(granted, rules, said.start_ms, inside, used)


def _refusal(entry: Entry, said: Maintenance, rules: MaintenanceTerms, terms: Terms) -> str:
    """Why a booking is not permitted whatever was decided; empty: it is. An emergency that is permitted at all needs
    no notice."""
    if said.emergency:
        return "emergency maintenance counts" if rules.emergency == "counted" else ""
    notified_ms = entry.at_ms if said.notified_ms is None else said.notified_ms
    had_begun = notified_ms > said.start_ms
    if rules.notice_ms is not None and said.start_ms - notified_ms < rules.notice_ms:
        return BEGUN if had_begun else f"booked less than {spelled_duration(rules.notice_ms)} before"
    if rules.notice_working_days is not None:
        booked_on, start_on = local_date(notified_ms, terms.time_zone), local_date(said.start_ms, terms.time_zone)
        days = working_days_between(booked_on, start_on, terms.working_calendar)
        if days < rules.notice_working_days:
            told = f"booked {format_working_days(days)} before, {rules.notice_working_days} are required"
            return BEGUN if had_begun else told
    return ""
