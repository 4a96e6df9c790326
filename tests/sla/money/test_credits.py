"""Money: laws that hold for every method, and the parts that the cases of real contracts leave open."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.results import Measured, Misreport, MonthInput, Occurrence
from tests.sla.regimes import CHARGES, FIRST, credits_of, figures, kpi, points_of, regime, told

RULES: dict[str, dict[str, Any]] = {
    "points": {"per_point_percent": "1.3"},
    "shortfall": {"kpis": ["cad"], "rate_percent": "0.7", "partial": "prorata"},
    "tiers": {"kpi": "cad", "tiers": [{"below": 99, "percent": 10}, {"below": 97, "percent": 25}]},
    "at_risk_pool": {"at_risk_percent": 10, "allocation": {"cad": 40}},
    "ladder": {"between": "step_down", "rungs": [{"at_least": 1, "percent": 1}, {"at_least": 3, "percent": 5}]},
    "ratchet": {"free": 1, "per_point": 7, "slices": [{"up_to": 3, "factor": 1}, {"factor": 2}]},
    "fixed": {"amounts": {"cad": 500}},
    "bands": {"kpis": ["cad"]},
}
methods = st.sampled_from(sorted(RULES))
values = st.decimals(90, 100, places=3)
windows = st.sampled_from(["period", "contract_year"])


def rule(method: str, **changed: Any) -> dict[str, Any]:
    return {"id": method, "method": method, **RULES[method], **changed}


@given(methods, values, values)
def test_a_worse_result_never_costs_less(method: str, one: Decimal, other: Decimal) -> None:
    """Credits are monotone in points, whatever the method."""
    terms = regime(credits=[rule(method)])
    (worse,), (better,) = credits_of(terms, [min(one, other)]), credits_of(terms, [max(one, other)])
    assert worse >= better


@given(
    methods, st.lists(values, min_size=1, max_size=6), st.integers(0, 20), st.sampled_from(["period", "contract_year"])
)
def test_a_cap_limits_money_and_never_touches_points(
    method: str, results: list[Decimal], percent: int, over: str
) -> None:
    cap = {"id": "cap", "percent": percent, "base": "period", "over": over}
    capped, free = regime(credits=[rule(method)], caps=[cap]), regime(credits=[rule(method)])
    assert points_of(capped, results) == points_of(free, results)
    paid = credits_of(capped, results)
    limit = Decimal(100_000) * percent / 100
    assert (max(paid) if over == "period" else sum(paid)) <= limit
    assert all(one <= other for one, other in zip(paid, credits_of(free, results), strict=True))


@given(methods, st.lists(values, min_size=1, max_size=4))
def test_the_working_ends_with_the_amount(method: str, results: list[Decimal]) -> None:
    for result in told(regime(credits=[rule(method)]), figures(results)):
        for line in result.credit.lines:
            assert line.working[-1].result == f"{line.amount:f}"
        assert sum((line.amount for line in result.credit.lines), Decimal(0)) == result.credit.before_caps


WORKINGS = {
    "at_risk_pool": ["amount at risk: 10 % × 100000 = 10000", "credit: 100 % × 40 % × 10000 = 4000.00"],
    "bands": ["amount of severe: at least 96, below 97 = 30", "credit: cad is in severe = 30.00"],
    "fixed": ["credit: cad missed its target = 500.00"],
    "ladder": ["rung: 6 points = 5 %", "credit: 5 % × 100000 = 5000.00"],
    "points": ["points: 6 (cad) = 6", "credit: 6 points × 1.3 % × 100000 = 7800.00"],
    "ratchet": ["credit: 2 × 7 × 1 + 3 × 7 × 2 = 56.00"],
    "shortfall": ["shortfall: |99 − 96.5| = 2.5", "per cent: 2.5 × 0.7 = 1.75", "credit: 1.75 % × 100000 = 1750.00"],
    "tiers": ["tier: 96.5 = 25 %", "credit: 25 % × 100000 = 25000.00"],
}


@pytest.mark.parametrize("method", sorted(RULES))
def test_the_working_can_be_followed(method: str) -> None:
    """The second month in a row below target, with six points."""
    (line,) = told(regime(credits=[rule(method)]), figures(["98.5", "96.5"]))[1].credit.lines
    assert [str(each) for each in line.working] == WORKINGS[method]


def test_the_working_of_a_pool_says_where_it_ends() -> None:
    terms = regime(kpi(), kpi("rms"), credits=[rule("at_risk_pool", allocation={"cad": 60, "rms": 70})])
    both = {name: Measured(Fraction("98.5")) for name in ("cad", "rms")}
    lines = told(terms, [MonthInput(FIRST, both, CHARGES)])[0].credit.lines
    assert [str(line.working[-1]) for line in lines] == [
        "credit: 100 % × 60 % × 10000 = 6000.00",
        "credit: 100 % × 70 % × 10000, no more than the 4000 left at risk = 4000.00",
    ]


@pytest.mark.parametrize("method", sorted(RULES))
def test_bedding_in_costs_points_and_no_money(method: str) -> None:
    terms = regime(kpi(bedding_in_until="2026-03-01"), credits=[rule(method)])
    assert points_of(terms, ["96.5"] * 3) == [3, 6, 6]
    assert [amount > 0 for amount in credits_of(terms, ["96.5"] * 3)] == [False, False, True]


@pytest.mark.parametrize("method", sorted(RULES))
def test_a_pi_is_reported_and_costs_nothing(method: str) -> None:
    free = [{"name": "met", "at_least": 99}, {"name": "missed", "below": 99}]
    terms = regime(kpi(kind="PI", bands=free, threshold=None), credits=[rule(method)])
    (result,) = told(terms, figures(["90"]))
    assert result.kpis[0].band == "missed"
    assert result.credit.total == 0


def test_a_credit_is_of_the_service_that_it_names() -> None:
    charges = {"": Decimal(1000), "cad": Decimal(300), "rms": Decimal(700)}
    whole, own = rule("points", per_point_percent=1), rule("points", id="own", per_point_percent=1, service="cad")
    (result,) = told(regime(credits=[whole, own]), figures(["98.5"], charges=charges))
    assert [line.amount for line in result.credit.lines] == [Decimal("20.00"), Decimal("3.00")]
    assert result.credit.by_service == {"": Decimal("20.00"), "cad": Decimal("3.00")}


def test_what_is_earned_back_is_what_was_paid_after_the_cap() -> None:
    """Held at 4 % of 100,000, capped to 1,000; the two periods since are at target on average."""
    pool = rule("at_risk_pool", earn_back={"periods": 2})
    cap = {"id": "cap", "amount": 1000, "over": "period"}
    values = ["98.5", "99.5", "99"]
    assert credits_of(regime(credits=[pool]), values) == [4000, 0, -4000]
    assert credits_of(regime(credits=[pool], caps=[cap]), values) == [1000, 0, -1000]
    assert credits_of(regime(credits=[pool]), ["98.5", "99.5", "98.4"]) == [4000, 0, 4000]
    assert credits_of(regime(credits=[pool]), ["98.5", None, "99.5"]) == [4000, 0, 0]


def test_blocks_of_an_outage_are_counted_as_the_contract_says() -> None:
    def price(blocks: str, **rest: Any) -> list[Decimal]:
        unit = {"id": "u", "method": "unit_rate", "rate": 10, "block": "1h", "blocks": blocks, **rest}
        outage = (Occurrence(5_400_000), Occurrence(3_600_000))
        month = MonthInput(FIRST, charges=CHARGES, occurrences={"": outage})
        return [line.amount for line in told(regime(credits=[unit]), [month])[0].credit.lines]

    assert price("full") == [10, 10]
    assert price("begun") == [20, 10]
    assert price("prorata") == [15, 10]
    assert price("begun", max_blocks=2) == [20, 0]


def test_a_misreport_is_priced_as_it_was_found() -> None:
    terms = {"id": "m", "method": "misreporting", "deliberate_percent": 50, "otherwise_percent": 25}
    months = [MonthInput(FIRST, charges=CHARGES, misreports=(Misreport(Decimal(180), True, True),))]
    for none_if_corrected, expected in ((True, 180), (False, 270)):
        rules = [{**terms, "none_if_corrected": none_if_corrected}]
        assert told(regime(credits=rules), months)[0].credit.total == expected


def test_the_supplier_s_figure_counts_only_where_the_contract_says_so() -> None:
    both = Measured(Fraction(97), submitted=Fraction(99))
    signed = Measured(Fraction(97), submitted=Fraction(99), agreed=Fraction(98))

    def value(truth: str, measured: Measured) -> Fraction | None:
        terms = regime(kpi(source_of_truth=truth))
        result = told(terms, [MonthInput(FIRST, {"cad": measured}, CHARGES)])[0].kpis[0]
        assert result.difference == 2
        return result.value

    assert [value(truth, both) for truth in ("authority", "supplier", "joint")] == [97, 99, None]
    assert [value(truth, signed) for truth in ("authority", "supplier", "joint")] == [98, 98, 98]


def test_an_average_with_earlier_periods_is_banded_and_not_averaged_again() -> None:
    results = told(regime(kpi(average_with_previous=1)), figures(["100", "97", "99"]))
    assert [result.kpis[0].value for result in results] == [100, Fraction("98.5"), 98]
    assert [result.kpis[0].figure for result in results] == [100, 97, 99]


def test_a_figure_that_could_not_be_assessed_is_not_averaged_in() -> None:
    hidden = MonthInput(FIRST, {"cad": Measured(Fraction(50), is_assessable=False)}, CHARGES)
    results = told(regime(kpi(average_with_previous=2)), [hidden, *figures([None, "99", "97"])[1:]])
    assert [result.kpis[0].value for result in results[1:]] == [99, 98]


def test_terms_of_credits_that_cannot_be_are_refused() -> None:
    for broken in (
        rule("tiers", tiers=[{"below": 99, "above": 98, "percent": 10}]),
        rule("tiers", tiers=[{"below": 99, "percent": 10}, {"above": 98, "percent": 10}]),
        rule("ladder", rungs=[{"at_least": 5, "percent": 1}, {"at_least": 5, "percent": 2}]),
        rule("ratchet", slices=[{"up_to": 3, "factor": 1}]),
        rule("fixed", amounts={"nobody": 5}),
        rule("points", min_payout={}),
        {"id": "u", "method": "unit_rate", "block": "2h"},
        {"id": "u", "method": "unit_rate", "rate": 1, "share": "1/30", "block": "2h"},
        {"id": "u", "method": "unit_rate", "rate": 1},
    ):
        with pytest.raises(ValueError, match="validation error"):
            regime(credits=[broken])
