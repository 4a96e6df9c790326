"""Interval algebra on half-open `[start, end)` pairs of integers.

An `Intervals` is sorted, disjoint and without empty or touching members; every function here takes and gives
such lists. The unit is the caller's (milliseconds everywhere in this program).
"""

from __future__ import annotations

from collections.abc import Iterable

Intervals = list[tuple[int, int]]


def normal(pairs: Iterable[tuple[int, int]]) -> Intervals:
    """Any pairs, in any order, overlapping or not, as Intervals."""
    result: Intervals = []
    for start, end in sorted(pairs):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def length(intervals: Intervals) -> int:
    """The sum of all members."""
    return sum([end - start for start, end in intervals])


def union(*several: Intervals) -> Intervals:
    """What is in any of them."""
    return normal(pair for intervals in several for pair in intervals)


def intersect(a: Intervals, b: Intervals) -> Intervals:
    """What is in both."""
    result: Intervals = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < end:
            result.append((start, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return result


def subtract(a: Intervals, b: Intervals) -> Intervals:
    """What is in a and not in b."""
    result: Intervals = []
    j = 0
    for start, end in a:
        rest = start
        while j < len(b) and b[j][1] <= start:
            j += 1
        k = j
        while k < len(b) and b[k][0] < end:
            if rest < b[k][0]:
                result.append((rest, b[k][0]))
            rest = max(rest, b[k][1])
            k += 1
        if rest < end:
            result.append((rest, end))
    return result


def at_least(count: int, several: list[Intervals]) -> Intervals:
    """Where at least `count` of them hold."""
    edges = sorted(edge for intervals in several for start, end in intervals for edge in ((start, 1), (end, -1)))
    result: Intervals = []
    holding, since = 0, 0
    for at, step in edges:
        before, holding = holding, holding + step
        if before < count <= holding:
            since = at
        elif holding < count <= before and since < at:
            result.append((since, at))
    return normal(result)


def first(intervals: Intervals, amount: int) -> Intervals:
    """The earliest so much of them."""
    result: Intervals = []
    for start, end in intervals:
        if amount <= 0:
            break
        result.append((start, min(end, start + amount)))
        amount -= end - start
    return result
