"""Credits that are days and no money."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sla.regimes import figures, kpi, regime, told


def days(**changed: Any) -> dict[str, Any]:
    tiers = [{"below": 99, "days": 1}, {"below": 97, "days": 5}]
    return {"id": "days", "method": "days", "kpi": "cad", "gives": "added_term", "tiers": tiers, **changed}


def test_the_most_days_that_hold_are_given_and_no_money() -> None:
    good, late, bad = told(regime(credits=[days(clause="4.2")]), figures(["99", "98.9", "96"]))
    assert good.credit.lines == ()
    assert [str(one.credit.lines[0].given) for one in (late, bad)] == [
        "1 day added to the term",
        "5 days added to the term",
    ]
    assert bad.credit.total == bad.credit.before_caps == 0
    assert [str(step) for step in bad.credit.lines[0].working] == [
        "tier, days: 96 = 5 [4.2]",
        "credit: 5 days added to the term, no money = 0.00 [4.2]",
    ]


def test_the_days_of_a_contract_year_end() -> None:
    months = told(regime(credits=[days(max_days=6)]), figures(["96"] * 13))
    given = [line.given.days for month in months for line in month.credit.lines if line.given]
    assert given == [5, 1, *[0] * 10, 5]
    assert (
        str(months[1].credit.lines[0].working[1])
        == "days left in the contract year: 6 less the 5 of earlier months = 1"
    )


@pytest.mark.parametrize(
    "changed", [{"bedding_in_until": "2027-01-01"}, {"kind": "PI", "bands": None, "threshold": None, "repeat": None}]
)
def test_what_costs_nothing_gives_no_days(changed: dict[str, Any]) -> None:
    (month,) = told(regime(kpi(**changed), credits=[days()]), figures(["96"]))
    assert month.credit.lines == ()


def test_terms_of_days_that_cannot_be_are_refused() -> None:
    for broken in (
        days(tiers=[]),
        days(tiers=[{"below": 99, "days": 0}]),
        days(tiers=[{"below": 99, "days": 1}, {"above": 99, "days": 1}]),
        days(gives="cake"),
        days(min_payout={"at_least": 1}),
    ):
        with pytest.raises(ValueError, match="validation error"):
            regime(credits=[broken])
