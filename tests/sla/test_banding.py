"""Bands tile the line: every result has exactly one, and stricter terms never make a result better."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.sla.banding import band_of, bands_of, deviation, is_below_threshold, is_met
from tests.sla.regimes import BANDS, kpi

KPI: TypeAdapter[Kpi] = TypeAdapter(Kpi)
edges = st.lists(st.decimals(1, 99, places=2), min_size=1, max_size=5, unique=True).map(sorted)
values = st.fractions(-10, 110) | st.decimals(1, 99, places=2).map(Fraction)


def banded(cuts: list[Decimal], sides: list[bool], direction: str) -> dict[str, Any]:
    """A KPI with bands at the cuts, best first; each edge on the side that is drawn."""
    bands: list[dict[str, Any]] = [{"name": f"b{n}", "points": n} for n in range(len(cuts) + 1)]
    best_first = cuts[::-1] if direction == "higher_is_better" else cuts
    for position, (cut, in_better) in enumerate(zip(best_first, sides, strict=False)):
        better, worse = bands[position], bands[position + 1]
        if direction == "higher_is_better":
            better["at_least" if in_better else "above"] = cut
            worse["below" if in_better else "at_most"] = cut
        else:
            better["at_most" if in_better else "below"] = cut
            worse["above" if in_better else "at_least"] = cut
    return kpi(bands=bands, target=best_first[0], threshold=None, direction=direction)


directions = st.sampled_from(["higher_is_better", "lower_is_better"])
sides = st.lists(st.booleans(), min_size=5, max_size=5)


@given(edges, sides, directions, values)
def test_every_result_is_in_exactly_one_band(
    cuts: list[Decimal], on: list[bool], direction: str, value: Fraction
) -> None:
    terms = KPI.validate_python(banded(cuts, on, direction))
    assert sum(band.holds(value) for band in terms.bands) == 1
    assert band_of(terms, value).holds(value)


@given(edges, sides, directions, values, values)
def test_a_worse_result_never_costs_fewer_points(
    cuts: list[Decimal], on: list[bool], direction: str, one: Fraction, other: Fraction
) -> None:
    terms = KPI.validate_python(banded(cuts, on, direction))
    worse, better = (one, other) if terms.is_worse(one, other) else (other, one)
    assert band_of(terms, worse).points >= band_of(terms, better).points


@given(edges, sides, directions, values, st.decimals(0, 1, places=2))
def test_a_stricter_term_never_lowers_points(
    cuts: list[Decimal], on: list[bool], direction: str, value: Fraction, by: Decimal
) -> None:
    """All edges are moved towards the better side."""
    sign = 1 if direction == "higher_is_better" else -1
    lax = KPI.validate_python(banded(cuts, on, direction))
    strict = KPI.validate_python(banded([cut + by * sign for cut in cuts], on, direction))
    assert band_of(strict, value).points >= band_of(lax, value).points
    assert not is_met(strict, band_of(strict, value)) or is_met(lax, band_of(lax, value))


@given(edges, sides, directions, st.data())
def test_a_band_moved_away_from_its_neighbour_is_refused(
    cuts: list[Decimal], on: list[bool], direction: str, data: st.DataObject
) -> None:
    """Whether that makes a gap or an overlap."""
    terms = banded(cuts, on, direction)
    position = data.draw(st.integers(1, len(cuts)))
    moved = {"at_least", "above", "below", "at_most"} & terms["bands"][position].keys()
    edge = data.draw(st.sampled_from(sorted(moved)))
    terms["bands"][position][edge] += Decimal("0.005")
    with pytest.raises(ValidationError, match=r"does not begin where|holds no result|must not be"):
        KPI.validate_python(terms)


@pytest.mark.parametrize("direction", ["higher_is_better", "lower_is_better"])
def test_a_kpi_with_a_target_alone_is_met_or_missed(direction: str) -> None:
    terms = KPI.validate_python(
        {"id": "k", "indicator": "submitted", "target": 50, "direction": direction}
        | {"threshold": 40 if direction == "higher_is_better" else 60}
    )
    sign = 1 if direction == "higher_is_better" else -1
    found = [band_of(terms, 50 + Fraction(sign * by)).name for by in (1, 0, -1, -10, -11)]
    assert found == ["met", "met", "missed", "missed", "below_threshold"]
    below = [is_below_threshold(terms, band_of(terms, 50 - Fraction(sign * by))) for by in (10, 11)]
    assert below == [False, True]
    assert len(bands_of(terms)) == 3


def refused(**changed: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        KPI.validate_python(kpi(**changed))
    return str(caught.value)


def test_terms_that_contradict_each_other_are_refused() -> None:
    assert "is no edge of a band" in refused(target="99.5")
    assert "is no edge of a band" in refused(threshold="95.5")
    assert "must be worse than the target" in refused(threshold=99)
    assert "a PI has no points" in refused(kind="PI")
    assert "must not be fewer" in refused(bands=[*BANDS[:2], {**BANDS[2], "points": 0}, *BANDS[3:]])
    assert "needs no upper edge" in refused(bands=[{**BANDS[0], "below": 100}, *BANDS[1:]])
    assert "needs no lower edge" in refused(bands=[*BANDS[:4], {**BANDS[4], "at_least": 0}])
    assert "conflicts with at_least" in refused(bands=[{**BANDS[0], "above": 99}, *BANDS[1:]])
    bare = {"bands": None, "threshold": None}
    assert "statistic: percentile" in refused(indicator="response_time", statistic="mean", percentile=95, **bare)


def test_a_target_between_the_edges_of_two_bands_is_met_from_its_own_edge() -> None:
    """Edges that belong to the worse band: exactly at the target is not met."""
    bands = [{"name": "met", "above": 99}, {"name": "missed", "at_most": 99, "points": 1}]
    terms = KPI.validate_python(kpi(bands=bands, threshold=None))
    assert not is_met(terms, band_of(terms, Fraction(99)))
    assert is_met(terms, band_of(terms, Fraction(99) + Fraction(1, 10**12)))


def test_a_level_is_shown_as_it_was_written() -> None:
    """Whatever else was worked out before."""
    written = ["99", "99.0", "99.00"]
    kpis = [KPI.validate_python({"id": "k", "indicator": "submitted", "target": target}) for target in written]
    assert [bands_of(kpi)[0].edges for kpi in kpis] == [f"at least {target}" for target in written]


@pytest.mark.parametrize(
    ("terms", "value", "expected"),
    [
        ({"target": "99.5", "threshold": "97"}, "98.25", Fraction(50)),
        ({"target": "99.5", "threshold": "97"}, "96.5", Fraction(120)),
        ({"target": "99.5", "threshold": "97"}, "100", Fraction(-20)),
        ({"target": "99.5", "threshold": None}, "90", None),
        ({"target": 800, "threshold": 1200, "direction": "lower_is_better"}, "1000", Fraction(50)),
    ],
)
def test_a_deviation_is_0_at_the_target_and_100_at_the_threshold(
    terms: dict[str, Any], value: str, expected: Fraction | None
) -> None:
    made = KPI.validate_python(kpi(bands=[], **terms))
    assert deviation(made, Fraction(value)) == expected
