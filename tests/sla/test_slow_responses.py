"""Spans of observations that are judged by their time: as the record keeps spans, observation by observation."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.kpis.counting import SlowAsDown
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Sample, Samples
from sla_monitor.sla.slow_responses import timed_spans
from sla_monitor.sla.spans import Span, extend

EVERY_MS = 10
RULE = SlowAsDown.model_validate({"promised": "100ms", "multiple": "2.5"})
STEPS = st.sampled_from([0, 1, 9, 10, 10, 10, 11, 15, 16, 40, 86_400_000])
TIMES_US = st.sampled_from([0, 99_999, 100_000, 100_001, 250_000, 250_001])


@st.composite
def sample_lists(draw: st.DrawFn) -> list[Sample]:
    at_ms, found = 86_399_900, list[Sample]()
    for step_ms in draw(st.lists(STEPS, max_size=40)):
        at_ms += step_ms
        found.append((at_ms, draw(st.sampled_from(Outcome)), draw(st.none() | TIMES_US), None))
    return found


def answered(duration_us: int) -> Outcome:
    """100 ms are promised, and what takes more than 250 is no answer."""
    if duration_us > 250_000:
        return Outcome.DOWN
    return Outcome.DEGRADED if duration_us > 100_000 else Outcome.UP


def slowly(samples: list[Sample]) -> list[Span]:
    """One look after the other."""
    spans: list[Span] = []
    for at_ms, outcome, duration_us, _ in samples:
        is_answer = outcome in {Outcome.UP, Outcome.DEGRADED}
        judged = answered(duration_us or 0) if is_answer else outcome
        spans += extend(spans.pop() if spans else None, at_ms, judged, None, EVERY_MS)
    return spans


@given(sample_lists())
def test_timed_spans_are_those_of_samples_judged_one_by_one(samples: list[Sample]) -> None:
    assert list(timed_spans([Samples.of(samples)], EVERY_MS, RULE)) == slowly(samples)
    assert list(timed_spans(Samples.of(samples).by_day(), EVERY_MS, RULE)) == slowly(samples)


@given(sample_lists(), st.data())
def test_samples_in_pieces_are_all_of_them(samples: list[Sample], data: st.DataObject) -> None:
    whole = Samples.of(samples)
    days = list(whole.by_day())
    assert [sample for day in days for sample in day] == samples
    assert all(one.at_ms[-1] // 86_400_000 < other.at_ms[0] // 86_400_000 for one, other in pairwise(days))
    edges = sorted(data.draw(st.lists(st.integers(86_399_890, 86_400_300), min_size=4, max_size=4)))
    inside = [(edges[0], edges[1]), (edges[2], edges[3])] if edges[1] < edges[2] else [(edges[0], edges[3])]
    inside = [(start_ms, end_ms) for start_ms, end_ms in inside if start_ms < end_ms]
    expected = [one for one in samples if any(start_ms <= one[0] < end_ms for start_ms, end_ms in inside)]
    assert list(whole.inside(inside)) == expected
    seen = [one for one in expected if one[1] is not Outcome.UNKNOWN]
    assert list(whole.inside(inside).seen()) == seen
    said = [(edges[0], edges[2], Outcome.DOWN), (edges[1], edges[3], Outcome.UP)]
    corrected = [(one[0], _said(one, said), *one[2:]) for one in samples]
    assert list(whole.corrected(said)) == corrected


def _said(sample: Sample, corrections: list[tuple[int, int, Outcome]]) -> Outcome:
    words = [said for start_ms, end_ms, said in corrections if start_ms <= sample[0] < end_ms]
    return words[-1] if words else sample[1]


def test_an_answer_is_too_slow_just_beyond_the_multiple() -> None:
    """The multiple is exact: 2.5 times 100 ms is 250 ms."""
    samples: list[Sample] = [
        (10 * n, Outcome.UP, us, None) for n, us in enumerate((100_000, 100_001, 250_000, 250_001))
    ]
    found = timed_spans([Samples.of(samples)], EVERY_MS, RULE)
    assert [(one.outcome, one.probes) for one in found] == [(Outcome.UP, 1), (Outcome.DEGRADED, 2), (Outcome.DOWN, 1)]
    assert RULE.multiple == Decimal("2.5")
