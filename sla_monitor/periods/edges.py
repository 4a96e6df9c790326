"""Measurement periods: calendar months in the contract's zone, their edges in UTC milliseconds.

The edges are built in the zone and then converted: March 2025 in London has 743 hours.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """`[start_ms, end_ms)`, named as people name it: `2026-10`."""

    name: str
    start_ms: int
    end_ms: int


@lru_cache(maxsize=4096)
def instant_ms(day: date, at: time, zone: ZoneInfo) -> int:
    """A local date and time as UTC milliseconds. Of a time told twice in autumn, the first; one that spring leaves
    out is the instant at which the clock goes forward. The same days are asked for at every assessment."""
    wall = datetime.combine(day, at)
    first, second = (int(wall.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    if second < first:  # only for a time that does not exist: it lies between, where the wall clock jumps over it
        jump = bisect_right(
            range(second, first), wall, key=lambda at_s: datetime.fromtimestamp(at_s, zone).replace(tzinfo=None)
        )
        return (second + jump) * 1000
    return first * 1000


def local_date(at_ms: int, zone: ZoneInfo) -> date:
    """The date on the wall in the zone at an instant."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def month_of(at_ms: int, zone: ZoneInfo) -> Period:
    """The calendar month in the zone that holds an instant."""
    first = local_date(at_ms, zone).replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(f"{first:%Y-%m}", instant_ms(first, time.min, zone), instant_ms(following, time.min, zone))
