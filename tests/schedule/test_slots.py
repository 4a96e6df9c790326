"""The place of every endpoint in time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.schedule import SlotTrigger, phase_ms
from sla_monitor.schedule.slots import GRID_MS


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@given(st.integers(1, 90_000), st.data(), st.floats(1e9, 2e9))
def test_a_slot_fires_at_the_next_whole_second_of_its_phase(period: int, data: st.DataObject, now: float) -> None:
    phase = data.draw(st.integers(0, period - 1))
    due = SlotTrigger(period, phase).get_next_fire_time(None, at(now)).timestamp()
    assert due % 1 == 0
    assert (int(due) - phase) % period == 0
    assert 0 <= due - at(now).timestamp() < period


def test_a_day_of_fires_has_no_drift() -> None:
    trigger, due, fires = SlotTrigger(60, 17), at(1_700_000_000), []
    while due < at(1_700_086_400):
        due = trigger.get_next_fire_time(due, due)
        fires.append(due.timestamp())
    assert len(fires) in (1440, 1441)
    assert {second % 60 for second in fires} == {17.0}


def test_a_gap_of_any_length_is_one_step() -> None:
    """A host that slept for ten years fires next within one period of waking up."""
    trigger = SlotTrigger(10, 3)
    due = trigger.get_next_fire_time(at(1_400_000_003), at(1_700_000_000.5))
    assert due == at(1_700_000_003)


def test_a_clock_set_back_does_not_stop_the_slot() -> None:
    due = SlotTrigger(10, 3).get_next_fire_time(None, at(1_600_000_000))
    assert due == at(1_600_000_003)


@given(st.text(min_size=1), st.sampled_from([1_000, 10_000, 60_000]))
def test_a_phase_is_fixed_on_the_grid_and_within_the_interval(key: str, every_ms: int) -> None:
    assert phase_ms(key, every_ms) == phase_ms(key, every_ms) < every_ms
    assert phase_ms(key, every_ms) % GRID_MS == 0


def test_phases_spread_over_the_interval() -> None:
    seconds = Counter(phase_ms(f"contract/endpoint-{n}", 10_000) // 1000 for n in range(1000))
    assert set(seconds) == set(range(10))
    assert max(seconds.values()) < 150
