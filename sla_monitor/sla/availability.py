"""What a service was at every moment, from what was seen of its endpoints.

One sweep gives the outage list and the total, so they cannot disagree. Most terms say that a service needs k of its n
endpoints (all: k = n, any: k = 1):

    DOWN      where so many endpoints are known to be down that k cannot be up
    UNKNOWN   where so many are down or were not seen that k are not known to be up
    DEGRADED  where k are up, but only with the help of some that were degraded
    UP        everywhere else

An endpoint is down only in outages that pass the contract's confirmation rule; a failed look that was not
confirmed is time in which the endpoint was seen and was not out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sla_monitor.contract.counting import Quorum
from sla_monitor.sla.intervals import Intervals, normal, subtract
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.quorum import seen_together
from sla_monitor.sla.spans import Span

WHOLE = Fraction(1)
"""All of it: the share of nearly every outage, told apart from others by being this very object."""

DOWN, UNKNOWN, DEGRADED, UP = Outcome.DOWN, Outcome.UNKNOWN, Outcome.DEGRADED, Outcome.UP

Verdict: TypeAlias = tuple[Outcome, Fraction]
"""What a service is, and how much of it: the share of it that is down, where it is DOWN."""

Judge: TypeAlias = Callable[[int, int, int], Verdict]
"""From the weight of the endpoints that are down, that were not seen and that were degraded to a verdict."""

Stretch: TypeAlias = tuple[int, int, Outcome, Fraction]
"""`[start, end)` of one verdict. A timeline is a list of them: ascending, without gaps."""

Event: TypeAlias = tuple[int, int, int]
"""At an instant, one of the weights (0 down, 1 not seen, 2 degraded) changes by so much."""


@dataclass(frozen=True, slots=True)
class Known:
    """Where one endpoint was not simply up: three Intervals apart from each other."""

    down: Intervals
    unseen: Intervals
    degraded: Intervals

    def corrected(self, start_ms: int, end_ms: int, outcome: Outcome) -> Known:
        """The same if for a time it was something else."""
        span = normal([(start_ms, end_ms)])
        cut = {kind: subtract(several, span) for kind, several in self._by_outcome().items()}
        if outcome in cut:
            cut[outcome] = normal([*cut[outcome], *span])
        return Known(cut[DOWN], cut[UNKNOWN], cut[DEGRADED])

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


def known(spans: Sequence[Span], confirmation_failures: int, start_ms: int, end_ms: int) -> Known:
    """What an endpoint's spans, ascending, say of `[start_ms, end_ms)`. Outages stay whole, also where they reach
    beyond: only runs of at least so many failed looks are outages, and they count from the first look."""
    down: Intervals = []
    unseen: Intervals = []
    degraded: Intervals = []
    at_ms = start_ms
    for begins_ms, ends_ms, _, outcome, _, looks in spans:
        if begins_ms > at_ms:
            unseen.append((at_ms, begins_ms))
        if outcome is not UP:
            if outcome is DOWN:
                if looks >= confirmation_failures:
                    down.append((begins_ms, ends_ms))
            else:
                (degraded if outcome is DEGRADED else unseen).append((begins_ms, ends_ms))
        at_ms = max(at_ms, ends_ms)
    if at_ms < end_ms:
        unseen.append((at_ms, end_ms))
    return Known(down, unseen, degraded)


def needing(count: int, needed: int) -> Judge:
    """Of so many endpoints, so many must be up."""
    fatal = count - needed + 1

    def judge(down: int, unseen: int, degraded: int) -> Verdict:
        if down >= fatal:
            return DOWN, WHOLE
        if down + unseen >= fatal:
            return UNKNOWN, WHOLE
        return (DEGRADED if down + unseen + degraded >= fatal else UP), WHOLE

    return judge


def by_weight(total: int) -> Judge:
    """As much of the service is down as of the weight that was seen; what nobody saw is not counted."""

    def judge(down: int, unseen: int, degraded: int) -> Verdict:
        if unseen >= total:
            return UNKNOWN, WHOLE
        if down:
            return DOWN, Fraction(down, total - unseen)
        return (DEGRADED if degraded else UP), WHOLE

    return judge


def by_quorum(count: int, quorum: Quorum) -> Judge:
    """Every endpoint is a place that looks, and so large a share of those that saw something must see it down."""
    return lambda down, unseen, _: (seen_together(down, count - unseen, quorum), WHOLE)


def timeline(endpoints: Sequence[tuple[Known, int]], judge: Judge, start_ms: int, end_ms: int) -> list[Stretch]:
    """What a service was, from (what is known, weight) of its endpoints. It covers `[start_ms, end_ms)`, and more
    where an outage reaches beyond. A service without endpoints is unknown."""
    if not endpoints:
        return [(start_ms, end_ms, UNKNOWN, WHOLE)] if start_ms < end_ms else []
    events: list[Event] = [event for one, weight in endpoints for event in _events(one, weight)]
    events += [(start_ms, 0, 0), (end_ms, 0, 0)]
    events.sort()
    weights, verdicts = [0, 0, 0], dict[tuple[int, int, int], Verdict]()
    result: list[Stretch] = []
    since_ms, now = events[0][0], judge(0, 0, 0)
    last = len(events) - 1
    for index, (at_ms, which, change) in enumerate(events):
        weights[which] += change
        if index < last and events[index + 1][0] == at_ms:
            continue
        key = (weights[0], weights[1], weights[2])
        verdict = verdicts.get(key) or verdicts.setdefault(key, judge(*key))
        if verdict != now or index == last:
            if since_ms < at_ms:
                result.append((since_ms, at_ms, *now))
            since_ms, now = at_ms, verdict
    return result


def _events(one: Known, weight: int) -> Iterable[Event]:
    for which, several in enumerate((one.down, one.unseen, one.degraded)):
        for start, end in several:
            yield start, which, weight
            yield end, which, -weight


def within(stretches: Iterable[Stretch], hours: Intervals) -> list[Stretch]:
    """The parts of a timeline that lie inside some hours."""
    result: list[Stretch] = []
    index, count = 0, len(hours)
    for start, end, outcome, share in stretches:
        while index < count and hours[index][1] <= start:
            index += 1
        at = index
        while at < count and hours[at][0] < end:
            opens, closes = hours[at]
            result.append((max(start, opens), min(end, closes), outcome, share))
            at += 1
    return result
