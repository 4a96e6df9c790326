"""Runs of failures, and one incident that fails several KPIs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.results import Measured, MonthInput
from tests.sla.regimes import CHARGES, figures, kpi, points_of, regime, told

results = st.lists(st.sampled_from([None, "99.5", "98.5", "97.5", "96.5", "95"]), max_size=12)
meanings = st.sampled_from(["breaks", "keeps", "counts"])


def slow_points(values: list[str | None], on_missing: str, factor: int, compounding: bool) -> list[int]:
    """The obvious way: for each month count back over the failures before it."""
    found = []
    for position, value in enumerate(values):
        if value is None:
            found.append(0)
            continue
        own = next(points for edge, points in [(99, 0), (98, 1), (97, 2), (96, 3), (0, 4)] if Fraction(value) >= edge)
        run = 0
        for earlier in reversed(values[:position]):
            if earlier is None and on_missing == "keeps":
                continue
            if (earlier is None and on_missing == "breaks") or (earlier is not None and Fraction(earlier) >= 99):
                break
            run += 1
        found.append(own * (1 if not run else factor ** (run if compounding else 1)))
    return found


@given(results, meanings, st.sampled_from([2, 3]), st.booleans())
def test_points_agree_with_counting_back(
    values: list[str | None], on_missing: str, factor: int, compounding: bool
) -> None:
    terms = regime(kpi(repeat={"factor": factor, "compounding": compounding, "on_missing": on_missing}))
    assert points_of(terms, values) == slow_points(values, on_missing, factor, compounding)


@given(results, st.integers(0, 12))
def test_a_month_depends_on_the_months_before_it_only(values: list[str | None], cut: int) -> None:
    assert points_of(regime(), values[:cut]) == points_of(regime(), values)[:cut]


def test_a_figure_that_is_not_assessable_is_shown_and_costs_nothing() -> None:
    months = figures(["96.5", "96.5"])
    hidden = Measured(Fraction(90), coverage=Fraction(1, 2), is_assessable=False)
    results = told(regime(), [MonthInput("2026-01", {"cad": hidden}, CHARGES), months[1]])
    first = results[0].kpis[0]
    assert first.value == 90
    assert (first.band, first.is_met) == (None, None)
    assert first.points == 0
    assert results[0].credit.total == 0
    assert results[1].points == 3


def month_of_two(one: str, other: str) -> MonthInput:
    return MonthInput("2026-01", {"cad": Measured(Fraction(one)), "speed": Measured(Fraction(other))}, CHARGES)


def related(dedupe: str) -> Any:
    rule = {"group": "cad", "dedupe": dedupe}
    return regime(kpi(related=rule), kpi("speed", related=rule))


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("98.5", "96.5", [0, 3]), ("96.5", "98.5", [3, 0]), ("97.5", "97.5", [2, 0])]
)
def test_one_incident_costs_the_highest_points_once(one: str, other: str, expected: list[int]) -> None:
    result = told(related("highest"), [month_of_two(one, other)])[0]
    assert [one.points for one in result.kpis] == expected
    assert [one.is_met for one in result.kpis] == [False, False]
    assert result.points == sum(expected)


def test_related_failures_without_dedupe_both_cost() -> None:
    assert told(related("none"), [month_of_two("98.5", "96.5")])[0].points == 4


def test_a_failure_that_lost_its_points_still_counts_in_a_run() -> None:
    months = [month_of_two("98.5", "96.5"), MonthInput("2026-02", {"cad": Measured(Fraction("98.5"))}, CHARGES)]
    second = told(related("highest"), months)[1].kpi("cad")
    assert second is not None
    assert second.is_repeat
    assert second.points == 2
