"""Failures that cost nothing unless they repeat, against an oracle that looks at whole runs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.terms import Terms
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.results import Waived
from tests.sla.regimes import CHARGES, FIRST, credits_of, figures, kpi, regime, told

FAIL, PASS = "98.5", "99.5"


def rule(**repeated: Any) -> dict[str, Any]:
    return {"id": "fixed", "method": "fixed", "amounts": {"cad": 300}, "only_if_repeated": repeated}


def terms_with(pays: str = "all", periods: int = 2, **rest: Any) -> Terms:
    return regime(credits=[rule(periods=periods, pays=pays)], **rest)


@given(st.lists(st.booleans(), max_size=14), st.integers(2, 4), st.sampled_from(["all", "latest"]))
def test_runs_that_are_long_enough_are_paid(failed: list[bool], periods: int, pays: str) -> None:
    expected: list[int] = []
    for is_failed, run in groupby(failed):
        length = len(list(run))
        for position in range(1, length + 1):
            due = 0 if not is_failed or position < periods else 1
            expected.append(300 * (periods if due and position == periods and pays == "all" else due))
    found = credits_of(terms_with(pays, periods), [FAIL if one else PASS for one in failed])
    assert found == expected


@given(st.lists(st.sampled_from([FAIL, PASS, None]), max_size=14), st.sampled_from(["breaks", "keeps", "counts"]))
def test_nothing_is_paid_twice_and_nothing_of_a_long_run_is_lost(values: list[str | None], on_missing: str) -> None:
    terms = regime(kpi(repeat={"factor": 1, "on_missing": on_missing}), credits=[rule(periods=2, pays="all")])
    results = told(terms, figures(values))
    paid = [line.month or result.month for result in results for line in result.credit.lines]
    held = [result.month for result in results for _ in result.credit.held]
    failed = [result.month for result, value in zip(results, values, strict=True) if value == FAIL]
    assert len(set(paid)) == len(paid)
    assert set(paid) | set(held) == set(failed)
    for position, result in enumerate(results):
        (one,) = result.kpis
        is_long = one.failures_in_a_row >= 2
        if values[position] == FAIL and is_long:
            assert result.month in paid


def test_each_is_worked_out_in_its_own_period_and_due_under_the_cap_of_the_last() -> None:
    tiers = {"id": "t", "method": "tiers", "kpi": "cad", "tiers": [{"below": 99, "percent": 10}]}
    cap = {"id": "cap", "percent": 12, "base": "period", "over": "period"}
    terms = regime(credits=[tiers | {"only_if_repeated": {"pays": "all"}}], caps=[cap])
    first, second = figures([FAIL, FAIL])
    months = [replace(first, charges={"": Decimal(50_000)}), replace(second, charges=CHARGES)]
    january, february = told(terms, months)
    assert [line.amount for line in january.credit.held] == [5000]
    assert (february.credit.before_caps, february.credit.total) == (15_000, 12_000)


@pytest.mark.parametrize(("waived", "expected"), [(0, [0, 300]), (1, [0, 300])])
def test_a_failure_that_was_let_pass_repeats_and_costs_nothing(waived: int, expected: list[int]) -> None:
    months = figures([FAIL, FAIL])
    months[waived] = replace(months[waived], waived={"cad": Waived("entry 1")})
    found = [result.credit.total for result in told(terms_with(), months)]
    assert found == expected


def test_what_the_last_month_of_the_term_holds_back_is_never_due() -> None:
    results = told(terms_with(), figures([PASS, FAIL]), TermMonths(FIRST, "2026-02"))
    assert [result.credit.total for result in results] == [0, 0]
    assert [line.amount for line in results[-1].credit.held] == [300]


def test_a_kpi_that_is_not_measured_for_a_while_begins_a_new_run() -> None:
    """The old run is over: what it held back is not due for a later one."""
    months = figures([FAIL, FAIL, FAIL])
    months[1] = replace(months[1], measured={}, unmeasured=frozenset({"cad"}))
    months.append(replace(figures([FAIL] * 4)[3]))
    results = told(terms_with(), months)
    assert [result.credit.total for result in results] == [0, 0, 0, 600]
    assert [line.month for line in results[-1].credit.lines] == [None, "2026-03"]


def test_compensation_in_place_of_credits_holds_nothing_back() -> None:
    trigger = {
        "id": "t",
        "conditions": [{"measure": "failures", "kpis": ["cad"], "window": "consecutive", "months": 2, "at_least": 1}],
        "effects": ["suppress_credits"],
    }
    results = told(terms_with(triggers=[trigger]), figures([FAIL, FAIL, FAIL]))
    assert [result.credit.total for result in results] == [0, 0, 0]
    assert [len(result.credit.held) for result in results] == [1, 0, 0]
