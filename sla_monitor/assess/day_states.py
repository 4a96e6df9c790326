"""DayRange of a service or an endpoint, on the wall in the contract's zone: how long each was what."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.period_context import PeriodContext
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.intervals import Intervals, intersect, normal, subtract
from sla_monitor.periods.months import span
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span, held


@dataclass(frozen=True, slots=True)
class DayState:
    """A day so far, in milliseconds apart from each other. `is_watched`: whether anything had been seen by its end;
    before that, nothing of it is known, and nothing of it is called unknown."""

    on: date
    is_watched: bool = False
    up_ms: int = 0
    degraded_ms: int = 0
    down_ms: int = 0
    unknown_ms: int = 0
    excluded_ms: int = 0

    @property
    def state(self) -> Outcome | None:
        """The worst that was seen; UNKNOWN where nothing was; None: the day has no time that counts."""
        seen = ((self.down_ms, Outcome.DOWN), (self.degraded_ms, Outcome.DEGRADED), (self.up_ms, Outcome.UP))
        worst = next((outcome for ms, outcome in seen if ms), None)
        return worst or (Outcome.UNKNOWN if self.unknown_ms else None)

    @property
    def seen_ms(self) -> int:
        return self.up_ms + self.degraded_ms + self.down_ms

    @property
    def availability_ratio(self) -> Fraction | None:
        """None: nothing was seen of the time that counts."""
        return Fraction(self.seen_ms - self.down_ms, self.seen_ms) if self.seen_ms else None

    @property
    def unknown_ratio(self) -> Fraction:
        """The part of the time that counts of which nobody knows."""
        whole_ms = self.seen_ms + self.unknown_ms
        return Fraction(self.unknown_ms, whole_ms) if whole_ms else Fraction(0)


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days in a row: the dates, and the edges of all of them, one more than there are days."""

    dates: tuple[date, ...]
    edges_ms: tuple[int, ...]

    @property
    def range_ms(self) -> tuple[int, int]:
        return self.edges_ms[0], self.edges_ms[-1]

    def lengths(self, intervals: Intervals) -> list[int]:
        """How much of each day lies inside."""
        found = [0] * len(self.dates)
        for start_ms, end_ms in intersect(intervals, [self.range_ms]):
            place = bisect_right(self.edges_ms, start_ms) - 1
            while place < len(found) and self.edges_ms[place] < end_ms:
                found[place] += min(self.edges_ms[place + 1], end_ms) - max(self.edges_ms[place], start_ms)
                place += 1
        return found


def days_until(now_ms: int, count: int, contract: Contract) -> DayRange:
    """So many days up to today."""
    today = local_date(now_ms, contract.time_zone)
    dates = tuple(today - timedelta(days=ago) for ago in reversed(range(count)))
    edges = (*dates, today + timedelta(days=1))
    return DayRange(dates, tuple(midnight_ms(day, contract.time_zone) for day in edges))


def service_days(
    contract_context: ContractContext, service: str, days: DayRange, first_ms: int | None
) -> tuple[DayState, ...]:
    """What the contract makes of a service's days: its hours, the rule of confirmation, what the register corrects,
    and what is left out as agreed. `first_ms`: since when it has been watched."""
    zone, (start_ms, end_ms) = contract_context.contract.time_zone, days.range_ms
    last_ms = min(contract_context.now_ms, end_ms) - 1
    found: list[Intervals] = [[], [], [], [], []]
    for month in span(month_at(start_ms, zone), month_at(last_ms, zone)):
        context = PeriodContext(contract_context, (month,))
        if context.period.start_ms < context.period.end_ms and service in context.terms.services_by_id:
            for place, more in enumerate(_classes(context, service)):
                found[place] += more
    return _states(days, found, first_ms, contract_context.now_ms)


def _classes(context: PeriodContext, service: str) -> tuple[Intervals, ...]:
    """Up, degraded, down, unknown, excluded."""
    seen, excluded = context.through(service), context.excluded(service, "agreed")
    kept = (subtract(several, excluded) for several in (seen.up, seen.degraded, seen.down, seen.unknown))
    return (*kept, intersect(seen.hours, excluded))


def endpoint_days(spans: Sequence[Span], days: DayRange, first_ms: int | None, now_ms: int) -> tuple[DayState, ...]:
    """What the probes of an endpoint found, whatever the contract makes of it."""
    several = held(spans, now_ms)
    outcomes = (Outcome.UP, Outcome.DEGRADED, Outcome.DOWN)
    found = [normal(_pairs(several, outcome)) for outcome in outcomes]
    seen = normal(pair for one in found for pair in one)
    watched_ms = max(first_ms or 0, days.range_ms[0]), min(now_ms, days.range_ms[1])
    return _states(days, [*found, subtract([watched_ms], seen), []], first_ms, now_ms)


def _pairs(spans: Iterable[Span], outcome: Outcome) -> Intervals:
    return [(one.start_ms, one.end_ms) for one in spans if one.outcome is outcome]


def _states(days: DayRange, classes: Sequence[Intervals], first_ms: int | None, now_ms: int) -> tuple[DayState, ...]:
    """Nothing that lies before the first probe counts."""
    if first_ms is None:
        return tuple(DayState(on) for on in days.dates)
    watched: Intervals = [(first_ms, now_ms)] if first_ms < now_ms else []
    lengths = zip(*(days.lengths(intersect(one, watched)) for one in classes), strict=True)
    ends = days.edges_ms[1:]
    return tuple(DayState(on, end_ms > first_ms, *ms) for on, end_ms, ms in zip(days.dates, ends, lengths, strict=True))
