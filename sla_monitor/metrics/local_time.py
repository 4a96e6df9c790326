"""A contract's local time -> rows: what Prometheus has to add to an instant, so that messages say what the clock on the
wall says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla_monitor.board import Board
from sla_monitor.metrics.rows import Rows
from sla_monitor.metrics.series import Row

HOUR_MS = 3_600_000
REACH_DAYS = 400
"""How far the neighbouring changes of a clock are looked for; instants beyond them get the nearest offset."""


class Stretch(NamedTuple):
    """A time between two changes of a zone's clocks. `start_s`: UTC; 0 for the first one that is told."""

    name: str
    zone: str
    offset_s: int
    start_s: int


@lru_cache(maxsize=256)
def stretches(zone: str, hour: int) -> tuple[Stretch, ...]:
    """The stretch that holds the beginning of an hour (since 1970, UTC), and its neighbours, oldest first."""
    key = ZoneInfo(zone)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    before = _change(key, at, -1)
    after = _change(key, at, 1)
    found = [] if before is None else [_stretch("before", key, before - timedelta(seconds=1), None)]
    found.append(_stretch("now", key, at, before))
    return (*found, *([] if after is None else [_stretch("after", key, after, after)]))


def _stretch(name: str, zone: ZoneInfo, at: datetime, start: datetime | None) -> Stretch:
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return Stretch(name, local.tzname() or "", int(offset.total_seconds()), int(start.timestamp()) if start else 0)


def _change(zone: ZoneInfo, at: datetime, direction: int) -> datetime | None:
    """The first instant after the next change of the clocks, or after the last one, to the second."""
    here = _said(zone, at)
    for number in range(1, REACH_DAYS + 1):
        there = at + direction * timedelta(days=number)
        if _said(zone, there) != here:
            inside, outside = there - direction * timedelta(days=1), there
            while abs(outside - inside) > timedelta(seconds=1):
                middle = inside + timedelta(seconds=(outside - inside).total_seconds() // 2)
                inside, outside = (middle, outside) if _said(zone, middle) == here else (inside, middle)
            return max(inside, outside)
    return None


def _said(zone: ZoneInfo, at: datetime) -> tuple[timedelta | None, str | None]:
    local = at.astimezone(zone)
    return local.utcoffset(), local.tzname()


def _rows(value: Callable[[Stretch], int]) -> Rows:
    def rows(board: Board) -> Iterator[Row]:
        for contract in board.assessment.contracts:
            for each in stretches(contract.time_zone, board.assessment.at_ms // HOUR_MS):
                yield (contract.contract, each.name, each.zone), value(each)

    return rows


OFFSETS = _rows(lambda stretch: stretch.offset_s)
OFFSET_STARTS = _rows(lambda stretch: stretch.start_s)
