"""Which part of the agreed time was down: against a second-by-second oracle and against cases from contracts."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.contract.kpis.counting import Quorum
from sla_monitor.periods.intervals import Intervals, intersect, length, normal, subtract, union
from sla_monitor.sla.aggregation import by_quorum, by_weight, needing
from sla_monitor.sla.availability import KnownState, known, seen_from_places, timeline, within
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span, extend

EVERY = 3
probes = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(list(Outcome))), max_size=30)


def spans_of(steps: list[tuple[int, Outcome]]) -> list[Span]:
    """Observations at growing instants, one every 1 to 6 units, as the ledger would keep them."""
    spans: list[Span] = []
    at = 0
    for step, outcome in steps:
        at += step
        spans[-1:] = extend(spans[-1] if spans else None, at, outcome, None, EVERY)
    return spans


def service(
    several: list[list[tuple[int, Outcome]]], failures: int, needed: int, hours: Intervals
) -> dict[str, Intervals]:
    """Where a service of several endpoints was up (degraded or not), down and unknown."""
    endpoints = [(known(spans_of(steps), failures, 0, 200), 1) for steps in several]
    stretches = within(timeline(endpoints, needing(len(several), needed), 0, 200), hours)
    named = {Outcome.UP: "up", Outcome.DEGRADED: "up", Outcome.DOWN: "down", Outcome.UNKNOWN: "unknown"}
    found: dict[str, Intervals] = {"up": [], "down": [], "unknown": []}
    assert all(start < end for start, end, _, __ in stretches)
    for start, end, outcome, _ in stretches:
        found[named[outcome]].append((start, end))
    return {name: normal(pairs) for name, pairs in found.items()}


def second_by_second(steps: list[tuple[int, Outcome]], until: int) -> list[Outcome]:
    """What each unit of time was: the slow and obvious way."""
    told = [Outcome.UNKNOWN] * until
    at = 0
    instants = []
    for step, outcome in steps:
        at += step
        instants.append((at, outcome))
    for (at, outcome), (following, _) in pairwise([*instants, (10**9, Outcome.UNKNOWN)]):
        vouched = following if following - (at + EVERY) <= EVERY // 2 else at + EVERY
        for unit in range(at, min(vouched, until)):
            told[unit] = outcome
    return told


def confirmed(told: list[Outcome], steps: list[tuple[int, Outcome]], failures: int) -> list[Outcome]:
    """Runs of DOWN with too few observations are not outages: they are up."""
    at, counts = 0, dict[int, int]()
    for step, outcome in steps:
        at += step
        counts[at] = outcome is Outcome.DOWN
    result = list(told)
    unit = 0
    while unit < len(told):
        run = unit
        while run < len(told) and told[run] is told[unit]:
            run += 1
        if told[unit] is Outcome.DOWN and sum(counts.get(moment, 0) for moment in range(unit, run)) < failures:
            result[unit:run] = [Outcome.UP] * (run - unit)
        unit = run
    return result


@settings(max_examples=300, deadline=None)
@given(st.lists(probes, min_size=1, max_size=3), st.data())
def test_classes_agree_with_a_walk_over_every_second(
    several: list[list[tuple[int, Outcome]]], data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, len(several)))
    failures = data.draw(st.integers(1, 3))
    hours = normal(data.draw(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=4)))
    told = [confirmed(second_by_second(steps, 200), steps, failures) for steps in several]
    expected: dict[str, set[int]] = {"up": set(), "down": set(), "unknown": set()}
    for start, end in hours:
        for unit in range(start, end):
            up = sum(one[unit] in (Outcome.UP, Outcome.DEGRADED) for one in told)
            down = sum(one[unit] is Outcome.DOWN for one in told)
            state = "up" if up >= needed else "down" if len(told) - down < needed else "unknown"
            expected[state].add(unit)
    found = service(several, failures, needed, hours)
    assert {name: {u for a, b in found[name] for u in range(a, b)} for name in expected} == expected


@given(probes, st.integers(0, 200), st.integers(1, 3))
def test_splitting_a_period_and_adding_gives_the_whole(
    steps: list[tuple[int, Outcome]], cut: int, failures: int
) -> None:
    whole = service([steps], failures, 1, [(0, 200)])
    parts = [service([steps], failures, 1, normal([pair])) for pair in ((0, cut), (cut, 200))]
    assert {name: union(*(part[name] for part in parts)) for name in whole} == whole


@given(st.lists(probes, min_size=1, max_size=3), st.integers(1, 3))
def test_every_agreed_moment_is_in_exactly_one_class(several: list[list[tuple[int, Outcome]]], failures: int) -> None:
    found = service(several, failures, 1, [(0, 100)])
    assert sum(map(length, found.values())) == 100
    assert union(*found.values()) == [(0, 100)]


def outage(start: int, end: int, probes_in_it: int) -> Span:
    return Span(start, end, end, Outcome.DOWN, None, probes_in_it)


def test_an_outage_over_the_edge_of_the_period_is_judged_whole_and_counted_in_part() -> None:
    """Three failed probes, one of them in this period: confirmed, and only this period's part counts."""
    found = known([outage(-20, 10, 3)], 3, 0, 100)
    assert found.down == [(-20, 10)]
    assert within(timeline([(found, 1)], needing(1, 1), 0, 100), [(0, 100)])[0] == (0, 10, Outcome.DOWN, 1)


