"""Shortfalls by steps and by slices, against an oracle that walks from the target to the result."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.sla.regimes import CHARGES, credits_of, figures, kpi, regime, told

TARGET = 600
PIECE = Fraction(1, 10)
"""The oracle's stride: all levels, steps and results are whole numbers of it."""

PARTIALS = st.sampled_from(["floor", "ceil", "prorata"])


def terms(direction: str, **rule: Any) -> Any:
    promise = kpi(bands=None, rounding=None, threshold=None, repeat=None, target="60", direction=direction)
    return regime(promise, credits=[{"id": "short", "method": "shortfall", "kpis": ["cad"], **rule}])


def level(direction: str, pieces: int) -> str:
    """So many pieces worse than the target."""
    worse = TARGET - pieces if direction == "higher_is_better" else TARGET + pieces
    return str(float(worse * PIECE))


def steps(pieces: int, step: int, partial: str) -> Fraction:
    """Steps are taken off one after the other."""
    count = 0
    while pieces >= step:
        pieces, count = pieces - step, count + 1
    rest = {"floor": Fraction(0), "ceil": Fraction(pieces > 0), "prorata": Fraction(pieces, step)}[partial]
    return count + rest


def sliced(short: int, ends: list[int], rates: list[int], flat: int | None, step: int, partial: str) -> Fraction:
    """Every piece from the target to the result falls into one slice, the last of them being open."""
    pieces = [0] * (len(ends) + 1)
    for piece in range(1, short + 1):
        pieces[sum(piece > end for end in ends)] += 1
    if flat is not None and pieces[-1]:
        return Fraction(flat)
    counted = zip(pieces, [*rates, 0], strict=True)
    return sum((steps(several, step, partial) * rate for several, rate in counted), Fraction(0))


@given(
    st.sampled_from(["higher_is_better", "lower_is_better"]),
    st.integers(-20, 300),
    st.integers(1, 90),
    PARTIALS,
    st.integers(0, 40),
)
def test_steps_are_those_that_lie_between_the_target_and_the_result(
    direction: str, short: int, step: int, partial: str, rate: int
) -> None:
    rule = terms(direction, step=str(float(step * PIECE)), partial=partial, rate_percent=rate)
    expected = steps(max(short, 0), step, partial) * rate / 100 * Fraction(CHARGES[""])
    (paid,) = credits_of(rule, [level(direction, short)])
    assert abs(Fraction(paid) - expected) <= Fraction(1, 200)


@given(
    st.sampled_from(["higher_is_better", "lower_is_better"]),
    st.integers(-20, 300),
    st.lists(st.tuples(st.integers(1, 290), st.integers(0, 9)), min_size=1, max_size=4, unique_by=lambda one: one[0]),
    st.none() | st.integers(0, 100),
    st.integers(1, 30),
    PARTIALS,
)
def test_every_slice_has_the_steps_that_lie_in_it(
    direction: str, short: int, slices: list[tuple[int, int]], flat: int | None, step: int, partial: str
) -> None:
    ends, rates = map(list, zip(*sorted(slices), strict=True))
    table: list[dict[str, Any]] = [
        {"to": level(direction, end), "rate_percent": rate} for end, rate in zip(ends, rates, strict=True)
    ]
    table += [] if flat is None else [{"percent": flat}]
    rule = terms(direction, step=str(float(step * PIECE)), partial=partial, slices=table)
    expected = sliced(max(short, 0), ends, rates, flat, step, partial) / 100 * Fraction(CHARGES[""])
    (paid,) = credits_of(rule, [level(direction, short)])
    assert abs(Fraction(paid) - expected) <= Fraction(1, 200)


def test_a_shortfall_is_measured_from_a_level_of_its_own() -> None:
    """Only what misses the target costs: 59 is a piece short of it, and 5 short of 64."""
    better = terms("higher_is_better", measured_from=64, partial="floor", rate_percent=1)
    assert credits_of(better, ["62", "60", "59"]) == [0, 0, 5000]
    worse = terms("higher_is_better", measured_from=58, partial="ceil", rate_percent=1)
    assert credits_of(worse, ["59", "58", "57.5"]) == [0, 0, 1000]


def test_rates_may_be_fractions() -> None:
    share = terms("higher_is_better", step=2, partial="floor", share="1/30")
    percent = terms("higher_is_better", step=2, partial="floor", rate_percent="10/3")
    assert credits_of(share, ["55"]) == credits_of(percent, ["55"])
    slices = [{"to": 50, "rate_percent": "2/61"}, {"percent": "100/3"}]
    (result,) = told(terms("higher_is_better", partial="prorata", slices=slices), figures(["49"]))
    assert str(result.credit.total) == "33333.33"


def test_a_result_no_worse_than_where_the_shortfall_begins_says_so() -> None:
    slices = [{"to": 50, "rate_percent": 1}]
    rule = terms("higher_is_better", measured_from=58, partial="prorata", slices=slices)
    (result,) = told(rule, figures(["59"]))
    assert [str(step) for step in result.credit.lines[0].working] == [
        "shortfall: |58 − 59| = 0",
        "per cent: 0",
        "credit: 0 % × 100000 = 0.00",
    ]
