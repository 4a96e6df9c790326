"""Figures by their stated definitions, and downtime by the contract's way of counting."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.periods.edges import Period
from sla_monitor.sla.downtime import Loss, Seconds, availability_percent, downtime_ms, time_that_counts
from sla_monitor.sla.indicators import (
    EventCounts,
    Slot,
    error_rate_percent,
    in_target_percent,
    mean,
    ordered,
    percentile,
    summed,
)
from sla_monitor.sla.measure import KpiInput, MeasureFrame, measured
from sla_monitor.sla.results import Measured
from sla_monitor.sla.working import Working
from tests.sla.regimes import figures, regime, told

MINUTE = 60_000
KPI: TypeAdapter[Kpi] = TypeAdapter(Kpi)
FRAME = MeasureFrame(
    Period("2026-06", 0, 30 * 86_400_000), 30 * 86_400_000, ZoneInfo("UTC"), coverage_floor=Fraction(9, 10)
)
samples = st.lists(st.integers(0, 1000), min_size=1, max_size=60)
percents = st.decimals(Decimal("0.1"), 100, places=1)


def availability(seconds: Seconds, counting: Counting) -> tuple[Fraction | None, Working]:
    """From classes of time to per cent."""
    return availability_percent(*time_that_counts(seconds, counting))


@given(
    st.lists(st.integers(0, 30_000), max_size=4),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
    st.sampled_from(["removed", "available"]),
    st.sampled_from(["excluded", "up", "down"]),
)
def test_of_a_fixed_month_only_downtime_takes_anything(
    down: list[int], excluded: int, unseen: int, is_excluded: Any, is_unseen: Any
) -> None:
    """Minute by minute: what is down takes its minute from 43,200, and nothing else does. Without any time that counts
    there is no figure."""
    counting = Counting.model_validate({"denominator": "43200m", "excluded": is_excluded, "unknown": is_unseen})
    agreed = sum(down) + excluded + unseen
    losses = tuple(Loss(one * MINUTE, one * MINUTE) for one in down)
    seconds = Seconds(agreed * MINUTE, losses, excluded_ms=excluded * MINUTE, unknown_ms=unseen * MINUTE)
    left = 43_200
    for _ in range(sum(down) + (unseen if is_unseen == "down" else 0)):
        left = max(left - 1, 0)
    counted = sum(down) + (excluded if is_excluded == "available" else 0) + (unseen if is_unseen != "excluded" else 0)
    value, working = availability(seconds, counting)
    assert value == (Fraction(left * 100, 43_200) if counted else None)
    assert len(working) == (3 if counted else 2)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60_000)), max_size=6),
    st.sampled_from(["exact", "whole", "begun"]),
    st.sampled_from([None, 60, 1800]),
)
def test_downtime_in_minutes_is_what_every_outage_adds(
    down: list[tuple[int, int]], minutes: Any, shortest_s: int | None
) -> None:
    """By a walk over the minutes of each outage."""
    lengths = [whole * MINUTE + part for whole, part in down]
    expected = Fraction(0)
    for ms in lengths:
        begun, left = 0, ms
        while left >= MINUTE:
            begun, left = begun + 1, left - MINUTE
        rest = {"exact": Fraction(left, MINUTE), "whole": Fraction(0), "begun": Fraction(min(left, 1))}[minutes]
        expected += begun + rest if shortest_s is None or ms >= shortest_s * 1000 else Fraction(0)
    counting = {"minutes": minutes} | ({"shortest_outage": f"{shortest_s}s"} if shortest_s else {})
    kpi = KPI.validate_python({"id": "K", "indicator": "downtime", "service": "s", "target": 10, "counting": counting})
    seconds = Seconds(30 * 1440 * MINUTE, tuple(Loss(ms, ms) for ms in lengths))
    assert measured(kpi, KpiInput(seconds=seconds), FRAME).value == expected


@given(samples, percents)
def test_a_percentile_is_the_smallest_sample_that_enough_do_not_exceed(of: list[int], percent: Decimal) -> None:
    enough = [one for one in of if sum(other <= one for other in of) * 100 >= percent * len(of)]
    assert percentile([ordered(of)], percent) == (len(of), min(enough))


@given(samples, percents, st.randoms(), st.integers(0, 60))
def test_the_order_of_samples_and_their_pieces_do_not_matter(
    of: list[int], percent: Decimal, order: Any, cut: int
) -> None:
    mixed = of.copy()
    order.shuffle(mixed)
    pieces = mixed[:cut], mixed[cut:]
    assert percentile(map(ordered, pieces), percent) == percentile([ordered(of)], percent)
    assert mean(map(summed, pieces)) == mean([summed(of)]) == (len(of), Fraction(sum(of), len(of)))


def test_slots_have_one_vote_each_and_quiet_ones_are_right() -> None:
    """A mean of rates is not the rate of the sums: 90 of 100 fail in a busy slot, none in nine quiet ones."""
    slots = [Slot(90, 100)] + [Slot(0, 0)] * 9
    assert error_rate_percent(slots) == 91
    assert error_rate_percent([]) is None


def test_nothing_seen_is_no_figure() -> None:
    assert mean([]) == mean([summed([])]) == (0, None)
    assert percentile([], Decimal(95)) == percentile([ordered([])], Decimal(95)) == (0, None)
    assert in_target_percent(EventCounts(0, 0)) is None
    assert availability(Seconds(0), Counting())[0] is None
    assert availability(Seconds(5, unknown_ms=5), Counting())[0] is None


losses = st.lists(
    st.tuples(st.integers(0, 300_000), st.integers(0, 300_000), st.fractions(0, 1, max_denominator=9)).map(
        lambda one: Loss(max(one[0], one[1]), one[1], one[2])
    ),
    max_size=5,
)
countings = st.fixed_dictionaries(
    {
        "excluded": st.sampled_from(["removed", "available", "counted"]),
        "unknown": st.sampled_from(["excluded", "up", "down"]),
        "minutes": st.sampled_from(["exact", "whole", "begun"]),
        "degraded": st.integers(0, 100),
    }
)
classes = st.fixed_dictionaries(
    {
        "excluded_ms": st.integers(0, 100_000),
        "degraded_ms": st.integers(0, 100_000),
        "unknown_ms": st.integers(0, 100_000),
    }
)


def seconds_of(of: list[Loss], rest: dict[str, int], up: int = 1) -> Seconds:
    """Classes that fit into the agreed time, excluded time all of it down."""
    agreed = up + sum(loss.counted_ms for loss in of) + sum(rest.values())
    return Seconds(agreed, tuple(of), excluded_down_ms=rest["excluded_ms"], **rest)


@given(losses, classes, countings, st.integers(1, 10**7))
def test_availability_is_never_below_nothing_nor_over_a_hundred(
    of: list[Loss], rest: dict[str, int], terms: dict[str, Any], up: int
) -> None:
    value, _ = availability(seconds_of(of, rest, up), Counting.model_validate(terms))
    assert value is not None
    assert 0 <= value <= 100


@given(losses, classes, st.integers(1, 10**7))
def test_each_way_of_counting_is_stricter_than_the_next(of: list[Loss], rest: dict[str, int], up: int) -> None:
    seconds = seconds_of(of, rest, up)

    def by(key: str) -> Callable[[Any], Fraction]:
        return lambda value: availability(seconds, Counting.model_validate({key: value}))[0] or Fraction(0)

    assert by("excluded")("counted") <= by("excluded")("removed") <= by("excluded")("available")
    assert by("unknown")("down") <= by("unknown")("excluded") <= by("unknown")("up")
    assert by("minutes")("begun") <= by("minutes")("exact") <= by("minutes")("whole")
    assert by("degraded")(100) <= by("degraded")(50) <= by("degraded")(0)


def test_a_short_outage_is_judged_whole_wherever_the_month_ends() -> None:
    """A peer's trap: an outage of two minutes cut to ten seconds by the window is not a short one."""
    rule = Counting.model_validate({"shortest_outage": "1m"})
    assert downtime_ms([Loss(120_000, 10_000)], rule) == 10_000
    assert downtime_ms([Loss(59_999, 59_999)], rule) == 0


