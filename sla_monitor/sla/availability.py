"""Availability of a service: which part of its agreed time was down, and which part nobody saw.

One set of intervals gives the outage list and the total, so they cannot disagree. A service needs k of its n
endpoints (all: k = n, any: k = 1):

    up       where at least k endpoints are known to be up
    down     where so many are known to be down that k cannot be up
    unknown  everywhere else

An endpoint is down only in outages that pass the contract's confirmation rule; a failed look that was not
confirmed is time in which the endpoint was seen and was not out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sla_monitor.sla.intervals import Intervals, at_least, intersect, length, normal, subtract
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span


@dataclass(frozen=True, slots=True)
class Classified:
    """The agreed time of a service, every millisecond in exactly one of the three."""

    up: Intervals
    down: Intervals
    unknown: Intervals

    @property
    def agreed_ms(self) -> int:
        return length(self.up) + length(self.down) + length(self.unknown)


def confirmed_outages(spans: Iterable[Span], confirmation_failures: int) -> list[Span]:
    """The runs of DOWN that count: at least so many looks in a row, judged on the whole run wherever a period
    ends, and counted from the first of them."""
    return [span for span in spans if span.outcome is Outcome.DOWN and span.looks >= confirmation_failures]


def endpoint_intervals(spans: Sequence[Span], confirmation_failures: int) -> tuple[Intervals, Intervals]:
    """(up, down) of one endpoint over all time; what is in neither is unknown."""
    down = normal((span.start_ms, span.end_ms) for span in confirmed_outages(spans, confirmation_failures))
    seen = normal((span.start_ms, span.end_ms) for span in spans if span.outcome is not Outcome.UNKNOWN)
    return subtract(seen, down), down


def classify(agreed: Intervals, endpoints: Sequence[tuple[Intervals, Intervals]], needed: int) -> Classified:
    """The agreed time by what is known of the service, from (up, down) of each endpoint. A service without
    endpoints is all unknown."""
    if not endpoints:
        return Classified([], [], agreed)
    up = intersect(agreed, at_least(needed, [up for up, _ in endpoints]))
    down = intersect(agreed, at_least(len(endpoints) - needed + 1, [down for _, down in endpoints]))
    return Classified(up, down, subtract(subtract(agreed, up), down))


def joined(parts: Iterable[Classified]) -> Classified:
    """Consecutive pieces of a period (one for each version of the terms) as one."""
    several = list(parts)
    return Classified(
        normal(pair for part in several for pair in part.up),
        normal(pair for part in several for pair in part.down),
        normal(pair for part in several for pair in part.unknown),
    )
