"""Amounts shared out among participants, to the penny."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.sla.money.apportionment import participant_shares, shared
from tests.support.terms import terms_of

PARTICIPANTS = [{"id": "force", "share": 60}, {"id": "commissioner", "share": 30}, {"id": "partner", "share": 10}]
coins = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n).scaleb(-2))
parts = st.lists(st.integers(0, 1000), min_size=1, max_size=6).filter(any)


def test_the_odd_pennies_go_to_those_who_lost_most() -> None:
    thirds = dict.fromkeys("abc", Fraction(1, 3))
    assert shared(Decimal("100.00"), thirds) == {"a": Decimal("33.34"), "b": Decimal("33.33"), "c": Decimal("33.33")}
    assert shared(Decimal("0.01"), {"a": Fraction(1, 10), "b": Fraction(9, 10)}) == {"a": 0, "b": Decimal("0.01")}
    weights = {"a": Fraction(602), "b": Fraction(298), "c": Fraction(100)}  # 6.02, 2.98 and 1 of ten pennies
    assert shared(Decimal("0.10"), weights) == {"a": Decimal("0.06"), "b": Decimal("0.03"), "c": Decimal("0.01")}
    assert shared(Decimal("-0.01"), thirds) == {"a": Decimal("-0.01"), "b": 0, "c": 0}
    assert shared(Decimal(10), thirds, 0) == {"a": 4, "b": 3, "c": 3}


def test_shares_may_be_fractions_of_a_hundred() -> None:
    thirds = [{"id": name, "share": "100/3"} for name in ("a", "b", "c")]
    shares = participant_shares(terms_of({"participants": thirds}))
    assert shares == dict.fromkeys("abc", Fraction(1, 3))
    with pytest.raises(ValueError, match=r"shares add up to 66\.66666"):
        terms_of({"participants": thirds[:2]})


@settings(max_examples=80, deadline=None)
@given(amount=coins, weights=parts)
def test_the_parts_add_up_and_none_is_a_coin_off(amount: Decimal, weights: list[int]) -> None:
    shares = {f"p{i}": Fraction(weight) for i, weight in enumerate(weights)}
    given_out = shared(amount, shares)
    assert sum(given_out.values()) == amount
    for name, part in given_out.items():
        exact = Fraction(amount) * shares[name] / sum(weights)
        assert abs(Fraction(part) - exact) < Fraction(1, 100)


@pytest.mark.parametrize(
    ("amount", "shares"),
    [("1.00", {}), ("1.00", {"a": Fraction(0)}), ("1.00", {"a": Fraction(-1)}), ("1.005", {"a": 1})],
)
def test_what_cannot_be_shared_out_is_refused(amount: str, shares: dict[str, Fraction]) -> None:
    with pytest.raises(ValueError, match=r"an amount needs shares|part of the smallest coin"):
        shared(Decimal(amount), shares)


def test_nothing_is_shared_out_as_nothing() -> None:
    assert shared(Decimal(0), {"a": Fraction(0)}) == {"a": 0}


def test_those_who_take_a_service_bear_it_in_proportion() -> None:
    terms = terms_of(
        {
            "participants": PARTICIPANTS,
            "services": [{"id": "all"}, {"id": "portal", "participants": ["force", "commissioner"]}],
        }
    )
    assert participant_shares(terms) == {
        "force": Fraction(6, 10),
        "commissioner": Fraction(3, 10),
        "partner": Fraction(1, 10),
    }
    assert participant_shares(terms, "all") == participant_shares(terms)
    assert participant_shares(terms, "portal") == {"force": Fraction(2, 3), "commissioner": Fraction(1, 3)}
    assert shared(Decimal("100.00"), participant_shares(terms, "portal")) == {
        "force": Decimal("66.67"),
        "commissioner": Decimal("33.33"),
    }


def test_a_contract_without_shares_has_none() -> None:
    assert participant_shares(terms_of({"participants": [{"id": "force"}]})) == {}
