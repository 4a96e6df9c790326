"""The usual month: 30 days of whole weeks' hours, without holidays and without the clocks' changes.

What is said about terms before anything has happened is said of it: figures that changed with the calendar would make
rules and advice come and go.
"""

from __future__ import annotations

from datetime import time
from fractions import Fraction
from typing import TYPE_CHECKING

from sla_monitor.contract.calendars import DAYS, EVERY_DAY

if TYPE_CHECKING:
    from sla_monitor.contract.kpis.kpi_terms import KpiTerms
    from sla_monitor.contract.terms import Service, Terms

DAY_MS = 86_400_000


def agreed_in_30_days_ms(terms: Terms, service: Service) -> Fraction:
    """Agreed service time in 30 days."""
    return hours_in_30_days_ms(terms, service.service_hours)


def agreed_in_period_ms(terms: Terms, kpi: KpiTerms) -> Fraction:
    """Agreed time of a KPI's service in a measurement period of months of 30 days."""
    service = terms.services_by_id.get(kpi.service) if kpi.service else None
    return agreed_in_30_days_ms(terms, service) * kpi.measurement_months if service else Fraction(0)


def allowed_share(terms: Terms, kpi: KpiTerms) -> Fraction:
    """The part of the agreed time that may be downtime at a KPI's target; all of it where there is none."""
    agreed_ms = agreed_in_period_ms(terms, kpi)
    return min(kpi.allowed_ms(agreed_ms) / agreed_ms, Fraction(1)) if agreed_ms else Fraction(1)


def hours_in_30_days_ms(terms: Terms, calendar: str) -> Fraction:
    """The hours of a calendar in 30 days."""
    return Fraction(30 * sum(_week_ms(terms, calendar)), 7)


def longest_day_ms(terms: Terms, calendar: str) -> int:
    """The hours of a calendar on the weekday that has the most of them; of one without a day's break, no limit."""
    week = _week_ms(terms, calendar)
    return max(week) if min(week) < DAY_MS else 366 * DAY_MS


def _week_ms(terms: Terms, calendar: str) -> list[int]:
    """The hours of a calendar on each day of the week."""
    hours = terms.calendars.get(calendar, EVERY_DAY).hours
    return [sum(_of_day_ms(end) - _of_day_ms(start) for start, end in hours.get(day, ())) for day in DAYS]


def longest_agreed_ms(terms: Terms, service: Service, window_ms: int) -> int:
    """The most agreed time that a window of such a length can hold, to the day."""
    week, days = _week_ms(terms, service.service_hours), max(-(-window_ms // DAY_MS), 1)
    return min(window_ms, max(sum(week[(first + n) % 7] for n in range(days)) for first in range(7)))


def _of_day_ms(at: time) -> int:
    whole = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000
    return DAY_MS if at == time.max else whole
