"""Overlay: our own observations, with imports beneath them.

Layers of spans lie over one another: the first is what was seen here, each later one an import. A layer counts only
where those over it saw nothing; UNKNOWN is nothing seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from sla_monitor.periods.intervals import Intervals, normal
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span, joined

Layers: TypeAlias = Sequence[Sequence[Span]]
"""Of one endpoint, each ascending and without overlaps."""


@dataclass(frozen=True, slots=True)
class Import:
    """Something that was brought in: by whom, when, and from where (`source`, in words). `digest`: SHA-256 of what was
    read there, `[start_ms, until_ms)`: the time that it tells of."""

    number: int
    at_ms: int
    actor: str
    kind: str
    source: str
    digest: str
    start_ms: int
    until_ms: int


def fill(layers: Layers) -> list[list[Span]]:
    """What each layer adds: its spans, cut to where no layer over it saw anything. What saw nothing stays only where
    no layer did."""
    seen: Intervals = []
    added: list[list[Span]] = []
    for spans in layers:
        added.append(list(_outside((span for span in spans if span.outcome is not Outcome.UNKNOWN), seen)))
        seen = _covered(seen, added[-1])
    for place, spans in enumerate(layers):
        unseen = list(_outside((span for span in spans if span.outcome is Outcome.UNKNOWN), seen))
        added[place] = sorted([*added[place], *unseen])
        seen = _covered(seen, unseen)
    return added


def overlaid(read: Callable[[int, int], Layers], start_ms: int, end_ms: int) -> list[Span]:
    """The whole spans that overlap a range, ascending. `read` gives the spans of each layer that overlap one.

    Where a span ends is decided by all layers there, and so it is read on until both ends of all of them are known.
    """
    first_ms, last_ms = start_ms, end_ms
    while True:
        spans = joined(sorted(chain.from_iterable(fill(read(first_ms, last_ms)))))
        found = [span for span in spans if span.start_ms < end_ms and span.end_ms > start_ms]
        if not found or (first_ms < found[0].start_ms and found[-1].end_ms < last_ms):
            return found
        first_ms, last_ms = min(first_ms, found[0].start_ms - 1), max(last_ms, found[-1].end_ms + 1)


def times(spans: Sequence[Span]) -> Intervals:
    """When anything was seen."""
    return normal((span.start_ms, span.end_ms) for span in spans if span.outcome is not Outcome.UNKNOWN)


def _covered(seen: Intervals, spans: Sequence[Span]) -> Intervals:
    return normal(chain(seen, ((span.start_ms, span.end_ms) for span in spans)))


def _outside(spans: Iterator[Span], seen: Intervals) -> Iterator[Span]:
    """The parts of spans, ascending, that lie outside."""
    place = 0
    for span in spans:
        while place < len(seen) and seen[place][1] <= span.start_ms:
            place += 1
        begin_ms, ahead = span.start_ms, place
        while ahead < len(seen) and seen[ahead][0] < span.end_ms:
            if begin_ms < seen[ahead][0]:
                yield _part(span, begin_ms, seen[ahead][0])
            begin_ms = max(begin_ms, seen[ahead][1])
            ahead += 1
        if begin_ms < span.end_ms:
            yield _part(span, begin_ms, span.end_ms)


def _part(span: Span, start_ms: int, end_ms: int) -> Span:
    """A part of a span, with as many of its probes as fall into it: one each interval, for which the last one vouches.
    One that somebody states, and nobody probed, stays as it is."""
    if (start_ms, end_ms) == (span.start_ms, span.end_ms):
        return span
    every_ms = span.end_ms - span.seen_ms
    probes = min(span.probes, -(-(end_ms - start_ms) // every_ms)) if every_ms else span.probes
    seen_ms = min(max(span.seen_ms, start_ms), end_ms)
    return Span(start_ms, end_ms, seen_ms, span.outcome, span.reason, probes)
