"""Which part of the agreed time was down: against a second-by-second oracle and against cases from contracts."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.sla.availability import Classified, classify, endpoint_intervals, joined
from sla_monitor.sla.intervals import Intervals, intersect, length, normal
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span, extend

EVERY = 3
looks = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(list(Outcome))), max_size=30)


def spans_of(steps: list[tuple[int, Outcome]]) -> list[Span]:
    """Looks at growing instants, one every 1 to 6 units, as the ledger would keep them."""
    spans: list[Span] = []
    at = 0
    for step, outcome in steps:
        at += step
        spans[-1:] = extend(spans[-1] if spans else None, at, outcome, None, EVERY)
    return spans


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
    """Runs of DOWN with too few looks are not outages: they are up."""
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
@given(st.lists(looks, min_size=1, max_size=3), st.data())
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
    result = classify(hours, [endpoint_intervals(spans_of(steps), failures) for steps in several], needed)
    assert {name: {u for a, b in getattr(result, name) for u in range(a, b)} for name in expected} == expected


@given(looks, st.integers(0, 200), st.integers(1, 3))
def test_splitting_a_period_and_adding_gives_the_whole(
    steps: list[tuple[int, Outcome]], cut: int, failures: int
) -> None:
    endpoint = endpoint_intervals(spans_of(steps), failures)
    whole = classify([(0, 200)], [endpoint], 1)
    parts = [classify(normal([pair]), [endpoint], 1) for pair in ((0, cut), (cut, 200))]
    assert joined(parts) == whole


@given(st.lists(looks, min_size=1, max_size=3), st.integers(1, 3))
def test_every_agreed_moment_is_in_exactly_one_class(several: list[list[tuple[int, Outcome]]], failures: int) -> None:
    result = classify([(0, 100)], [endpoint_intervals(spans_of(steps), failures) for steps in several], 1)
    assert result.agreed_ms == 100
    for a, b in ((result.up, result.down), (result.up, result.unknown), (result.down, result.unknown)):
        assert intersect(a, b) == []


def outage(start: int, end: int, looks_in_it: int) -> Span:
    return Span(start, end, end, Outcome.DOWN, None, looks_in_it)


def test_an_outage_over_the_edge_of_the_period_is_judged_whole_and_counted_in_part() -> None:
    """Three failed looks, one of them in this period: confirmed, and only this period's part counts."""
    _, down = endpoint_intervals([outage(-20, 10, 3)], 3)
    assert intersect([(0, 100)], down) == [(0, 10)]


def test_unconfirmed_failures_are_time_that_was_seen_and_was_not_out() -> None:
    up, down = endpoint_intervals([outage(0, 10, 1)], 2)
    assert (up, down) == ([(0, 10)], [])


def ratio(classes: Classified) -> Fraction:
    observed = classes.agreed_ms - length(classes.unknown)
    return Fraction(observed - length(classes.down), observed)


def test_432_minutes_down_fail_99_percent_in_february_and_meet_it_in_a_month_of_30_days() -> None:
    down: Intervals = [(0, 432)]
    february = classify([(0, 28 * 1440)], [([(432, 28 * 1440)], down)], 1)
    april = classify([(0, 30 * 1440)], [([(432, 30 * 1440)], down)], 1)
    assert ratio(february) < Fraction(99, 100)
    assert ratio(april) == Fraction(99, 100)
