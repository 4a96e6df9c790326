"""A printed figure never says something else than its band."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.kpis.kpi import AvailabilityKpi, CountKpi, ResponseTimeKpi, ScoreKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.sla.banding import band_of
from sla_monitor.wording.figures import (
    format_apart,
    format_deviation,
    format_difference,
    format_digits,
    format_figure,
    format_level,
    format_target,
)
from tests.review.estate import availability
from tests.support.terms import terms_of

ROUNDED = AvailabilityKpi.model_validate(availability(1, "Custody"))
EXACT = AvailabilityKpi.model_validate(availability(1, "Custody") | {"rounding": {"mode": "none"}})
SHOWN = AvailabilityKpi.model_validate(
    availability(1, "Custody") | {"rounding": {"mode": "half_up", "places": 1, "when": "after"}}
)


@pytest.mark.parametrize(
    ("kpi", "value", "told"),
    [
        (ROUNDED, "100", "100.00 %"),
        (ROUNDED, "99.996", "99.99 %"),
        (ROUNDED, "99.9999999", "99.99 %"),
        (ROUNDED, "99.495", "99.50 %"),
        (EXACT, "99.4999", "99.49 %"),
        (EXACT, "99.996", "99.99 %"),
        (SHOWN, "99.46", "99.4 %"),
        (SHOWN, "99.44", "99.4 %"),
        (SHOWN, "99.04", "99.0 %"),
    ],
)
def test_a_figure_is_told_by_the_contracts_rounding_as_far_as_that_is_true(
    kpi: KpiTerms, value: str, told: str
) -> None:
    assert format_figure(Fraction(value), kpi) == told


@given(st.fractions(90, 100, max_denominator=10**7), st.sampled_from([ROUNDED, EXACT, SHOWN]))
def test_no_printed_figure_stands_in_another_band_and_only_a_hundred_is_100(value: Fraction, kpi: KpiTerms) -> None:
    printed = Fraction(format_digits(value, kpi))
    assert band_of(kpi, printed) == band_of(kpi, value)
    assert (printed == 100) == (value == 100)
    assert abs(printed - value) <= Fraction(1, 10)


def test_times_over_the_target_are_rounded_up_and_counts_are_whole() -> None:
    slow = ResponseTimeKpi(id="K", indicator="response_time", statistic="mean", target=Decimal(800))
    assert format_figure(Fraction("800.0004"), slow) == "801 ms"
    assert format_figure(Fraction(12345), slow) == "12,345 ms"
    assert format_figure(Fraction(3), CountKpi(id="K", indicator="count", target=Decimal(0))) == "3"
    assert format_figure(Fraction("7.25"), ScoreKpi(id="K", indicator="score", target=Decimal(7))) == "7.2"
    assert format_figure(None, slow) == "no figure"


def test_a_difference_too_small_to_be_seen_is_no_nought() -> None:
    assert format_difference(Fraction(1, 10**6), EXACT) == "under 0.01"
    assert format_difference(Fraction(-3, 10), EXACT) == "−0.30"
    assert format_difference(Fraction(0), EXACT) == "0.00"


def kpi_terms(**changed: object) -> KpiTerms:
    kpi = {"id": "k", "indicator": "submitted", "target": 99, **changed}
    return terms_of({"kpis": [kpi]}).kpis[0]


@pytest.mark.parametrize(
    ("terms", "value", "shown"),
    [
        ({"indicator": "error_rate", "target": "99.9", "service": "s"}, "99.8999", "99.89 %"),
        (
            {
                "indicator": "error_rate",
                "target": "99.9",
                "service": "s",
                "rounding": {"mode": "half_up", "places": 1},
            },
            "99.8599",
            "99.9 %",
        ),
        (
            {"indicator": "response_time", "statistic": "mean", "target": "500ms", "service": "s"},
            "500.001",
            "501 ms",
        ),
        ({"indicator": "count", "target": 3}, "4", "4"),
        ({"indicator": "days_late", "target": 0}, "1200", "1,200.0 days"),
        ({"indicator": "score", "target": 4}, "3.999", "3.9"),
    ],
)
def test_a_figure_is_cut_off_against_the_supplier(terms: dict[str, object], value: str, shown: str) -> None:
    """Unless the contract itself rounds before it bands: then that is the figure."""
    assert format_figure(Fraction(value), kpi_terms(**terms)) == shown


def test_two_figures_that_differ_are_told_apart() -> None:
    before, after = Fraction("99.8641"), Fraction("99.8642")
    assert format_apart(before, after, EXACT) == "99.8641 %"
    assert format_apart(after, before, EXACT) == "99.8642 %"
    assert format_apart(before, before, EXACT) == "99.86 %"
    assert format_apart(before, None, EXACT) == "99.86 %"


def test_a_target_keeps_all_its_digits() -> None:
    """One of 99.9995 is neither 99.999 nor 100."""
    strict = kpi_terms(indicator="error_rate", service="s", target="99.9995")
    assert format_level(strict.target, strict) == "99.9995 %"
    assert format_target(strict) == "≥ 99.9995 %"
    assert format_figure(Fraction("99.99949"), strict) == "99.9994 %"
    slow = ResponseTimeKpi(id="K", indicator="response_time", statistic="mean", target=Decimal(800))
    assert format_target(slow) == "≤ 800 ms"


@pytest.mark.parametrize(
    ("deviation", "told"),
    [
        ("0.001", "1"),
        ("64.9", "64"),
        ("99.99", "99"),
        ("100", "100"),
        ("100.01", "101"),
        ("999", "999"),
        ("1e6", ">999"),
    ],
)
def test_a_deviation_is_at_target_or_threshold_only_where_the_figure_is(deviation: str, told: str) -> None:
    assert format_deviation(Fraction(deviation)) == told
