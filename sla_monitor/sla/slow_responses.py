"""Spans of single observations, where an answer that is too slow is none: each probe is judged by how long it took."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain, compress, count, pairwise
from math import floor
from operator import add, gt, ne, or_, sub

from sla_monitor.contract.kpis.counting import SlowAsDown
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import CODES, OUTCOMES, Samples
from sla_monitor.sla.spans import Span

_SLOWNESS = 3
"""As promised, slower, beyond the multiple."""

_BY_SLOWNESS = Outcome.UP, Outcome.DEGRADED, Outcome.DOWN


def _judged(outcome: Outcome, slowness: int) -> int:
    is_answer = outcome in {Outcome.UP, Outcome.DEGRADED}
    return CODES[_BY_SLOWNESS[slowness] if is_answer else outcome]


_JUDGED = bytes(_judged(outcome, slowness) for outcome in OUTCOMES for slowness in range(_SLOWNESS)).ljust(256, b"\0")
"""What an observation comes to, at its outcome's place times three plus its slowness."""


def timed_spans(several: Iterable[Samples], every_ms: int, rule: SlowAsDown) -> Iterator[Span]:
    """The spans that the record would have kept (spans.extend), had it judged each probe so. The pieces ascend, and no
    two of them hold observations of the same instant."""
    last: Span | None = None
    for samples in several:
        for run in samples.once(("slow", every_ms, rule), partial(_of_piece, samples, every_ms, rule)):
            is_gap = last is not None and run.start_ms - last.end_ms > every_ms // 2
            if last is not None and last.outcome is run.outcome and not is_gap:
                last = run._replace(start_ms=last.start_ms, probes=last.probes + run.probes)
                continue
            if last is not None:
                yield last if is_gap else last._replace(end_ms=run.start_ms)
            last = run
    if last is not None:
        yield last


def _of_piece(samples: Samples, every_ms: int, rule: SlowAsDown) -> list[Span]:
    """The runs of one piece, each as if nothing followed it."""
    at_ms, codes = _without_repeats(samples.at_ms, _by_time(samples, rule))
    runs = ((at_ms[begin], at_ms[end - 1], codes[begin], end - begin) for begin, end in _runs(at_ms, codes, every_ms))
    return [Span(start_ms, seen_ms + every_ms, seen_ms, OUTCOMES[code], None, n) for start_ms, seen_ms, code, n in runs]


def _by_time(samples: Samples, rule: SlowAsDown) -> bytes:
    """Places in OUTCOMES."""
    slow_us = rule.promised_ms * 1000
    none_us = floor(slow_us * Fraction(rule.multiple))
    slowness = map(add, map(slow_us.__lt__, samples.duration_us), map(none_us.__lt__, samples.duration_us))
    return bytes(map(add, map(_SLOWNESS.__mul__, samples.outcomes), slowness)).translate(_JUDGED)


def _without_repeats(at_ms: array[int], codes: bytes) -> tuple[array[int], bytes]:
    """Without observations of the same instant as the one before: that has been told already."""
    are_new = bytes(map(gt, at_ms, chain((-1,), at_ms)))
    if 0 not in are_new:
        return at_ms, codes
    return array("q", compress(at_ms, are_new)), bytes(compress(codes, are_new))


def _runs(at_ms: Sequence[int], codes: bytes, every_ms: int) -> Iterator[tuple[int, int]]:
    """From where to where outcomes are equal, with no gap between them."""
    are_late = map((every_ms + every_ms // 2).__lt__, map(sub, at_ms[1:], at_ms))
    breaks = compress(count(1), map(or_, are_late, map(ne, codes[1:], codes)))
    return pairwise(chain((0,), breaks, (len(at_ms),))) if at_ms else iter(())