def test_ratios_are_made_of_sums_and_not_averaged() -> None:
    """A peer's trap: rows of 50 and 100 per cent are not 75 where one of them is an hour and the other a month."""
    hour, month = Seconds(60 * MINUTE, (Loss(30 * MINUTE, 30 * MINUTE),)), Seconds(43_200 * MINUTE)
    whole = Seconds(hour.agreed_ms + month.agreed_ms, hour.losses + month.losses)
    assert availability(whole, Counting())[0] == 100 - Fraction(30 * 100, 43_260)


def figure(terms: dict[str, Any], seen: KpiInput) -> Measured:
    return measured(KPI.validate_python({"id": "k", "target": 99, **terms}), seen, FRAME)


def test_too_little_seen_is_not_assessable() -> None:
    """A peer's trap: no data is not a hundred per cent."""
    terms = {"service": "s"}
    assert not figure(terms, KpiInput(Seconds(100, unknown_ms=11))).is_assessable
    assert figure(terms, KpiInput(Seconds(100, unknown_ms=10))).is_assessable
    assert figure(terms, KpiInput(Seconds(100, unknown_ms=11))).coverage == Fraction(89, 100)
    assert figure(terms, KpiInput()).value is None


@pytest.mark.parametrize(
    ("terms", "seen", "expected"),
    [
        ({"indicator": "response_time", "statistic": "mean"}, KpiInput(samples_us=(1000, 2000, 4000)), Fraction(7, 3)),
        (
            {"indicator": "response_time", "statistic": "percentile", "percentile": 95},
            KpiInput(samples_us=(1000, 2500)),
            2.5,
        ),
        ({"indicator": "response_time", "statistic": "mean"}, KpiInput(figure=Fraction(800)), 800),
        ({"indicator": "error_rate"}, KpiInput(slots=(Slot(1, 100),)), 99),
        ({"indicator": "ratio_in_target"}, KpiInput(counts=EventCounts(9, 10)), 90),
        ({"indicator": "ratio_in_target", "no_events": "met"}, KpiInput(counts=EventCounts(0, 0)), 100),
        ({"indicator": "ratio_in_target", "within": "1h"}, KpiInput(), None),
        ({"indicator": "ratio_in_target"}, KpiInput(figure=Fraction(93)), 93),
        ({"indicator": "count"}, KpiInput(figure=Fraction(3)), 3),
        ({"indicator": "score"}, KpiInput(), None),
    ],
)
def test_each_indicator_has_its_figure(terms: dict[str, Any], seen: KpiInput, expected: Any) -> None:
    assert figure(terms, seen).value == expected


