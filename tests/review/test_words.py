"""A printed figure never says something else than its band."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.kpis.kpi import AvailabilityKpi, CountKpi, ResponseTimeKpi, ScoreKpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review import words
from sla_monitor.review.blocks import Cell
from sla_monitor.sla.banding import band_of
from tests.review.estate import OCTOBER, ZONE, availability

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
    assert words.figure(Fraction(value), kpi) == told


@given(st.fractions(90, 100, max_denominator=10**7), st.sampled_from([ROUNDED, EXACT, SHOWN]))
def test_no_printed_figure_stands_in_another_band_and_only_a_hundred_is_100(value: Fraction, kpi: KpiTerms) -> None:
    printed = Fraction(words.digits(value, kpi))
    assert band_of(kpi, printed) == band_of(kpi, value)
    assert (printed == 100) == (value == 100)
    assert abs(printed - value) <= Fraction(1, 10)


def test_times_over_the_target_are_rounded_up_and_counts_are_whole() -> None:
    slow = ResponseTimeKpi(id="K", indicator="response_time", statistic="mean", target=Decimal(800))
    assert words.figure(Fraction("800.0004"), slow) == "801 ms"
    assert words.figure(Fraction(12345), slow) == "12,345 ms"
    assert words.figure(Fraction(3), CountKpi(id="K", indicator="count", target=Decimal(0))) == "3"
    assert words.figure(Fraction("7.25"), ScoreKpi(id="K", indicator="score", target=Decimal(7))) == "7.2"
    assert words.figure(None, slow) == "no figure"


def test_a_difference_too_small_to_be_seen_is_no_nought() -> None:
    assert words.difference(Fraction(1, 10**6), EXACT) == "under 0.01"
    assert words.difference(Fraction(-3, 10), EXACT) == "−0.30"
    assert words.difference(Fraction(0), EXACT) == "0.00"


def test_money_has_its_currencys_sign_and_its_minus_before_it() -> None:
    assert words.money(Decimal("51000"), "GBP") == "£51,000.00"
    assert words.money(Decimal("-4.5"), "GBP") == "−£4.50"
    assert words.money(Decimal("1200"), "JPY") == "JPY 1,200"


def test_times_are_told_on_the_wall_with_the_zones_own_name() -> None:
    hour = 3_600_000
    assert words.until(OCTOBER.start_ms, OCTOBER.start_ms + hour, ZONE) == "1 Oct 2026 00:00:00 to 01:00:00 BST"
    told = words.until(OCTOBER.start_ms, OCTOBER.end_ms, ZONE)
    assert told == "1 Oct 2026 00:00:00 BST to 1 Nov 2026 00:00:00 GMT"
    assert words.until(OCTOBER.start_ms, None, ZONE) == "1 Oct 2026 00:00:00 BST, still open"
    assert words.duration(745 * hour + 61_000) == "745 h 1 min 1 s"
    assert words.duration(900) == "under 1 s"


def test_what_people_wrote_has_no_controls_in_a_cell() -> None:
    assert Cell("a\x1b[2Jb\u202ec\nd").text == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c d"
    assert Cell("e" + "\u0301" * 50).text == "e" + "\u0301" * 2
