"""Charges by month, shares that add up, and deadlines for claiming."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.money.charges_and_caps import Charges, Claims
from sla_monitor.sla.money.charges import month_charges, of_service, split
from sla_monitor.sla.money.claim_deadlines import claim_by, is_lapsed


def charges(amount: Any = 1000, **rest: Any) -> Charges:
    return Charges.model_validate({"monthly": [{"service": "cad", "amount": amount}, {"amount": 1}], **rest})


def test_indexation_is_applied_rise_upon_rise_and_rounded_once() -> None:
    risen = charges("333.33", indexation=[{"percent": "3.1"}, {"percent": "2.5"}])
    assert month_charges([(risen, 30)], 30, "GBP") == {"cad": Decimal("352.25"), "": Decimal("1.06")}


def test_a_month_cut_short_costs_its_days() -> None:
    assert month_charges([(charges(), 10)], 31, "GBP")["cad"] == Decimal("322.58")
    assert month_charges([(charges(part_months="whole"), 10)], 31, "GBP")["cad"] == 1000
    assert month_charges([(charges(), 10), (charges(2000), 20)], 30, "GBP")["cad"] == Decimal("1666.67")
    whole = [(charges(part_months="whole"), 5), (charges(2000, part_months="whole"), 10)]
    assert month_charges(whole, 30, "GBP")["cad"] == Decimal("1666.67")
    assert month_charges([], 30, "GBP") == {}


def test_the_charges_of_the_contract_are_all_of_them() -> None:
    month = {"cad": Decimal(700), "": Decimal(300)}
    assert [of_service(month, name) for name in (None, "cad", "rms")] == [1000, 700, 0]


@given(
    st.decimals(-10_000, 10_000, places=2),
    st.dictionaries(st.text(max_size=3), st.decimals(1, 100, places=1), min_size=1, max_size=6),
)
def test_shares_add_up_to_the_penny_and_are_fair_to_the_penny(amount: Decimal, shares: dict[str, Decimal]) -> None:
    parts = split(amount, shares)
    assert sum(parts.values()) == amount
    whole = sum(shares.values())
    assert all(abs(parts[name] - amount * share / whole) < Decimal("0.01") for name, share in shares.items())


@pytest.mark.parametrize(
    ("terms", "month", "expected"),
    [
        ({"automatic": True, "months": 6}, "2026-08", None),
        ({"automatic": False}, "2026-08", None),
        ({"automatic": False, "months": 6}, "2026-08", date(2027, 2, 28)),
        ({"automatic": False, "days": 30}, "2026-01", date(2026, 3, 2)),
        ({"automatic": False, "after": "next_period_end"}, "2026-12", date(2027, 1, 31)),
    ],
)
def test_a_credit_is_claimed_in_time_or_lost(terms: dict[str, Any], month: str, expected: date | None) -> None:
    claims = Claims.model_validate(terms)
    assert claim_by(month, claims) == expected
    if expected is not None:
        assert not is_lapsed(month, claims, expected)
        assert is_lapsed(month, claims, date.fromordinal(expected.toordinal() + 1))
