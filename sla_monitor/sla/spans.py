"""Spans: runs of equal outcomes on one endpoint, kept as the observations come in.

An observation vouches for its endpoint from the instant it began until the next probe begins, and for one interval at
most. What lies between two spans was seen by nobody: that gap is UNKNOWN, and is never stored as a number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from operator import itemgetter
from typing import NamedTuple

from sla_monitor.sla.observation import Outcome, Reason


class Span(NamedTuple):
    """`[start_ms, end_ms)` of one outcome. `seen_ms`: when its last probe began; `probes`: how many it holds.

    `reason` is that of the first probe: what began it. A tuple, because thousands are made at every assessment.
    """

    start_ms: int
    end_ms: int
    seen_ms: int
    outcome: Outcome
    reason: Reason | None
    probes: int


class Fingerprint(NamedTuple):
    """What some spans are, in one number. `down_ms`: from when to when any of them tells of an outage; `other_ms`: of
    anything else but that all was well."""

    digest: str
    down_ms: tuple[int, int] | None
    other_ms: tuple[int, int] | None


def fingerprint_of(
    spans: Mapping[str, Sequence[Span]],
    range_ms: tuple[int, int],
    within_ms: tuple[int, int],
    beside: Sequence[object] = (),
) -> Fingerprint:
    """The fingerprint of a contract's spans, by endpoint key, that overlap a range: of outages all of it, of UP what
    lies in the range, of others what lies in the wider one. `beside`: what else makes it another."""
    told = [(key, [tuple(within(span, range_ms, within_ms)) for span in spans[key]]) for key in sorted(spans)]
    every = [span for several in spans.values() for span in several]
    down_ms = _hull([span for span in every if span.outcome is Outcome.DOWN])
    other_ms = _hull([span for span in every if span.outcome not in {Outcome.UP, Outcome.DOWN}])
    return Fingerprint(sha256(repr((told, *beside)).encode()).hexdigest(), down_ms, other_ms)


def within(span: Span, range_ms: tuple[int, int], reach_ms: tuple[int, int]) -> Span:
    """An outage as it is. Of UP no more than lies within the range, since it may go on for years, and of anything else
    within reach: how many places saw an outage is asked as far as it goes."""
    if span.outcome is Outcome.DOWN:
        return span
    first_ms, last_ms = range_ms if span.outcome is Outcome.UP else reach_ms
    end_ms = min(span.end_ms, last_ms)
    return Span(max(span.start_ms, first_ms), end_ms, end_ms, span.outcome, None, 1)


def _hull(spans: Sequence[Span]) -> tuple[int, int] | None:
    return (min(one.start_ms for one in spans), max(one.end_ms for one in spans)) if spans else None


span_of: Callable[[tuple[int, int, int, Outcome, Reason | None, int]], Span] = partial(tuple.__new__, Span)
"""A span from its six parts, in a third of the time: what a year of them is read with."""


def extend(last: Span | None, at_ms: int, outcome: Outcome, reason: Reason | None, every_ms: int) -> tuple[Span, ...]:
    """What the endpoint's last span becomes when an observation at `at_ms` found `outcome`: one span, or two.

    The first of the result replaces `last`; a second one is new. An observation that comes half an interval late still
    joins its predecessor; a later one leaves a gap. An observation that is not after the last one (a duplicate, or a
    clock that stepped back) changes nothing: the time up to the last probe has been told already.
    """
    if last is None:
        return (_of_one_probe(at_ms, outcome, reason, every_ms),)
    if at_ms <= last.seen_ms:
        return (last,)
    is_gap = at_ms - last.end_ms > every_ms // 2
    if outcome is last.outcome and not is_gap:
        return (span_of((last.start_ms, at_ms + every_ms, at_ms, outcome, last.reason, last.probes + 1)),)
    return last if is_gap else _ending(last, at_ms), _of_one_probe(at_ms, outcome, reason, every_ms)


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same spans, ascending and none over another, with those that touch and found the same made one: it takes the
    failed probes of both to confirm an outage, however often its record was cut."""
    found: list[Span] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and last.end_ms == span.start_ms and last.outcome is span.outcome:
            found[-1] = span._replace(start_ms=last.start_ms, reason=last.reason, probes=last.probes + span.probes)
        else:
            found.append(span)
    return found


def in_doubt_from(spans: Sequence[Span], at_ms: int, expected_ms: int, since_ms: int | None) -> int | None:
    """From when on what an endpoint's spans say is in doubt, once the clock was put right at `at_ms`, where it would
    have said `expected_ms`; None: nothing of them lies in the future.

    `since_ms`: when the clock was set wrong, if that is known. Otherwise what lies in the future was seen as much
    earlier as the clock was ahead.
    """
    ahead = [span for span in spans if span.seen_ms >= at_ms]
    if not ahead:
        return None
    if since_ms is not None:
        return min(since_ms, at_ms)
    return min(max(ahead[0].start_ms, at_ms) - (expected_ms - at_ms), at_ms)


def doubted(start_ms: int, at_ms: int) -> Span:
    """The time in doubt, up to when the clock was put right; the next probe after that counts."""
    return Span(start_ms, at_ms, at_ms - 1, Outcome.UNKNOWN, Reason.CLOCK_STEPPED, 0)


def vouches_until_ms(seen_ms: int, every_ms: int) -> int:
    """Until when an endpoint's last observation stands, where none follows it: the next one may still be on its way (it
    may begin half an interval late and take an interval)."""
    return seen_ms + every_ms + every_ms + every_ms // 2


def held(spans: Sequence[Span], now_ms: int) -> Sequence[Span]:
    """The spans as they stand at `now_ms`: nothing later, and the last one carried up to now for as long as it vouches
    for its endpoint."""
    count = bisect_left(spans, now_ms, key=_START)
    if not count:
        return ()
    last = spans[count - 1]
    is_carried = last.end_ms < now_ms <= vouches_until_ms(last.seen_ms, last.end_ms - last.seen_ms)
    if count == len(spans) and last.end_ms <= now_ms and not is_carried:
        return spans
    end_ms = now_ms if is_carried else min(last.end_ms, now_ms)
    return [*spans[: count - 1], _ending(last, end_ms)]


_START = itemgetter(0)


def _of_one_probe(at_ms: int, outcome: Outcome, reason: Reason | None, every_ms: int) -> Span:
    return Span(at_ms, at_ms + every_ms, at_ms, outcome, reason, 1)


def _ending(span: Span, end_ms: int) -> Span:
    return Span(span.start_ms, end_ms, span.seen_ms, span.outcome, span.reason, span.probes)
