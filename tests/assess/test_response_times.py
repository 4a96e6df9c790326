"""Response times of days: steps that are never too short, percentiles by nearest rank, by endpoint and service."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.assess.response_times import day_histograms, step_of, times_of, upper_us
from sla_monitor.sla.samples import Sample

from .records import DAY, DOWN, HOUR, JUNE, UP, Record, endpoint, one_version, service


@given(st.integers(0, 2**40))
def test_a_step_ends_at_most_a_thirty_second_above(us: int) -> None:
    upper = upper_us(step_of(us))
    assert us <= upper <= us + us // 32
    assert step_of(upper) == step_of(us)
    assert step_of(upper + 1) == step_of(us) + 1


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=60))
def test_median_and_95_per_cent_are_those_of_the_sorted_list(times: list[int]) -> None:
    found = times_of(date(2026, 6, 1), Counter(map(step_of, times)))
    ordered = sorted(times)
    assert found is not None
    assert found.count == len(times)
    for told, percent in ((found.median_us, 50), (found.p95_us, 95)):
        exact = ordered[-(-len(ordered) * percent // 100) - 1]
        assert exact <= told <= exact + exact // 32


def test_no_answers_are_no_times() -> None:
    assert times_of(date(2026, 6, 1), Counter()) is None


def test_a_day_on_the_wall_by_endpoint_and_service() -> None:
    """In summer it begins an hour before midnight UTC. What never answered took no time."""

    def sample(at_ms: int, us: int, first_byte_us: int | None = 1) -> Sample:
        return at_ms, UP if first_byte_us else DOWN, us, first_byte_us

    observed = {
        "login": [sample(JUNE - 1, 900), sample(JUNE, 1_000), sample(JUNE + 23 * HOUR, 3_000), sample(JUNE + DAY, 9)],
        "map": [sample(JUNE + HOUR, 2_000), sample(JUNE + 2 * HOUR, 10_000_000, None)],
    }
    contract = one_version(services=[service("cad", endpoint("login"), endpoint("map"))])
    found = day_histograms(contract, Record(observed=observed), date(2026, 6, 1))
    assert found == {
        "endpoint login": Counter({step_of(1_000): 1, step_of(3_000): 1}),
        "endpoint map": Counter({step_of(2_000): 1}),
        "service cad": Counter({step_of(1_000): 1, step_of(2_000): 1, step_of(3_000): 1}),
    }
