"""Failed requests by slot against a look at every second."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sla_monitor.contract.kpis.counting import FailedRequests
from sla_monitor.periods.intervals import Intervals, length, normal
from sla_monitor.sla.availability import KnownState
from sla_monitor.sla.failed_requests import known_by_slots, slot_counts, together
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Samples

SECOND, SLOT = 1000, 60_000
SECONDS = 600
UP, DOWN, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN

stretches = st.lists(st.tuples(st.integers(0, SECONDS), st.integers(0, SECONDS)).map(sorted), max_size=3)
probes = st.lists(st.tuples(st.integers(0, SECONDS - 1), st.sampled_from([UP, DOWN, UNKNOWN])), max_size=25)
endpoints = st.lists(st.tuples(probes, stretches, stretches), min_size=1, max_size=3)


def in_ms(several: list[list[int]]) -> Intervals:
    return normal((start * SECOND, end * SECOND) for start, end in several)


def holds(several: Intervals, second: int) -> bool:
    return any(start <= second * SECOND < end for start, end in several)


@example([([], [[0, 121]], [[121, 122]])], 34, 122)
@given(endpoints, st.sampled_from([1, 34, 50, 100]), st.integers(1, SECONDS))
def test_a_slot_is_down_where_so_many_of_its_requests_failed(
    several: list[tuple[list[tuple[int, Outcome]], list[list[int]], list[list[int]]]], percent: int, now: int
) -> None:
    """Second by second: the probes of its slot decide, and where there are none, the seconds that were seen."""
    rule = FailedRequests.model_validate({"percent": percent, "slot": "1m"})
    samples = [Samples.of([(at * SECOND, outcome, 1, None) for at, outcome in sorted(each)]) for each, _, _ in several]
    states = []
    for _, down, unseen in several:
        where = in_ms(unseen)
        seen_down = normal(
            (at * SECOND, (at + 1) * SECOND) for at in range(SECONDS) if holds(in_ms(down), at) and not holds(where, at)
        )
        states.append(KnownState(seen_down, where, []))
    found = known_by_slots(together(slot_counts(one, SLOT) for one in samples), states, rule, now * SECOND)
    for at in range(now):
        slot = range(at // 60 * 60, at // 60 * 60 + 60)
        outcomes = [o for each, _, _ in several for when, o in each if when in slot and o is not UNKNOWN]
        if outcomes:
            votes = [outcome is DOWN for outcome in outcomes]
            is_unseen = False
        else:
            votes = [holds(one.down, s) for one in states for s in slot if s < now and not holds(one.unseen, s)]
            is_unseen = all(holds(one.unseen, at) for one in states)
        is_down = bool(votes) and any(votes) and sum(votes) * 100 >= percent * len(votes)
        assert holds(found.down, at) is is_down
        assert holds(found.unseen, at) is (is_unseen and not is_down)
    assert length(found.down) <= now * SECOND
