"""Dates and times of a zone as instants, and back: the one way in which days become UTC milliseconds."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, tzinfo
from functools import lru_cache


@lru_cache(maxsize=4096)
def instant_ms(day: date, at: time, zone: tzinfo) -> int:
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


def midnight_ms(day: date, zone: tzinfo) -> int:
    """The instant at which a day begins in the zone, in UTC milliseconds."""
    return instant_ms(day, time.min, zone)


def local_date(at_ms: int, zone: tzinfo) -> date:
    """The date on the wall in the zone at an instant."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()
