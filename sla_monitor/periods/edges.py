"""Service periods: calendar months in the contract's zone, their edges in UTC milliseconds.

The edges are built in the zone and then converted: March 2025 in London has 743 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, tzinfo

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.periods.months import TermMonths, first_day, last_day, name_of


@dataclass(frozen=True, slots=True)
class Period:
    """`[start_ms, end_ms)`, named as people name it: `2026-10`."""

    name: str
    start_ms: int
    end_ms: int

    @property
    def edges_ms(self) -> tuple[int, int]:
        return self.start_ms, self.end_ms


def month_at(at_ms: int, zone: tzinfo) -> str:
    """The name of the month on the wall in the zone at an instant."""
    return name_of(local_date(at_ms, zone))


def whole_months(first: str, zone: tzinfo, last: str | None = None) -> Period:
    """A whole month, or all from one to another, whatever the contract runs of them; named by the first."""
    following = last_day(last or first) + timedelta(days=1)
    return Period(first, midnight_ms(first_day(first), zone), midnight_ms(following, zone))


def month_of(at_ms: int, zone: tzinfo) -> Period:
    """The calendar month in the zone that holds an instant."""
    return whole_months(month_at(at_ms, zone), zone)


def run_of(contract: Contract) -> TermMonths:
    """The months of the contract's term."""
    quarters = contract.versions[0].terms.accounting.quarters
    return TermMonths(name_of(contract.term.start_on), name_of(contract.term.end_on), quarters)


def period_of(contract: Contract, month: str, until_month: str | None = None) -> Period:
    """The part of a month (or of all months up to another one) that the contract runs: the first and the last may be
    part months. Before and after the term it is empty."""
    whole, (begin_ms, finish_ms) = whole_months(month, contract.time_zone, until_month), contract.term_ms
    first_ms = max(whole.start_ms, begin_ms)
    return Period(month, first_ms, max(first_ms, min(whole.end_ms, finish_ms)))
