"""Two lists of outages: cases worked out by hand, then laws against an oracle that walks every unit of time."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.intervals import Intervals, intersect, length, normal, union
from sla_monitor.sla.reconcile import DowntimeTotals, Match, Verdict, reconcile

ALWAYS: Intervals = [(0, 1_000)]
Pairs = list[tuple[int, int]]


def compare(
    ours: Pairs, theirs: Pairs, tolerance: int = 0, unseen: Pairs | None = None, compared: Intervals = ALWAYS
) -> tuple[Match, ...]:
    """Each pair is an outage of its own."""
    return reconcile([[one] for one in ours], [[one] for one in theirs], compared, unseen or [], tolerance)


CASES: dict[str, tuple[Pairs, Pairs, int, Pairs, list[tuple[Verdict, tuple[int, int, int, int]]]]] = {
    # ours, theirs, tolerance, unseen -> verdict and (both, ours alone, theirs alone, unseen) of each match
    "nothing": ([], [], 0, [], []),
    "the same": ([(10, 20)], [(10, 20)], 0, [], [("agreed", (10, 0, 0, 0))]),
    "one unit off": ([(10, 20)], [(10, 21)], 0, [], [("differs", (10, 0, 1, 0))]),
    "one unit off within tolerance": ([(10, 20)], [(10, 21)], 1, [], [("agreed", (10, 0, 1, 0))]),
    "both edges within tolerance": ([(10, 20)], [(8, 22)], 2, [], [("agreed", (10, 0, 4, 0))]),
    "shifted within tolerance": ([(10, 20)], [(12, 22)], 2, [], [("agreed", (8, 2, 2, 0))]),
    "one edge beyond tolerance": ([(10, 20)], [(7, 22)], 2, [], [("differs", (10, 0, 5, 0))]),
    "ours only": ([(10, 20)], [], 5, [], [("ours_only", (0, 10, 0, 0))]),
    "theirs only": ([], [(10, 20)], 5, [], [("theirs_only", (0, 0, 10, 0))]),
    "touching is no overlap": (
        [(10, 20)], [(20, 30)], 50, [], [("ours_only", (0, 10, 0, 0)), ("theirs_only", (0, 0, 10, 0))],
    ),
    "one of theirs over two of ours": ([(10, 20), (22, 30)], [(10, 30)], 2, [], [("agreed", (18, 0, 2, 0))]),
    "a long gap between two of ours": ([(10, 20), (50, 60)], [(10, 60)], 2, [], [("differs", (20, 0, 30, 0))]),
    "two of theirs over one of ours": ([(10, 30)], [(10, 20), (21, 30)], 1, [], [("agreed", (19, 1, 0, 0))]),
    "a chain": ([(10, 20), (28, 40)], [(15, 30), (38, 50)], 0, [], [("differs", (9, 13, 18, 0))]),
    "many short holes are no agreement": (
        [(0, 100)], [(i, i + 1) for i in range(0, 100, 2)], 1, [], [("differs", (50, 50, 0, 0))],
    ),
    "two of theirs that overlap count once": ([], [(10, 20), (15, 25)], 0, [], [("theirs_only", (0, 0, 15, 0))]),
    "we saw nothing then": ([], [(10, 20)], 5, [(0, 40)], [("unseen", (0, 0, 10, 10))]),
    "we saw a part of it": ([], [(10, 20)], 5, [(15, 40)], [("theirs_only", (0, 0, 10, 5))]),
    "unseen is no agreement, however short": ([(11, 20)], [(10, 20)], 5, [(0, 11)], [("differs", (9, 0, 1, 1))]),
    "unseen where they say nothing does not matter": (
        [(10, 20)], [(10, 20)], 0, [(20, 90)], [("agreed", (10, 0, 0, 0))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_that_was_worked_out_by_hand(name: str) -> None:
    ours, theirs, tolerance, unseen, expected = CASES[name]
    found = compare(ours, theirs, tolerance, unseen)
    assert [(one.verdict, one.sums) for one in found] == [
        (verdict, DowntimeTotals(*parts)) for verdict, parts in expected
    ]


def test_only_time_that_is_compared_counts() -> None:
    """Service hours of two days: one outage through the night is one match, and the night is not in it."""
    hours = [(0, 10), (20, 30)]
    (one,) = compare([(5, 25)], [(5, 22)], 0, compared=hours)
    assert (one.verdict, one.sums) == ("differs", DowntimeTotals(7, 3, 0, 0))
    assert (one.ours_alone, one.start_ms, one.end_ms) == ([(22, 25)], 5, 25)
    assert compare([(12, 18)], [(11, 19)], compared=hours) == ()


def test_a_match_names_the_outages_that_are_in_it() -> None:
    found = compare([(0, 5), (10, 20), (22, 30)], [(10, 30), (40, 50)])
    assert [(one.ours, one.theirs) for one in found] == [((0,), ()), ((1, 2), (0,)), ((), (1,))]


outages = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 25)).map(lambda p: (p[0], p[0] + p[1])), max_size=7)
windows = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=4).map(normal)
tolerances = st.integers(0, 6)


def whole(several: Pairs, compared: Intervals) -> Intervals:
    return intersect(normal(several), compared)


@given(outages, outages, windows, windows, tolerances)
def test_the_sums_of_the_matches_are_those_of_the_lists(
    ours: Pairs, theirs: Pairs, compared: Intervals, unseen: Intervals, tolerance: int
) -> None:
    total = sum((one.sums for one in compare(ours, theirs, tolerance, unseen, compared)), DowntimeTotals())
    a, b = whole(ours, compared), whole(theirs, compared)
    assert total.ours_ms == length(a)
    assert total.theirs_ms == length(b)
    assert total.both_ms == length(intersect(a, b))
    assert total.difference_ms == length(b) - length(a)
    alone = {unit for start, end in b for unit in range(start, end)} - {u for s, e in a for u in range(s, e)}
    assert total.unseen_ms == len(alone & {unit for start, end in unseen for unit in range(start, end)})


@given(outages, outages, windows, tolerances)
def test_whoever_holds_the_lists_the_other_way_round_finds_the_mirror_image(
    ours: Pairs, theirs: Pairs, compared: Intervals, tolerance: int
) -> None:
    turned: dict[Verdict, Verdict] = {"ours_only": "theirs_only", "theirs_only": "ours_only"}
    here, there = compare(ours, theirs, tolerance, [], compared), compare(theirs, ours, tolerance, [], compared)
    mirrored = [
        (turned.get(one.verdict, one.verdict), one.theirs, one.ours, one.both, one.theirs_alone, one.ours_alone)
        for one in there
    ]
    assert [(o.verdict, o.ours, o.theirs, o.both, o.ours_alone, o.theirs_alone) for o in here] == mirrored


@given(outages, outages, windows, windows, tolerances)
def test_matches_hold_what_overlaps_and_lie_apart(
    ours: Pairs, theirs: Pairs, compared: Intervals, unseen: Intervals, tolerance: int
) -> None:
    found = compare(ours, theirs, tolerance, unseen, compared)
    times = [union(one.both, one.ours_alone, one.theirs_alone) for one in found]
    assert all(not intersect(a, b) for i, a in enumerate(times) for b in times[:i])
    home = {("ours", i): n for n, one in enumerate(found) for i in one.ours}
    home |= {("theirs", i): n for n, one in enumerate(found) for i in one.theirs}
    for (i, a), (j, b) in product(enumerate(ours), enumerate(theirs)):
        if intersect(whole([a], compared), [b]):
            assert home["ours", i] == home["theirs", j]
    assert {key for key in home if key[0] == "ours"} == {
        ("ours", i) for i, one in enumerate(ours) if whole([one], compared)
    }


@given(outages, outages, windows, windows, tolerances, tolerances)
def test_a_wider_tolerance_takes_no_agreement_back_and_none_is_exact(
    ours: Pairs, theirs: Pairs, compared: Intervals, unseen: Intervals, tolerance: int, more: int
) -> None:
    narrow = compare(ours, theirs, tolerance, unseen, compared)
    wide = compare(ours, theirs, tolerance + more, unseen, compared)
    for one, other in zip(narrow, wide, strict=True):
        assert one.verdict == other.verdict or (one.verdict, other.verdict) == ("differs", "agreed")
        assert one.verdict != "agreed" or not one.unseen
        sums = one.sums
        assert one.verdict != "agreed" or sums.ours_alone_ms + sums.theirs_alone_ms <= 2 * tolerance
    exact = compare(ours, theirs, 0, unseen, compared)
    assert all((one.verdict == "agreed") == (not one.ours_alone and not one.theirs_alone) for one in exact)
