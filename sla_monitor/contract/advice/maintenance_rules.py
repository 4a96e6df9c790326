"""Calendars, maintenance and reports that are allowed and do not do what they seem to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sla_monitor.contract.calendars import DAYS, Calendar
from sla_monitor.contract.fields import rounded_duration
from sla_monitor.contract.maintenance import OVER_WORDS, YEARS, MaintenanceTerms
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.contract.usual_month import hours_in_30_days_ms

SUBSTITUTE = " (observed)"
"""How the library of holidays marks the day that stands in for one at a weekend."""
NEAR = [timedelta(days=n) for n in range(1, 8)]
Path = tuple[str | int, ...]


def maintenance_doubts(terms: Terms) -> Iterator[RuleProblem]:
    """What a careful reader would ask about, with the path of the term."""
    for name, calendar in terms.calendars.items():
        path: Path = ("calendars", name, "bank_holidays")
        yield from ((path, message) for message in (*_years(terms, calendar), *_substitutes(terms, calendar)))
    sharing = [service for service in terms.services if service.maintenance is None]
    yield from _maintenance(terms, ("maintenance",), terms.maintenance, sharing)
    for i, service in enumerate(terms.services):
        if service.maintenance is not None:
            yield from _maintenance(terms, ("services", i, "maintenance"), service.maintenance, [service])
    yield from _ratings(terms)


def _years(terms: Terms, calendar: Calendar) -> Iterator[str]:
    """A file of bank holidays that does not reach over the whole term."""
    if calendar.holiday_years is None:
        return
    first, last = calendar.holiday_years
    if first > terms.term.start_on.year or last < terms.term.end_on.year:
        yield (
            f"covers {first} to {last}, but the contract runs from {terms.term.start_on} to {terms.term.end_on}:"
            " no holidays are known in the other years (freeze more years)"
        )


def _substitutes(terms: Terms, calendar: Calendar) -> Iterator[str]:
    """A holiday at a weekend with a substitute, where both days are worked: the calendar closes twice."""
    names = calendar.holiday_names
    for day in sorted(names):
        later = [day + step for step in NEAR if names.get(day + step) == names[day] + SUBSTITUTE]
        if later and _is_worked(calendar, day) and _is_worked(calendar, later[0]) and _is_in(terms, day):
            yield f"closes {day} and {later[0]}, its substitute (put into open_on the one that is worked, if one is)"
            return


def _is_worked(calendar: Calendar, day: date) -> bool:
    return bool(calendar.hours.get(DAYS[day.weekday()])) and day not in calendar.open_on


def _is_in(terms: Terms, day: date) -> bool:
    return terms.term.start_on <= day <= terms.term.end_on


def _maintenance(
    terms: Terms, path: Path, rules: MaintenanceTerms, services: Sequence[Service]
) -> Iterator[RuleProblem]:
    """An allowance that there is no time for, and one that nobody shares."""
    if rules.allowance_ms is None:
        return
    allowed, over = rounded_duration(rules.allowance_ms), OVER_WORDS[rules.allowance_over]
    for name, whose in _hours_for_it(rules, services):
        hours = hours_in_30_days_ms(terms, name) * (12 if rules.allowance_over in YEARS else 1)
        if not whose and hours < rules.allowance_ms:
            message = (
                f"is {allowed} {over}, and {name} has {rounded_duration(hours)} (write less, or give {name} more hours)"
            )
            yield (*path, "allowance"), message
        elif whose and hours <= rules.allowance_ms:
            message = f"is {allowed} {over}, and {whose} has {rounded_duration(hours)} of service hours"
            yield (*path, "allowance"), f"{message}: it need never be up (write a smaller allowance)"
    if rules.excess == "excluded":
        yield (
            (*path, "excess"),
            f"excluded: what goes beyond {allowed} does not count either: nothing is limited (write excess: counted)",
        )
    if rules.allowance_per == "contract" and path[0] == "services":
        yield (*path, "allowance_per"), "is one service's own, and shared with no other (write service)"


def _hours_for_it(rules: MaintenanceTerms, services: Sequence[Service]) -> Iterator[tuple[str, str]]:
    """Calendars that limit an allowance, with the service whose hours they are; a booking is shorter than any month."""
    if rules.allowance_over == "booking":
        return
    if rules.hours is not None:
        yield rules.hours, ""
    yield from ((service.service_hours, service.id) for service in services)


def _ratings(terms: Terms) -> Iterator[RuleProblem]:
    """Published KPIs with a band that has no rating, where there are ratings at all."""
    known = terms.reporting.publish
    for kpi in terms.kpis:
        names = [band.name for band in kpi.bands] or ["met", "missed"]
        missing = [name for name in names if name not in known]
        if known and kpi.publishable and missing:
            yield (
                ("reporting", "publish"),
                f"gives no rating to {', '.join(missing)}, and {kpi.id} is published (add it)",
            )
            return
