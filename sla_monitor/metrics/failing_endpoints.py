"""Endpoints of which there is something to say, and sums of all: what is told with `metrics.endpoint_series: failing`.

Alerts about endpoints ask for those that fail, and for those that recovered within the hour, so that their last message
says so. They need no others, and rules and dashboards that are generated for this setting ask for no others. What is
left out is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import nsmallest

from sla_monitor.board import Board, ServiceTally, Watched
from sla_monitor.metrics.rows import Rows
from sla_monitor.metrics.series import Row
from sla_monitor.sla.observation import Outcome

HOUR_MS, DAY_S = 3_600_000, 86_400

Choice = Callable[[Board], list[Watched]]


def every_endpoint(board: Board) -> list[Watched]:
    return list(board.endpoints.values())


def recently_down(board: Board) -> list[Watched]:
    """Endpoints that are down, or were within the last hour: long enough for the message that they are back."""
    return [watched for watched in every_endpoint(board) if _is_recently_down(watched)]


def first_failing(most: int) -> Choice:
    """Those and the degraded ones: at most so many, those that failed first."""
    return lambda board: nsmallest(most, _failing(board), key=_failed_ms)


def first_expiring(most: int, days: int) -> Choice:
    """Endpoints with a certificate that ends within so many days, and one more: at most so many, the next ones."""

    def chosen(board: Board) -> list[Watched]:
        return nsmallest(most, _expiring(board, days), key=_expires_s)

    return chosen


def without_series(most: int, days: int) -> Rows:
    """How many have none of their own: because nothing is wrong with them, and because there are too many."""

    def rows(board: Board) -> Iterator[Row]:
        failing, expiring = len(_failing(board)), len(_expiring(board, days))
        yield ("well",), len(board.endpoints) - failing
        yield ("too_many",), max(0, failing - most) + max(0, expiring - most)

    return rows


def nobody_without(board: Board) -> Iterator[Row]:
    yield from (((why,), 0) for why in ("well", "too_many"))


def of_tallies(value: Callable[[ServiceTally], int]) -> Rows:
    """A sum for each service. They count on over reloads: an endpoint that is gone takes nothing back."""
    return lambda board: ((service, value(tally)) for service, tally in list(board.tallies.items()))


def _is_recently_down(watched: Watched) -> bool:
    down, last = watched.down, watched.last
    return down is not None and last is not None and (down.end_ms is None or last.at_ms < down.end_ms + HOUR_MS)


def _failing(board: Board) -> list[Watched]:
    return [one for one in every_endpoint(board) if one.outcome is Outcome.DEGRADED or _is_recently_down(one)]


def _failed_ms(watched: Watched) -> int:
    return watched.since_ms if watched.down is None else watched.down.start_ms


def _expires_s(watched: Watched) -> int:
    return (watched.last.finding.certificate_expires_at_s if watched.last else None) or 0


def _expiring(board: Board, days: int) -> list[Watched]:
    """The day more is for the moment at which an alert ends."""
    found = ((one, one.last) for one in every_endpoint(board))
    return [
        one
        for one, last in found
        if last is not None
        and last.finding.certificate_expires_at_s is not None
        and last.finding.certificate_expires_at_s - last.at_ms / 1000 < (days + 1) * DAY_S
    ]