def test_unconfirmed_failures_are_time_that_was_seen_and_was_not_out() -> None:
    found = known([outage(0, 10, 1)], 2, 0, 10)
    assert (found.down, found.unseen, found.degraded) == ([], [], [])


def test_a_correction_takes_the_place_of_what_was_seen() -> None:
    found = known([outage(0, 10, 9)], 2, 0, 20).corrected(5, 15, Outcome.DEGRADED)
    assert (found.down, found.unseen, found.degraded) == ([(0, 5)], [(15, 20)], [(5, 15)])
    assert found.corrected(0, 20, Outcome.UP) == KnownState([], [], [])


def test_a_service_is_degraded_where_only_degraded_endpoints_keep_it_up() -> None:
    """Two of three needed: one degraded endpoint can be spared, two cannot."""
    slow, well = KnownState([], [], [(0, 10)]), KnownState([], [], [])
    two_of_three = needing(3, 2)
    assert timeline([(slow, 1), (well, 1), (well, 1)], two_of_three, 0, 10) == [(0, 10, Outcome.UP, 1)]
    assert timeline([(slow, 1), (slow, 1), (well, 1)], two_of_three, 0, 10) == [(0, 10, Outcome.DEGRADED, 1)]


def test_a_weighted_service_is_down_by_the_share_of_the_weight_that_was_seen() -> None:
    """Weights 3, 2 and 1: the 2 is down, and for a while nobody sees the 1."""
    three, two, one = KnownState([], [], []), KnownState([(0, 10)], [], []), KnownState([], [(5, 20)], [])
    found = timeline([(three, 3), (two, 2), (one, 1)], by_weight(6), 0, 20)
    third, two_fifths = Fraction(2, 6), Fraction(2, 5)
    assert found == [(0, 5, Outcome.DOWN, third), (5, 10, Outcome.DOWN, two_fifths), (10, 20, Outcome.UP, 1)]


def test_a_quorum_counts_those_that_saw_something() -> None:
    down, blind, well = KnownState([(0, 10)], [], []), KnownState([], [(0, 10)], []), KnownState([], [], [])
    half = Quorum.model_validate({"percent": 50, "min_active": 2})
    for known_of, outcome in (
        ((down, well, blind), Outcome.DOWN),
        ((down, well, well), Outcome.UP),
        ((down, blind, blind), Outcome.UNKNOWN),
    ):
        assert timeline([(one, 1) for one in known_of], by_quorum(3, half), 0, 10) == [(0, 10, outcome, 1)]


def ratio(down_minutes: int, all_minutes: int) -> Fraction:
    found = timeline([(KnownState([(0, down_minutes)], [], []), 1)], needing(1, 1), 0, all_minutes)
    return 1 - Fraction(sum(end - start for start, end, what, _ in found if what is Outcome.DOWN), all_minutes)


def test_432_minutes_down_fail_99_percent_in_february_and_meet_it_in_a_month_of_30_days() -> None:
    assert ratio(432, 28 * 1440) < Fraction(99, 100)
    assert ratio(432, 30 * 1440) == Fraction(99, 100)


QUORUMS = ["any", "all", 1, 2, 3, {"percent": 51}, {"percent": 34, "min_active": 2}, {"percent": 100}]
OF_ACTIVE = [{"percent": 51, "of": "active"}, {"percent": 67, "of": "active", "min_active": 2}]


def places_of(quorum: Any, count: int = 3) -> Places:
    return Places.model_validate({"sites": [f"s{n}" for n in range(count)], "quorum": quorum})


def together(several: list[KnownState], quorum: Any) -> KnownState:
    return seen_from_places(several, places_of(quorum, len(several)), 0, 200)


def states(several: list[list[tuple[int, Outcome]]], failures: int) -> list[KnownState]:
    return [known(spans_of(steps), failures, 0, 200) for steps in several]