def composite(combine: str, values: dict[str, Any]) -> Fraction | None:
    parts = [{"id": name, "indicator": "submitted", "target": 99} for name in ("function", "speed")]
    whole = {"id": "whole", "indicator": "composite", "target": 99, "combine": combine}
    terms = regime(*parts, {**whole, "parts": [{"kpi": "function", "weight": 3}, {"kpi": "speed"}]})
    month = figures([0])[0]
    known = {name: Measured(Fraction(value)) for name, value in values.items()}
    found = told(terms, [type(month)(month.month, known, month.charges)])[0].kpi("whole")
    assert found is not None
    return found.value


def test_a_composite_is_made_of_other_kpis() -> None:
    assert composite("all_of", {"function": 99, "speed": 100}) == 100
    assert composite("all_of", {"function": 99, "speed": 98}) == 0
    assert composite("all_of", {"speed": 98}) == 0
    assert composite("all_of", {"speed": 100}) is None
    assert composite("weighted", {"function": 100, "speed": 96}) == 99
    assert composite("weighted", {"function": 100}) is None


def test_a_composite_names_kpis_above_it() -> None:
    broken = {"id": "w", "indicator": "composite", "target": 99, "combine": "all_of", "parts": [{"kpi": "w"}]}
    with pytest.raises(ValueError, match="no such KPI above this one"):
        regime(broken)
