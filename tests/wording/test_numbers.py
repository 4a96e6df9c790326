"""Ratios, points, money and counts: nothing is rounded in favour of the supplier."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.wording.numbers import (
    decimals_of,
    describe_deducted,
    describe_owed,
    format_bytes,
    format_count,
    format_counted_points,
    format_money,
    format_ordinal,
    format_percent,
    format_points,
    format_ratio,
)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (Fraction(1), "100.00 %"),
        (Fraction(99_996, 100_000), "99.99 %"),
        (Fraction(999_999_999, 1_000_000_000), "99.99 %"),
        (Fraction(9_995, 10_000), "99.95 %"),
        (Fraction(0), "0.00 %"),
        (Fraction(1, 100_000), "0.00 %"),
        (None, "none"),
    ],
)
def test_a_percentage_is_cut_off_and_never_flatters(ratio: Fraction | None, shown: str) -> None:
    assert format_ratio(ratio) == shown


@given(st.fractions(0, 1), st.sampled_from(["95", "99.5", "99.9", "99.95", "99.999"]))
def test_what_misses_its_target_never_looks_as_if_it_met_it(ratio: Fraction, target: str) -> None:
    wanted = Fraction(target) / 100
    shown = format_ratio(ratio, decimals_of(wanted)).removesuffix(" %")
    assert (Fraction(shown) >= Fraction(target)) == (ratio >= wanted)


@pytest.mark.parametrize(
    ("percent", "shown"),
    [("99.9", "99.9 %"), ("100", "100 %"), ("99.50", "99.5 %"), ("0", "0 %"), ("99.9995", "99.9995 %")],
)
def test_a_target_is_shown_as_the_contract_gives_it(percent: str, shown: str) -> None:
    assert format_percent(Fraction(percent) / 100) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("8333.3", "GBP", "£8,333.30"),
        ("0", "EUR", "€0.00"),
        ("-120", "CHF", "−CHF 120.00"),
        ("5000", "JPY", "JPY 5,000"),
    ],
)
def test_money_has_the_currencys_own_digits(amount: str, currency: str, shown: str) -> None:
    assert format_money(Decimal(amount), currency) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd")]
)
def test_an_ordinal(number: int, shown: str) -> None:
    assert format_ordinal(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [("2", "2"), ("5/2", "2.5"), ("2.505", "2.505"), ("1/3", "0.333333333333…")]
)
def test_points_have_all_their_digits(number: str, shown: str) -> None:
    assert format_points(Fraction(number)) == shown


def test_what_is_counted_has_its_plural() -> None:
    assert (format_count(1, "service"), format_count(1200, "service")) == ("1 service", "1,200 services")
    assert format_count(2, "entry", "entries") == "2 entries"
    assert format_counted_points(Fraction(1)) == "1 service point"
    assert format_counted_points(Decimal("2.5"), "point") == "2.5 points"


def test_a_limit_is_named_in_mebibytes_where_it_is_so_many() -> None:
    told = [format_bytes(number) for number in (0, 100_000, 1 << 20, (1 << 20) + 1, 10 << 20)]
    assert told == ["0 bytes", "100,000 bytes", "1 MiB", "1,048,577 bytes", "10 MiB"]


@pytest.mark.parametrize(
    ("amount", "owed", "deducted"),
    [
        ("20", "owes service credits of £20.00", "£20.00 deducted"),
        ("0", "owes service credits of £0.00", "£0.00 deducted"),
        ("-2600", "is owed £2,600.00 by the authority", "£2,600.00 added to the charges"),
    ],
)
def test_of_a_sum_below_nothing_it_is_said_who_owes_whom(amount: str, owed: str, deducted: str) -> None:
    assert (describe_owed(Decimal(amount), "GBP"), describe_deducted(Decimal(amount), "GBP")) == (owed, deducted)
