"""Aggregation: from the states of endpoints to the state of their service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.contract.kpis.counting import Quorum
from sla_monitor.sla.observation import Outcome

WHOLE = Fraction(1)
"""All of it: the share of nearly every outage, told apart from others by being this very object. No verdict has another
1: what is added up by share would have two lines for the same."""

DOWN, UNKNOWN, DEGRADED, UP = Outcome.DOWN, Outcome.UNKNOWN, Outcome.DEGRADED, Outcome.UP

Verdict: TypeAlias = tuple[Outcome, Fraction]
"""What a service is, and how much of it: the share of it that is down, where it is DOWN."""

Judge: TypeAlias = Callable[[int, int, int], Verdict]
"""From the weight of the endpoints that are down, that were not seen and that were degraded to a verdict."""


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
            return DOWN, WHOLE if down + unseen >= total else Fraction(down, total - unseen)
        return (DEGRADED if degraded else UP), WHOLE

    return judge


def by_quorum(count: int, quorum: Quorum) -> Judge:
    """Every endpoint is a place that probes, and so large a share of those that saw something must see it down."""
    return lambda down, unseen, _: (seen_together(down, count - unseen, quorum), WHOLE)


def seen_together(down: int, active: int, quorum: Quorum) -> Outcome:
    """DOWN where at least the quorum's share of the active places see it so; UNKNOWN where too few are active."""
    if active < quorum.min_active or active <= 0:
        return Outcome.UNKNOWN
    return Outcome.DOWN if Fraction(down * 100, active) >= Fraction(quorum.percent) else Outcome.UP


def from_places(outcomes: Sequence[Outcome], places: Places) -> Outcome:
    """What one endpoint is at an instant, from what each of its sites sees of it."""
    judge = by_places(places)
    return judge(outcomes.count(DOWN), outcomes.count(UNKNOWN), outcomes.count(DEGRADED))[0]


def by_places(places: Places) -> Judge:
    """One endpoint as its sites saw it. Enough that saw it down make it DOWN. Those that saw nothing are no voices: the
    others decide, unless they are fewer than the quorum and those that are missing could have made it."""
    count = len(places.sites)

    def judge(down: int, unseen: int, degraded: int) -> Verdict:
        active = count - unseen
        needed = places.needed(active)
        if active < places.min_active:
            return UNKNOWN, WHOLE
        if down >= needed:
            return DOWN, WHOLE
        if active < needed <= down + unseen:
            return UNKNOWN, WHOLE
        return (DEGRADED if down + degraded >= needed else UP), WHOLE

    return judge
