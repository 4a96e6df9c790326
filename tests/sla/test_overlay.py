"""Layers of spans: what was seen here has the say, and each later layer fills what those over it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.overlay import fill, overlaid
from sla_monitor.sla.spans import Span

UP, DOWN, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN
END = 60


def stated(start: int, end: int, outcome: Outcome = DOWN, samples: int = 1_000) -> Span:
    return Span(start, end, end, outcome, None, samples)


@st.composite
def layers(draw: st.DrawFn) -> list[list[Span]]:
    several = []
    for _ in range(draw(st.integers(1, 3))):
        edges = sorted(draw(st.sets(st.integers(0, END), max_size=8)))
        chosen = [(a, b, draw(st.sampled_from([UP, DOWN, UNKNOWN, None]))) for a, b in pairwise(edges)]
        several.append([stated(a, b, outcome) for a, b, outcome in chosen if outcome is not None])
    return several


def slowly(several: Sequence[Sequence[Span]]) -> list[Outcome | None]:
    """Instant by instant: the first layer that saw anything, or else UNKNOWN if any says so."""

    def at(instant: int) -> Outcome | None:
        held = [span.outcome for spans in several for span in spans if span.start_ms <= instant < span.end_ms]
        return next((one for one in held if one is not UNKNOWN), UNKNOWN if held else None)

    return [at(instant) for instant in range(END)]


def reading(several: Sequence[Sequence[Span]], start: int, end: int) -> list[list[Span]]:
    return [[span for span in spans if span.start_ms < end and span.end_ms > start] for spans in several]


@given(layers(), st.integers(0, END - 1), st.integers(1, END))
def test_the_overlay_is_what_it_is_instant_by_instant(several: list[list[Span]], start: int, length: int) -> None:
    whole = overlaid(lambda a, b: reading(several, a, b), 0, END)
    told: list[Outcome | None] = [None] * END
    for span in whole:
        told[span.start_ms : span.end_ms] = [span.outcome] * (span.end_ms - span.start_ms)
    assert told == slowly(several)
    assert all(a.end_ms < b.start_ms or a.outcome is not b.outcome for a, b in pairwise(whole))
    end = min(END, start + length)
    part = overlaid(lambda a, b: reading(several, a, b), start, end)
    assert [one[:4] for one in part] == [one[:4] for one in whole if one.start_ms < end and one.end_ms > start]


def test_an_outage_that_an_import_joins_is_confirmed_by_all_of_its_probes() -> None:
    own = [Span(0, 10, 0, DOWN, Reason.TIMEOUT, 1), Span(20, 30, 20, DOWN, None, 1)]
    other = [Span(5, 25, 20, DOWN, Reason.DNS_FAILED, 4)]
    assert overlaid(lambda a, b: reading([own, other], a, b), 12, 13) == [Span(0, 30, 20, DOWN, Reason.TIMEOUT, 4)]


def test_a_part_of_what_was_probed_has_the_probes_that_fall_into_it_and_what_is_stated_stays() -> None:
    own = [stated(10, 90, UP)]
    probed = [Span(0, 100, 90, DOWN, None, 10)]
    assert [one.probes for one in fill([own, probed])[1]] == [1, 1]
    assert [one.probes for one in fill([own, [stated(0, 100)]])[1]] == [1_000, 1_000]


def test_of_two_imports_the_first_has_the_say() -> None:
    several = [[], [stated(10, 20, UP)], [stated(0, 30)]]
    assert [one[:4] for one in overlaid(lambda a, b: reading(several, a, b), 0, END)] == [
        (0, 10, 10, DOWN), (10, 20, 20, UP), (20, 30, 30, DOWN),
    ]  # fmt: skip
