"""Runs of failures, and one incident that fails several KPIs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.results import Measured, MonthInput, Waived
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


def waived_month(values: list[str], waived: dict[str, bool]) -> Any:
    """Points and money of related failures, some of them waived; True: the points stand. A point costs £1,000."""
    rule = {"group": "cad", "dedupe": "highest"}
    names = [f"k{n}" for n in range(len(values))]
    terms = regime(*(kpi(name, related=rule) for name in names))
    measured = {name: Measured(Fraction(value)) for name, value in zip(names, values, strict=True)}
    notes = {name: Waived("entry 1", points_stand) for name, points_stand in waived.items()}
    return told(terms, [MonthInput("2026-01", measured, CHARGES, waived=notes)])[0]


def test_a_waived_failure_shields_no_other() -> None:
    """Four points and three: with the four waived, the three are due, and the working says of each why."""
    result = waived_month(["95", "96.5"], {"k0": False})
    assert [one.points for one in result.kpis] == [0, 3]
    assert result.credit.total == 3000
    assert "waived" in str(result.kpis[0].working[-1])


def test_a_failure_that_costs_no_money_does_not_make_its_incident_free() -> None:
    """The money of the four points is waived: the incident still has four points, and three of them cost money."""
    result = waived_month(["95", "96.5", "97.5"], {"k0": True})
    assert [one.points for one in result.kpis] == [1, 3, 0]
    assert (result.points, result.credit.total) == (4, 3000)
    assert str(result.kpis[0].working[-1]) == "related failure: one incident, 3 of its points are those of k1 = 1"
    assert str(result.kpis[2].working[-1]) == "related failure: one incident, the points of k0 stand = 0"


@given(
    st.lists(st.sampled_from(["99.5", "98.5", "97.5", "96.5", "95"]), min_size=1, max_size=4),
    st.dictionaries(st.sampled_from(["k0", "k1", "k2", "k3"]), st.booleans(), max_size=4),
)
def test_an_incident_costs_the_worst_that_is_not_waived(values: list[str], waived: dict[str, bool]) -> None:
    result = waived_month(values, waived)
    points = {f"k{n}": {"99.5": 0, "98.5": 1, "97.5": 2, "96.5": 3, "95": 4}[one] for n, one in enumerate(values)}
    standing = [value for name, value in points.items() if waived.get(name, True)]
    paid = [value for name, value in points.items() if name not in waived]
    assert result.points == max(standing, default=0)
    assert result.credit.total == max(paid, default=0) * 1000
