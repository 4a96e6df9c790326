"""Figures of indicators other than time: each by a stated definition, exact."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import NamedTuple


class Slot(NamedTuple):
    """Requests and failed ones in one slot of time (five minutes, say). A tuple, because a month has thousands."""

    failed: int
    requests: int


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Events of a period, and how many of them were in target."""

    in_target: int
    total: int


def error_rate_percent(slots: Sequence[tuple[int, int]]) -> Fraction | None:
    """100 less the mean of the slots' error rates, each given by its failed requests and all of them. Every slot has
    the same vote; one without requests has no errors. None where there are no slots."""
    if not slots:
        return None
    failed: Counter[int] = Counter()  # by how many requests: slots with as many are added up before they are divided
    for count, requests in slots:
        failed[requests] += count
    rates = (Fraction(count, requests) for requests, count in failed.items() if requests)
    return 100 - sum(rates, Fraction(0)) / len(slots) * 100


def summed(samples: Iterable[int]) -> tuple[int, int]:
    """How many samples a piece has, and their sum."""
    several = list(samples)
    return len(several), sum(several)


def mean(pieces: Iterable[tuple[int, int]]) -> tuple[int, Fraction | None]:
    """How many samples there are in all pieces together, and their sum, divided once."""
    count = total = 0
    for size, part in pieces:
        count, total = count + size, total + part
    return count, Fraction(total, count) if count else None


def ordered(samples: Iterable[int]) -> array[int]:
    """A piece's samples, ascending."""
    return array("q", sorted(samples))


def percentile(pieces: Iterable[array[int]], percent: Decimal) -> tuple[int, Fraction | None]:
    """How many samples there are, and by nearest rank the smallest that at least so many per cent of all do not exceed.

    The pieces are ordered one by one: to sort a month's million times at once would keep the interpreter for a second.
    """
    several = [piece for piece in pieces if piece]
    if not several:
        return 0, None
    count = sum(map(len, several))
    rank = max(ceil(Fraction(percent) / 100 * count), 1)
    values = range(min(piece[0] for piece in several), max(piece[-1] for piece in several))
    found = bisect_left(values, rank, key=lambda value: sum(bisect_right(piece, value) for piece in several))
    return count, Fraction(values.start + found)


def in_target_percent(counts: EventCounts, min_denominator: int = 0) -> Fraction | None:
    """100 less the share of late events. Where there are fewer events than the minimum, the late ones are divided by
    the minimum: one late ticket of three does not sink a month. None where nothing happened."""
    if not counts.total:
        return None
    return 100 - Fraction((counts.total - counts.in_target) * 100, max(counts.total, min_denominator))
