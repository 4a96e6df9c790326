"""Windows: what earlier months have used of a cap, and what several months together set off."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.months import TermMonths, shifted
from sla_monitor.sla.results import MonthInput
from tests.sla.regimes import FIRST, credits_of, figures, kpi, regime, told

FAIL, PASS = "98.5", "99.5"
values = st.lists(st.sampled_from([PASS, FAIL, "97.5", "95"]), min_size=1, max_size=16)


def cap(**terms: Any) -> dict[str, Any]:
    return {"id": "cap", **terms}


def trigger(effects: tuple[str, ...] = ("notice",), name: str = "t", **condition: Any) -> dict[str, Any]:
    return {"id": name, "conditions": [condition], "effects": effects}


def tripped_in(terms: Any, results: list[Any], name: str = "t") -> list[int]:
    """The months, counted from 1, in which the trigger is set off."""
    told_months = told(terms, figures(results))
    return [n for n, result in enumerate(told_months, 1) if name in [one.trigger for one in result.triggers]]


def test_a_cap_over_a_contract_year_begins_anew_each_year() -> None:
    terms = regime(caps=[cap(amount=2500, over="contract_year")])
    assert credits_of(terms, ["97.5", PASS] * 7) == [2000, 0, 500, 0] + [0] * 8 + [2000, 0]


def test_a_cap_over_twelve_months_gives_back_what_is_a_year_old() -> None:
    terms = regime(caps=[cap(amount=2500, over="trailing_12_months")])
    paid = credits_of(terms, ["97.5", PASS, FAIL] + [PASS] * 8 + ["97.5", "97.5"])
    assert paid == [2000, 0, 500] + [0] * 9 + [2000]


def test_a_percentage_of_the_first_year_s_estimate_gives_way_to_the_charges_of_twelve_months() -> None:
    limits = cap(percent=1, base="trailing_12_months", first_year_base="estimated_year_1", over="period")
    terms = regime(caps=[limits], charges={"estimated_year_1": 900_000})
    months = told(terms, figures([PASS] * 15))
    assert [result.credit.caps[0].limit for result in months] == [9000] * 12 + [12_000] * 3


def test_a_contract_year_takes_months_of_which_nobody_tells_the_charges_at_this_month_s() -> None:
    terms = regime(caps=[cap(percent=1, base="contract_year", over="contract_year")])
    rise = {"": Decimal(200_000)}
    months = [*figures([PASS] * 3), *(MonthInput(shifted(FIRST, n), {}, rise) for n in (3, 4))]
    assert [result.credit.caps[0].limit for result in told(terms, months)] == [12_000] * 3 + [21_000] * 2


def test_a_contract_year_takes_coming_months_at_their_own_charges_and_ends_with_the_term() -> None:
    """£100,000 in January, £150,000 in February, March as February; the contract ends in March."""
    terms = regime(caps=[cap(percent=1, base="contract_year", over="contract_year")])
    coming = {"2026-02": {"": Decimal(150_000)}}
    january = MonthInput(FIRST, {}, {"": Decimal(100_000)}, coming)
    february = MonthInput("2026-02", {}, coming["2026-02"])
    results = told(terms, [january, february], TermMonths(FIRST, "2026-03"))
    assert [result.credit.caps[0].limit for result in results] == [3_500, 4_000]


def test_each_service_has_its_cap_and_the_contract_has_one_over_them() -> None:
    rules = [
        {"id": name, "method": "fixed", "service": name, "amounts": {"cad": amount}}
        for name, amount in (("a", 900), ("b", 300))
    ]
    caps = [
        {"id": "each", "percent": 10, "base": "period", "over": "period", "scope": "service"},
        {"id": "all", "amount": 500, "over": "period"},
    ]
    charges = {"a": Decimal(5000), "b": Decimal(5000)}
    (result,) = told(regime(credits=rules, caps=caps), figures([FAIL], charges=charges))
    assert [(one.cap, one.scope, int(one.before), int(one.after)) for one in result.credit.caps] == [
        ("each", "a", 900, 500),
        ("each", "b", 300, 300),
        ("all", "", 800, 500),
    ]
    assert result.credit.by_service == {"a": Decimal("312.50"), "b": Decimal("187.50")}
    assert result.credit.before_caps == 1200
    assert result.credit.total == 500


@given(values, st.integers(1, 6), st.integers(1, 12))
def test_a_rolling_sum_of_points_is_the_sum_of_its_months(results: list[str], months: int, limit: int) -> None:
    terms = regime(kpi(repeat=None), triggers=[trigger(measure="points", months=months, at_least=limit)])
    points = [{PASS: 0, FAIL: 1, "97.5": 2, "95": 4}[one] for one in results]
    expected = [n for n in range(1, len(points) + 1) if sum(points[max(n - months, 0) : n]) >= limit]
    assert tripped_in(terms, results) == expected


@pytest.mark.parametrize(("comparison", "expected"), [("at_least", [3, 4]), ("more_than", [])])
def test_exactly_the_limit_is_at_least_and_not_more(comparison: str, expected: list[int]) -> None:
    limit: dict[str, Any] = {comparison: 2}
    terms = regime(kpi(repeat=None), triggers=[trigger(measure="failures", months=3, **limit)])
    assert tripped_in(terms, [PASS, FAIL, FAIL, PASS, PASS]) == expected


def test_a_contract_year_s_sum_begins_anew() -> None:
    terms = regime(kpi(repeat=None), triggers=[trigger(measure="points", window="contract_year", at_least=2)])
    assert tripped_in(terms, [FAIL, PASS, FAIL] + [PASS] * 9 + [FAIL, PASS]) == list(range(3, 13))


def test_consecutive_means_in_each_of_them() -> None:
    terms = regime(triggers=[trigger(measure="failures", window="consecutive", months=2, at_least=1)])
    assert tripped_in(terms, [FAIL, PASS, FAIL, FAIL, FAIL]) == [4, 5]


def test_consecutive_quarters_are_those_in_which_the_kpi_is_measured() -> None:
    condition: dict[str, Any] = {
        "measure": "failures",
        "kpis": ["cad"],
        "window": "consecutive",
        "months": 2,
        "at_least": 1,
    }
    terms = regime(kpi(measurement_months=3), triggers=[trigger(**condition)])
    assert tripped_in(terms, [None, None, FAIL, None, None, FAIL, None, None, PASS]) == [6]


def test_the_same_band_in_consecutive_years() -> None:
    condition: dict[str, Any] = {
        "measure": "failures",
        "bands": ["below_threshold"],
        "window": "consecutive",
        "months": 2,
    }
    terms = regime(triggers=[trigger(**condition, at_least=1)])
    assert tripped_in(terms, ["95", "96.5", "95", "94"]) == [4]


def test_credits_that_reach_the_cap_set_off_termination() -> None:
    condition: dict[str, Any] = {"measure": "credits_percent_of_cap", "cap": "cap", "months": 12, "at_least": 100}
    terms = regime(caps=[cap(amount=3000, over="contract_year")], triggers=[trigger(**condition)])
    assert tripped_in(terms, [FAIL, PASS, FAIL, PASS, FAIL, PASS]) == [5, 6]


def test_three_termination_points_in_thirteen_months_end_a_contract() -> None:
    """More than a quarter of a month's charges, or a fifth in each of three months, is one of them."""
    heavy = {
        "id": "point",
        "conditions": [
            {"measure": "credits_percent_of_charges", "more_than": 25},
            {"measure": "credits_percent_of_charges", "window": "consecutive", "months": 3, "more_than": 20},
        ],
        "effects": ["notice"],
    }
    end = trigger(("termination_right",), "end", measure="tripped", trigger="point", months=13, at_least=3)
    shortfall = {"id": "s", "method": "shortfall", "kpis": ["cad"], "rate_percent": 1, "partial": "prorata"}
    terms = regime(credits=[shortfall], triggers=[heavy, end])
    values = ["73", "99", "78", "78", "78", "99", "70"]
    assert tripped_in(terms, values, "point") == [1, 5, 7]
    assert tripped_in(terms, values, "end") == [7]


