"""Availability: the state of a service at every moment, from what was seen of its endpoints.

One sweep gives the outage list and the total, so they cannot disagree. Most terms say that a service needs k of its n
endpoints (all: k = n, any: k = 1):

    DOWN      where so many endpoints are known to be down that k cannot be up
    UNKNOWN   where so many are down or were not seen that k are not known to be up
    DEGRADED  where k are up, but only with the help of some that were degraded
    UP        everywhere else

An endpoint is down only in outages that pass the contract's confirmation rule; a failed probe that was not
confirmed is time in which the endpoint was seen and was not out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.periods.intervals import Intervals, normal, subtract
from sla_monitor.sla.aggregation import DEGRADED, DOWN, UNKNOWN, UP, WHOLE, Judge, Verdict, by_places
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span

Stretch: TypeAlias = tuple[int, int, Outcome, Fraction]
"""`[start, end)` of one verdict. A timeline is a list of them: ascending, without gaps."""

NEVER = (sys.maxsize, sys.maxsize)
"""Later than any instant."""


@dataclass(frozen=True, slots=True)
class KnownState:
    """Where one endpoint was not simply up: three Intervals apart from each other."""

    down: Intervals
    unseen: Intervals
    degraded: Intervals

    def corrected(self, start_ms: int, end_ms: int, outcome: Outcome) -> KnownState:
        """The same if for a time it was something else."""
        span = normal([(start_ms, end_ms)])
        cut = {kind: subtract(several, span) for kind, several in self._by_outcome().items()}
        if outcome in cut:
            cut[outcome] = normal([*cut[outcome], *span])
        return KnownState(cut[DOWN], cut[UNKNOWN], cut[DEGRADED])

    def at(self, at_ms: int) -> Outcome:
        """What it was at an instant."""
        holding = (
            outcome
            for outcome, several in self._by_outcome().items()
            if any(start <= at_ms < end for start, end in several)
        )
        return next(holding, UP)

    def _by_outcome(self) -> dict[Outcome, Intervals]:
        return {DOWN: self.down, UNKNOWN: self.unseen, DEGRADED: self.degraded}


def known(spans: Sequence[Span], confirmation_failures: int, start_ms: int, end_ms: int) -> KnownState:
    """What an endpoint's spans, ascending, say of `[start_ms, end_ms)`. Outages stay whole, also where they reach
    beyond: only runs of at least so many failed probes are outages, and they count from the first probe."""
    down: Intervals = []
    unseen: Intervals = []
    degraded: Intervals = []
    at_ms = start_ms
    for begins_ms, ends_ms, _, outcome, _, probes in spans:
        if begins_ms > at_ms:
            unseen.append((at_ms, begins_ms))
        if ends_ms > at_ms:  # noqa: PLR1730 - a call to max() for every span is a third of this loop
            at_ms = ends_ms
        if outcome is UP:
            continue
        if outcome is not DOWN:
            (degraded if outcome is DEGRADED else unseen).append((begins_ms, ends_ms))
        elif probes >= confirmation_failures:
            down.append((begins_ms, ends_ms))
    if at_ms < end_ms:
        unseen.append((at_ms, end_ms))
    return KnownState(down, unseen, degraded)


def timeline(endpoints: Sequence[tuple[KnownState, int]], judge: Judge, start_ms: int, end_ms: int) -> list[Stretch]:
    """What a service was, from (what is known, weight) of its endpoints. It covers `[start_ms, end_ms)`, and more
    where an outage reaches beyond. A service without endpoints is unknown."""
    if not endpoints:
        return [(start_ms, end_ms, UNKNOWN, WHOLE)] if start_ms < end_ms else []
    base = sum(weight for _, weight in endpoints) + 1
    changes = _changes(endpoints, (1, base, base * base))
    changes.setdefault(start_ms, 0)
    changes.setdefault(end_ms, 0)
    verdicts: dict[int, Verdict] = {0: judge(0, 0, 0)}
    result: list[Stretch] = []
    since_ms, now, weights = min(changes), verdicts[0], 0
    outcome, share = now
    for at_ms in sorted(changes):
        weights += changes[at_ms]
        verdict = verdicts.get(weights)
        if verdict is None:
            rest, down = divmod(weights, base)
            degraded, unseen = divmod(rest, base)
            verdict = verdicts[weights] = judge(down, unseen, degraded)
        if verdict is not now and verdict != now:
            if since_ms < at_ms:
                result.append((since_ms, at_ms, outcome, share))
            since_ms, now = at_ms, verdict
            outcome, share = now
    if since_ms < at_ms:
        result.append((since_ms, at_ms, outcome, share))
    return result


def _changes(endpoints: Sequence[tuple[KnownState, int]], units: tuple[int, int, int]) -> dict[int, int]:
    """By instant, how the weights of what is down, not seen and degraded change: the three digits of one number,
    because there are thousands of instants and a number is added up and looked up soonest."""
    changes: dict[int, int] = {}
    for one, weight in endpoints:
        for several, unit in zip((one.down, one.unseen, one.degraded), units, strict=True):
            change = weight * unit
            for start, end in several:
                changes[start] = changes.get(start, 0) + change
                changes[end] = changes.get(end, 0) - change
    return changes


def seen_from_places(states: Sequence[KnownState], places: Places, start_ms: int, end_ms: int) -> KnownState:
    """What an endpoint was, from what each of its sites knows, in the order of `places.sites`.

    Outages are confirmed by each site before they are put together: one failed probe on one path belongs to the path,
    and two by different sites are not two in a row. Each site's outage counts from its first failed probe, so the
    endpoint's begins with that of the site that makes the quorum.
    """
    stretches = timeline([(one, 1) for one in states], by_places(places), start_ms, end_ms)
    found: dict[Outcome, Intervals] = {DOWN: [], UNKNOWN: [], DEGRADED: [], UP: []}
    for begins_ms, ends_ms, outcome, _ in stretches:
        found[outcome].append((begins_ms, ends_ms))
    return KnownState(found[DOWN], found[UNKNOWN], found[DEGRADED])


def within(stretches: Iterable[Stretch], hours: Intervals) -> list[Stretch]:
    """The parts of a timeline that lie inside some hours."""
    result: list[Stretch] = []
    ahead = iter(hours)
    opens, closes = next(ahead, NEVER)
    for start, end, outcome, share in stretches:
        while closes <= start:
            opens, closes = next(ahead, NEVER)
        while opens < end:
            result.append((opens if opens > start else start, closes if closes < end else end, outcome, share))
            if closes >= end:
                break
            opens, closes = next(ahead, NEVER)
    return result
