"""Rounding against the standard library's own, and numbers as people read them."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, localcontext
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.kpis.bands import Rounding
from sla_monitor.sla.rounding import Mode, describe_rounding, money, round_to, shown

DECIMAL_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN, "up": ROUND_UP}


@given(st.decimals(-(10**6), 10**6, places=4), st.integers(0, 4), st.sampled_from(list(get_args(Mode))))
def test_every_mode_agrees_with_the_standard_library(value: Decimal, places: int, mode: Mode) -> None:
    with localcontext() as context:
        context.prec = 40
        expected = value.quantize(Decimal(1).scaleb(-places), DECIMAL_MODES[mode])
    assert round_to(Fraction(value), places, mode) == expected


@given(st.fractions(-1000, 1000), st.integers(0, 6), st.sampled_from(list(get_args(Mode))))
def test_rounding_moves_a_value_by_less_than_one_step_and_not_again(value: Fraction, places: int, mode: Mode) -> None:
    once = round_to(value, places, mode)
    assert abs(once - value) < Fraction(1, 10**places)
    assert round_to(once, places, mode) == once


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.005", "GBP", "0.01"),
        ("-0.005", "GBP", "-0.01"),
        ("51000", "GBP", "51000.00"),
        ("12.5", "JPY", "13"),
        ("1.2345", "KWD", "1.235"),
        ("1.2345", "BHD", "1.235"),
        ("0", "GBP", "0.00"),
    ],
)
def test_money_is_rounded_to_the_smallest_coin_and_shows_all_its_digits(
    amount: str, currency: str, expected: str
) -> None:
    assert str(money(Fraction(amount), currency)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 4), "0.25"),
        (Fraction(100), "100"),
        (Fraction(-5, 2), "-2.5"),
        (Fraction(10**12, 3), "333333333333…"),
        (Fraction(10**13, 3), "3333333333330…"),
        (Fraction(2, 3), "0.666666666666…"),
        (Fraction(99_906_976_744_186, 10**12), "99.9069767441…"),
        (Decimal("1E+2"), "100"),
        (0, "0"),
    ],
)
def test_a_number_in_working_says_when_digits_are_left_out(value: Fraction | Decimal | int, expected: str) -> None:
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("mode", "places", "expected"),
    [("half_up", 2, "2 places, half up"), ("half_even", 1, "1 place, half even"), ("down", 0, "0 places, down")],
)
def test_a_rule_is_told_in_words_and_not_as_the_key_of_the_file(mode: Mode, places: int, expected: str) -> None:
    assert describe_rounding(Rounding(mode=mode, places=places)) == expected
