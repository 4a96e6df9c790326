"""Spans, kept observation by observation, against an oracle that asks which one vouches for every second."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span, extend, held


@dataclass(frozen=True)
class Probe:
    """One observation; seconds stand for the milliseconds of the real thing, and a month may hold any of them."""

    at: int
    outcome: Outcome
    every: int
    reason: Reason | None


outcomes = st.sampled_from([Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN])
reasons = st.sampled_from([None, Reason.TIMEOUT, Reason.TLS_FAILED])
probes = st.builds(Probe, st.integers(0, 120), outcomes, st.integers(1, 12), reasons)
in_order = st.lists(probes, max_size=40, unique_by=lambda probe: probe.at).map(
    lambda of: sorted(of, key=lambda x: x.at)
)
any_order = st.lists(probes, max_size=40)


def spans_of(of: list[Probe]) -> list[Span]:
    spans: list[Span] = []
    for probe in of:
        last = spans.pop() if spans else None
        spans.extend(extend(last, probe.at, probe.outcome, probe.reason, probe.every))
    return spans


def seconds_of(spans: list[Span]) -> dict[int, Outcome]:
    return {second: span.outcome for span in spans for second in range(span.start_ms, span.end_ms)}


def vouched(of: list[Probe]) -> dict[int, Outcome]:
    """The oracle: each second belongs to the latest probe by then, for as long as that observation vouches for it."""
    told: dict[int, Outcome] = {}
    for second in range(140):
        before = [probe for probe in of if probe.at <= second]
        after = [probe for probe in of if probe.at > second]
        if before and second < _silent_from(before[-1], after[0] if after else None):
            told[second] = before[-1].outcome
    return told


def _silent_from(probe: Probe, following: Probe | None) -> int:
    """When nobody vouches any more: an interval after the observation, unless the next one is at most half of one
    late."""
    end = probe.at + probe.every
    if following is not None and following.at - end <= following.every // 2:
        return following.at
    return end


@given(in_order)
def test_every_second_has_the_outcome_of_the_probe_that_vouches_for_it(of: list[Probe]) -> None:
    assert seconds_of(spans_of(of)) == vouched(of)


@given(any_order)
def test_a_probe_that_is_not_after_the_last_one_changes_nothing(of: list[Probe]) -> None:
    """Duplicates and a clock that stepped back: the spans are those of the observations that went forward."""
    forward: list[Probe] = []
    for probe in of:
        if not forward or probe.at > forward[-1].at:
            forward.append(probe)
    assert spans_of(of) == spans_of(forward)
    assert sum(span.probes for span in spans_of(of)) == len(forward)


@given(any_order)
def test_spans_are_disjoint_ascending_and_as_long_as_they_can_be(of: list[Probe]) -> None:
    spans = spans_of(of)
    assert all(span.start_ms <= span.seen_ms < span.end_ms for span in spans)
    for before, after in pairwise(spans):
        assert before.end_ms <= after.start_ms
        assert before.end_ms < after.start_ms or before.outcome is not after.outcome


@given(in_order)
def test_a_span_keeps_the_reason_that_began_it(of: list[Probe]) -> None:
    began = {probe.at: probe.reason for probe in of}
    assert all(span.reason is began[span.start_ms] for span in spans_of(of))


@given(in_order, probes)
def test_what_is_told_never_changes_but_for_the_last_end(of: list[Probe], late: Probe) -> None:
    """One more observation may shorten or lengthen the last span; every earlier one stands as it is."""
    spans = spans_of(of)
    assert spans_of([*of, late])[: max(0, len(spans) - 1)] == spans[:-1]


@given(in_order, st.integers(0, 140))
def test_now_cuts_the_spans_and_carries_only_the_last_one(of: list[Probe], now: int) -> None:
    spans, kept = spans_of(of), list(held(spans_of(of), now))
    seen = {second: outcome for second, outcome in seconds_of(spans).items() if second < now}
    carried = {second: outcome for second, outcome in seconds_of(kept).items() if second not in seen}
    assert {second: outcome for second, outcome in seconds_of(kept).items() if second in seen} == seen
    assert all(second < now and outcome is kept[-1].outcome for second, outcome in carried.items())
    assert len(carried) <= 12 + 6  # one and a half of the longest interval


@pytest.mark.parametrize(("now", "end"), [(9, 9), (10, 10), (11, 11), (25, 25), (26, 10), (1000, 10)])
def test_the_last_probe_vouches_while_the_next_may_be_on_its_way(now: int, end: int) -> None:
    """An observation at 0, every 10: the next may begin at 15 and take until 25. After that nobody vouches beyond
    10."""
    (span,) = held(extend(None, 0, Outcome.DOWN, None, 10), now)
    assert (span.start_ms, span.end_ms, span.probes) == (0, end, 1)
