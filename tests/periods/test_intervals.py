"""Interval algebra against an oracle that walks every unit of time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.intervals import Intervals, at_least, intersect, length, normal, subtract, union

pairs = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)
intervals = pairs.map(normal)


def units(of: list[tuple[int, int]]) -> set[int]:
    return {unit for start, end in of for unit in range(start, end)}


def is_normal(of: Intervals) -> bool:
    return all(start < end for start, end in of) and all(a[1] < b[0] for a, b in pairwise(of))


@given(pairs)
def test_normal_keeps_every_unit_and_is_sorted_and_disjoint(given_pairs: list[tuple[int, int]]) -> None:
    assert units(normal(given_pairs)) == units(given_pairs)
    assert is_normal(normal(given_pairs))


@given(intervals, intervals)
def test_union_intersection_and_difference_are_those_of_sets(a: Intervals, b: Intervals) -> None:
    for result, expected in (
        (union(a, b), units(a) | units(b)),
        (intersect(a, b), units(a) & units(b)),
        (subtract(a, b), units(a) - units(b)),
    ):
        assert units(result) == expected
        assert is_normal(result)


@given(intervals, intervals)
def test_what_is_taken_away_and_what_is_kept_sum_to_the_whole(a: Intervals, b: Intervals) -> None:
    assert length(subtract(a, b)) + length(intersect(a, b)) == length(a)


@given(st.lists(intervals, min_size=1, max_size=5), st.integers(1, 5))
def test_at_least_counts_the_members_that_hold(several: list[Intervals], count: int) -> None:
    expected = {unit for unit in range(61) if sum(unit in units(member) for member in several) >= count}
    assert units(at_least(count, several)) == expected
    assert is_normal(at_least(count, several))