def inside(intervals: Intervals) -> Intervals:
    return intersect(intervals, [(0, 200)])


three = st.lists(probes, min_size=3, max_size=3)


@settings(max_examples=100, deadline=None)
@given(probes, st.integers(1, 3), st.sampled_from(["any", "all", 1, {"percent": 51}, OF_ACTIVE[0]]))
def test_one_place_says_what_it_says_without_places(
    steps: list[tuple[int, Outcome]], failures: int, quorum: Any
) -> None:
    (alone,) = states([steps], failures)
    found = together([alone], quorum)
    assert found.down == normal(alone.down)
    assert found.degraded == normal(alone.degraded)
    assert found.unseen == normal(alone.unseen)


@settings(max_examples=150, deadline=None)
@given(three, st.integers(1, 3), st.sampled_from([*QUORUMS, *OF_ACTIVE]))
def test_places_second_by_second(several: list[list[tuple[int, Outcome]]], failures: int, quorum: Any) -> None:
    """Against counting heads in every unit of time."""
    told, places = [confirmed(second_by_second(steps, 200), steps, failures) for steps in several], places_of(quorum)
    found = together(states(several, failures), quorum)
    for unit in range(200):
        votes = [one[unit] for one in told]
        down, active = votes.count(Outcome.DOWN), 3 - votes.count(Outcome.UNKNOWN)
        outcome = found.at(unit)
        needed = places.needed(active)
        assert (outcome is Outcome.DOWN) == (active >= places.min_active and down >= needed)
        if active == 0:
            assert outcome is Outcome.UNKNOWN
        if outcome is Outcome.UNKNOWN:
            assert active < max(places.min_active, needed), "enough saw it"


@settings(max_examples=150, deadline=None)
@given(three, st.integers(1, 3), st.sampled_from([*QUORUMS, *OF_ACTIVE]), st.integers(0, 2), st.data())
def test_more_places_that_see_it_down_never_make_less_downtime(
    several: list[list[tuple[int, Outcome]]], failures: int, quorum: Any, which: int, data: st.DataObject
) -> None:
    before = states(several, failures)
    start = data.draw(st.integers(0, 199))
    more = before[which].corrected(start, data.draw(st.integers(start + 1, 200)), Outcome.DOWN)
    after = [more if n == which else one for n, one in enumerate(before)]
    lost = subtract(inside(together(before, quorum).down), inside(together(after, quorum).down))
    assert lost == []


@settings(max_examples=150, deadline=None)
@given(three, st.integers(1, 3), st.sampled_from(QUORUMS), st.integers(0, 2), st.data())
def test_a_place_that_is_cut_off_never_makes_downtime(
    several: list[list[tuple[int, Outcome]]], failures: int, quorum: Any, which: int, data: st.DataObject
) -> None:
    before = states(several, failures)
    start = data.draw(st.integers(0, 199))
    less = before[which].corrected(start, data.draw(st.integers(start + 1, 200)), Outcome.UNKNOWN)
    after = [less if n == which else one for n, one in enumerate(before)]
    new = subtract(inside(together(after, quorum).down), inside(together(before, quorum).down))
    assert new == []


@settings(max_examples=50, deadline=None)
@given(three, st.sampled_from([*QUORUMS, *OF_ACTIVE]))
def test_where_all_places_are_cut_off_nobody_knows(several: list[list[tuple[int, Outcome]]], quorum: Any) -> None:
    gone = [one.corrected(50, 100, Outcome.UNKNOWN) for one in states(several, 1)]
    assert intersect(together(gone, quorum).unseen, [(50, 100)]) == [(50, 100)]


def test_the_share_of_active_places_can_be_tipped_by_one_that_is_cut_off() -> None:
    """As ICANN's rule has it, unless `min_active` says how few are none; the share of all places cannot."""
    down, up = KnownState([(10, 20)], [], []), KnownState([], [], [])
    gone = KnownState([], [(0, 200)], [])
    assert together([down, up, up], OF_ACTIVE[0]).down == []
    assert together([down, gone, gone], OF_ACTIVE[0]).down == [(10, 20)]
    assert together([down, gone, gone], {"percent": 51}).down == []
    assert together([down, gone, gone], {"percent": 51, "of": "active", "min_active": 2}).unseen == [(0, 200)]


def test_degraded_as_many_places_see_it() -> None:
    slow, down, up = KnownState([], [], [(10, 30)]), KnownState([(20, 40)], [], []), KnownState([], [], [])
    assert together([slow, down, up], 2) == KnownState([], [], [(20, 30)])
    assert together([slow, down, up], "any") == KnownState([(20, 40)], [], [(10, 20)])
