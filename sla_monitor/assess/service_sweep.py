"""A service through a period: one sweep over what is known of its endpoints, whatever the view and the KPI."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm

from sla_monitor.assess.endpoint_states import Endpoints
from sla_monitor.assess.service_time import Spell, Through, TimeSlice, spell_of
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.terms import Service
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import Intervals
from sla_monitor.periods.terms_slices import TermsSlice
from sla_monitor.sla.aggregation import DEGRADED, DOWN, UNKNOWN, UP, WHOLE, Judge, by_quorum, by_weight, needing
from sla_monitor.sla.availability import KnownState, Stretch, timeline, within
from sla_monitor.sla.observation import Outcome

PLAIN = Counting()


@dataclass(frozen=True, slots=True)
class UserImpact:
    """The share of the users that an outage hit in `[start_ms, end_ms)`. Of several, the last holds."""

    start_ms: int
    end_ms: int
    share: Fraction


def through(
    slices: Sequence[TermsSlice],
    endpoints: Endpoints,
    period: Period,
    impacts: Sequence[UserImpact] = (),
    counting: Counting = PLAIN,
) -> Through:
    """A service through the hours of its parts, which end no later than now. A KPI whose counting has a quorum or
    takes slow answers for none has its own."""
    stretches = _timeline(slices, endpoints, counting)
    hours: Intervals = [pair for terms_slice in slices for pair in terms_slice.hours]
    inside = within(stretches, hours)
    up, degraded, unknown, down = _by_outcome(inside)
    pieces = [piece for one in down for piece in _hit(one, impacts)] if impacts else down
    outages = _joined([(start, end) for start, end, outcome, _ in stretches if outcome is DOWN])
    spells = _spells(outages, pieces, period)
    return Through(_joined(hours), _joined(up), _joined(degraded), _joined(unknown), spells)


def judged_states(
    endpoints: Endpoints, terms_slice: TermsSlice, counting: Counting = PLAIN
) -> tuple[list[tuple[KnownState, int]], Judge]:
    """What is known of a service's endpoints with their weights, and how they make the service."""
    failures, several = terms_slice.terms.accounting.confirmation_failures, terms_slice.service.endpoints
    if counting.failed_requests is not None and several:
        return [(endpoints.known_by_slots(several, failures, counting.failed_requests), 1)], needing(1, 1)
    known = [endpoints.known(endpoint, failures, counting.slow_as_down) for endpoint in several]
    if counting.quorum is not None:
        return [(one, 1) for one in known], by_quorum(len(known), counting.quorum)
    wanted = terms_slice.service.available_when
    if wanted == "weighted":
        weights = _whole_weights(terms_slice.service)
        return list(zip(known, weights, strict=True)), by_weight(sum(weights))
    needed = {"all": len(known), "any": 1}[wanted] if isinstance(wanted, str) else wanted
    return [(one, 1) for one in known], needing(len(known), needed)


def _whole_weights(service: Service) -> list[int]:
    """The endpoints' weights as whole numbers in the same proportion."""
    weights = [Fraction(endpoint.weight) for endpoint in service.endpoints]
    size = lcm(*(weight.denominator for weight in weights))
    return [int(weight * size) for weight in weights]


def _timeline(slices: Sequence[TermsSlice], endpoints: Endpoints, counting: Counting) -> list[Stretch]:
    """One after the other; what reaches beyond the first and the last part is kept, so that outages are whole."""
    several = [
        timeline(*judged_states(endpoints, terms_slice, counting), terms_slice.start_ms, terms_slice.end_ms)
        for terms_slice in slices
    ]
    if len(several) == 1:
        return several[0]
    found: list[Stretch] = []
    for index, (terms_slice, stretches) in enumerate(zip(slices, several, strict=True)):
        start_ms = terms_slice.start_ms if index else 0
        end_ms = terms_slice.end_ms if index < len(slices) - 1 else endpoints.now_ms
        found += within(stretches, [(start_ms, end_ms)]) if start_ms < end_ms else ()
    return found


def _by_outcome(stretches: Iterable[Stretch]) -> tuple[Intervals, Intervals, Intervals, list[TimeSlice]]:
    """Where a service was up, degraded and unknown, and where it was down with the share of it that was."""
    up: Intervals = []
    degraded: Intervals = []
    unknown: Intervals = []
    down: list[TimeSlice] = []
    for start_ms, end_ms, outcome, share in stretches:
        if outcome is DOWN:
            down.append(TimeSlice(start_ms, end_ms, share))
        else:
            (up if outcome is UP else degraded if outcome is DEGRADED else unknown).append((start_ms, end_ms))
    return up, degraded, unknown, down


def _spells(outages: Intervals, pieces: Sequence[TimeSlice], period: Period) -> tuple[Spell, ...]:
    """The outages that reach into the period, each with its pieces inside the hours."""
    spells, index = [], 0
    for start_ms, end_ms in outages:
        begin = index
        while index < len(pieces) and pieces[index].start_ms < end_ms:
            index += 1
        if end_ms > period.start_ms and start_ms < period.end_ms:
            spells.append(spell_of(start_ms, end_ms, pieces[begin:index]))
    return tuple(spells)


def _hit(piece: TimeSlice, impacts: Sequence[UserImpact]) -> Iterable[TimeSlice]:
    """A piece of an outage, cut where the share of users that it hit changes."""
    start_ms, end_ms, share = piece
    cuts = {start_ms, end_ms} | {at for one in impacts for at in (one.start_ms, one.end_ms) if start_ms < at < end_ms}
    for start, end in pairwise(sorted(cuts)):
        hit = next((one.share for one in reversed(impacts) if one.start_ms <= start < one.end_ms), WHOLE)
        yield TimeSlice(start, end, WHOLE if share * hit == 1 else share * hit)


def _joined(ascending: Iterable[tuple[int, int]]) -> Intervals:
    result: Intervals = []
    for start, end in ascending:
        if result and result[-1][1] == start:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def state_now(terms_slice: TermsSlice, endpoints: Endpoints) -> Outcome:
    """The service at this moment, whatever the hour: DEGRADED when it is up and one of its endpoints is not."""
    known, judge = judged_states(endpoints, terms_slice)
    if not known:
        return UNKNOWN
    weights = {DOWN: 0, UNKNOWN: 0, DEGRADED: 0, UP: 0}
    for one, weight in known:
        weights[one.at(endpoints.now_ms - 1)] += weight
    outcome = judge(weights[DOWN], weights[UNKNOWN], weights[DEGRADED])[0]
    if outcome not in {UP, DEGRADED}:
        return outcome
    latest = (endpoints.latest(endpoint) for endpoint in terms_slice.service.endpoints)
    return UP if all(one in {UP, None} for one in latest) else DEGRADED