def test_all_conditions_may_be_wanted() -> None:
    both = trigger(measure="points", at_least=1)
    both["conditions"].append({"measure": "failures", "material": True, "at_least": 1})
    assert tripped_in(regime(triggers=[both]), [FAIL, "97.5"]) == [1, 2]
    assert tripped_in(regime(triggers=[{**both, "when": "all"}]), [FAIL, "97.5"]) == [2]


def test_points_that_compensation_replaced_are_not_in_later_sums() -> None:
    worst = trigger(("suppress_points",), "worst", measure="below_threshold_percent", at_least=50)
    later = trigger(measure="points", months=2, at_least=4)
    assert tripped_in(regime(triggers=[worst, later]), ["95", FAIL]) == []
    assert tripped_in(regime(triggers=[later]), ["95", FAIL]) == [1, 2]


def test_a_trigger_cannot_depend_on_the_money_it_decides() -> None:
    with pytest.raises(ValueError, match="cannot look at money"):
        regime(triggers=[trigger(("withhold_period_charges",), measure="credits", at_least=1)])
    with pytest.raises(ValueError, match="no such trigger above"):
        regime(triggers=[trigger(measure="tripped", trigger="t", at_least=1)])
    with pytest.raises(ValueError, match="a share of several months has no sum"):
        regime(triggers=[trigger(measure="below_threshold_percent", months=3, at_least=50)])


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"months": 3, "at_least": 2}, "rolling 3 months, at least 2"),
        ({"months": 3, "more_than": 1}, "rolling 3 months, more than 1"),
        ({"window": "contract_year", "at_least": 2}, "contract year, at least 2"),
    ],
)
def test_a_month_tells_which_months_set_it_off(condition: dict[str, Any], words: str) -> None:
    terms = regime(triggers=[trigger(measure="points", **condition)])
    result = told(terms, figures([FAIL, PASS, FAIL]))[2].triggers[0]
    assert result.months == ("2026-01", "2026-03")
    assert str(result.working[0]) == f"points, {words}: 1 + 0 + 1 = 2"


def test_a_share_of_no_charges_is_nothing() -> None:
    terms = regime(triggers=[trigger(measure="credits_percent_of_charges", at_least=1)])
    (result,) = told(terms, figures([FAIL], charges={}))
    assert result.triggers == ()
    assert result.points == Fraction(1)
