"""Bonuses: what good results earn, what they set off, and what is kept for later months."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.advice.points_and_money import doubts
from sla_monitor.sla.results import MonthInput
from tests.sla.regimes import credits_of, figures, kpi, regime, told

MISSED = {"id": "missed", "method": "fixed", "amounts": {"cad": 700}}


def bonus(**changed: Any) -> dict[str, Any]:
    plain = {"id": "bonus", "method": "bonus", "kpi": "cad", "rewards": [{"at_least": "99.5", "amount": 300}]}
    return {**plain, **changed}


def both(cad: list[Any], rms: list[Any]) -> list[MonthInput]:
    """Months with a figure of each of two KPIs."""
    pairs = zip(figures(cad), figures(rms, "rms"), strict=True)
    return [replace(one, measured={**one.measured, **other.measured}) for one, other in pairs]


def amounts(terms: Any, values: list[Any]) -> list[list[Decimal]]:
    return [[line.amount for line in result.credit.lines] for result in told(terms, figures(values))]


def test_a_bonus_sets_off_credits_of_its_month_and_no_more() -> None:
    """Two KPIs: one fails, the other is good."""
    terms = regime(kpi(), kpi("rms"), credits=[bonus(kpi="rms"), MISSED | {"amounts": {"cad": 200}}])
    (result,) = told(terms, both(["98"], ["99.9"]))
    assert [(line.rule, line.amount, line.earned) for line in result.credit.lines] == [
        ("missed", Decimal("200.00"), 0),
        ("bonus", Decimal("-200.00"), Decimal("300.00")),
    ]
    assert result.credit.total == 0
    assert [str(step) for step in result.credit.lines[1].working] == [
        "bonus for 99.9: 300.00",
        "credit: the smaller of 300.00 and the credits of 200.00, set off = -200.00",
    ]


def test_a_bonus_without_a_credit_is_nothing_unless_it_is_kept() -> None:
    assert amounts(regime(credits=[bonus(), MISSED]), ["99.9", "98"]) == [[], [700]]
    assert amounts(regime(credits=[bonus(carry_forward_months=1), MISSED]), ["99.9", "98"]) == [[0], [700, -300]]


def test_a_bonus_against_the_charges_is_paid_in_any_case() -> None:
    terms = regime(credits=[bonus(against="charges", rewards=[{"at_least": "99.5", "percent": "0.25"}]), MISSED])
    assert credits_of(terms, ["99.9", "98", "99.4"]) == [-250, 700, 0]


def test_a_cap_over_several_months_counts_what_is_left_after_bonuses() -> None:
    """700 less the 300 of January may still be credited up to 400 in the year."""
    cap = {"id": "year", "amount": 400, "over": "contract_year"}
    terms = regime(credits=[bonus(against="charges"), MISSED], caps=[cap])
    assert credits_of(terms, ["99.9", "98", "98"]) == [-300, 700, 0]


def test_the_greatest_reward_is_earned_whatever_its_order() -> None:
    rewards = [
        {"at_least": "99.9", "amount": 900},
        {"at_least": "99.5", "amount": 300},
        {"above": 99, "percent": "0.5"},
    ]
    terms = regime(credits=[bonus(against="charges", rewards=rewards)])
    assert credits_of(terms, ["99.9", "99.5", "99.1", "99"]) == [-900, -500, -500, 0]


@pytest.mark.parametrize("changed", [{"kind": "PI", "bands": None, "threshold": None, "repeat": None}])
def test_a_pi_earns_nothing(changed: dict[str, Any]) -> None:
    assert credits_of(regime(kpi(**changed), credits=[bonus(against="charges")]), ["99.9"]) == [0]


def test_nothing_is_earned_while_bedding_in() -> None:
    terms = regime(kpi(bedding_in_until="2026-02-01"), credits=[bonus(against="charges")])
    assert credits_of(terms, ["99.9", "99.9"]) == [0, -300]


def test_a_quarterly_bonus_is_of_the_quarters_charges_and_used_in_any_month_after() -> None:
    quarterly = kpi(measurement_months=3)
    monthly = kpi("rms")
    rules = [
        bonus(rewards=[{"at_least": "99.5", "percent": "0.1"}], carry_forward_months=2),
        MISSED | {"amounts": {"rms": 200}},
    ]
    terms = regime(quarterly, monthly, credits=rules)
    found = [
        [line.amount for line in result.credit.lines]
        for result in told(terms, both(["99.9"] * 5, ["99", "99", "98", "98", "98"]))
    ]
    assert found == [[], [], [200, -200], [200, -100], [200]], "0.1 per cent of 300,000 are 300.00"


@given(st.lists(st.sampled_from(["98", "99", "99.9"]), max_size=14), st.integers(1, 4))
def test_what_is_kept_is_used_once_the_oldest_first_and_lapses(values: list[str], months: int) -> None:
    """A slow oracle: every coin with the month that it was earned in."""
    terms = regime(credits=[MISSED, bonus(carry_forward_months=months)])
    purse: deque[int] = deque()
    for position, (value, result) in enumerate(zip(values, told(terms, figures(values)), strict=True)):
        while purse and position - purse[0] > months:
            purse.popleft()
        purse.extend([position] * 300 if value == "99.9" else [])
        used = min(len(purse), 700 if value == "98" else 0)
        for _ in range(used):
            purse.popleft()
        assert -sum((line.amount for line in result.credit.lines if line.rule == "bonus"), Decimal(0)) == used


def test_terms_of_a_bonus_that_cannot_be_are_refused() -> None:
    for broken in (
        bonus(rewards=[]),
        bonus(rewards=[{"at_least": 99}]),
        bonus(rewards=[{"at_least": 99, "percent": 1, "amount": 1}]),
        bonus(rewards=[{"at_least": 99, "percent": 1}, {"below": 99, "percent": 1}]),
        bonus(against="charges", carry_forward_months=3),
        bonus(min_payout={"at_least": 1}),
        bonus(kpi="nobody"),
    ):
        with pytest.raises(ValueError, match="validation error"):
            regime(credits=[broken])


def test_a_bonus_that_nothing_can_use_is_doubted() -> None:
    plain = kpi(bands=None, rounding=None)
    message = "there is no rule whose credits it could set off (write against: charges)"
    assert list(doubts(regime(plain, credits=[bonus()]))) == [(("credits", 0, "against"), message)]
    assert list(doubts(regime(plain, credits=[bonus(), MISSED]))) == []
    assert list(doubts(regime(plain, credits=[bonus(against="charges")]))) == []
