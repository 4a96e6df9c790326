"""Windows of days against a slow oracle, which tries every window there is."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.months import name_of, shifted
from sla_monitor.sla.results import DayDowntime, MonthInput, PeriodResult
from tests.sla.regimes import CHARGES, FIRST, kpi, regime, told

HOUR = 3_600_000
DAY_ONE = date(2026, 1, 1)
MONTHS = 4
days_down = st.lists(
    st.tuples(st.integers(0, 115), st.integers(1, 24), st.booleans(), st.sampled_from(["one", "two"])), max_size=14
)
"""On a day, so many hours, whether the outage began the day before, and of which KPI."""


def months_of(several: list[tuple[int, int, bool, str]]) -> list[MonthInput]:
    found: list[tuple[str, DayDowntime]] = []
    for number, (position, hours, is_longer, name) in enumerate(several):
        day = DAY_ONE + timedelta(days=position)
        if is_longer and position:
            found.append((name, DayDowntime(day - timedelta(days=1), number, Fraction(HOUR))))
        found.append((name, DayDowntime(day, number, Fraction(hours * HOUR))))
    months = [shifted(FIRST, n) for n in range(MONTHS)]
    return [
        MonthInput(
            month,
            charges=CHARGES,
            by_day={
                name: tuple(one for of, one in found if of == name and name_of(one.day) == month)
                for name in ("one", "two")
            },
        )
        for month in months
    ]


def run(condition: dict[str, Any], several: list[tuple[int, int, bool, str]]) -> list[PeriodResult]:
    kpis = [kpi(name, indicator="availability", service="cad") for name in ("one", "two")]
    terms = regime(*kpis, triggers=[{"id": "t", "conditions": [condition], "effects": ["notice"]}])
    return list(told(terms, months_of(several)))


def amount(measure: str, several: list[tuple[int, int, bool, str]], window: set[date]) -> Fraction:
    """What lies in a set of days."""
    hours, outages = 0, 0
    for position, lasted, is_longer, _ in several:
        day = DAY_ONE + timedelta(days=position)
        days = {day: lasted} | ({day - timedelta(days=1): 1} if is_longer and position else {})
        inside = [hour for on, hour in days.items() if on in window]
        hours, outages = hours + sum(inside), outages + bool(inside)
    return Fraction(hours if measure == "downtime_hours" else outages)


@given(days_down, st.sampled_from(["downtime_hours", "outages"]), st.integers(1, 70), st.integers(1, 40))
def test_what_any_window_of_days_holds_sets_it_off(
    several: list[tuple[int, int, bool, str]], measure: str, days: int, limit: int
) -> None:
    results = run({"measure": measure, "days": days, "more_than": limit}, several)
    ends = [DAY_ONE + timedelta(days=n) for n in range(120)]
    windows = {end: {end - timedelta(days=back) for back in range(days)} for end in ends}
    over = [end for end, window in windows.items() if amount(measure, several, window) > limit]
    fired = {one.on: result for result in results for one in result.triggers}
    assert bool(fired) == bool(over)
    if over:
        assert min(fired, key=str) == min(over)
    for on in fired:
        assert on in over
        assert amount(measure, several, {on}) > 0


@given(days_down, st.integers(1, 5), st.integers(1, 12))
def test_days_in_a_row_each_reach_the_limit(several: list[tuple[int, int, bool, str]], days: int, limit: int) -> None:
    results = run({"measure": "downtime_hours", "window": "consecutive", "days": days, "at_least": limit}, several)
    holds = [amount("downtime_hours", several, {DAY_ONE + timedelta(days=n)}) >= limit for n in range(120)]
    over = [DAY_ONE + timedelta(days=n) for n in range(days - 1, 120) if all(holds[n - days + 1 : n + 1])]
    firsts = {name_of(day): day for day in reversed(over)}
    assert {result.month: one.on for result in results for one in result.triggers} == firsts


@given(days_down, st.integers(1, 4), st.integers(1, 6))
def test_outages_of_months_count_once(several: list[tuple[int, int, bool, str]], months: int, limit: int) -> None:
    results = run({"measure": "outages", "months": months, "at_least": limit}, several)
    expected = []
    for n in range(MONTHS):
        names = {shifted(FIRST, k) for k in range(max(n - months + 1, 0), n + 1)}
        window = {day for day in (DAY_ONE + timedelta(days=k) for k in range(120)) if name_of(day) in names}
        expected.append(amount("outages", several, window) >= limit)
    assert [bool(result.triggers) for result in results] == expected


def test_a_window_begins_no_earlier_than_the_term() -> None:
    """Twenty-three hours on the first day of the term are all that any window of it holds."""
    (first, *_) = run({"measure": "downtime_hours", "days": 30, "at_least": 23}, [(0, 23, False, "one")])
    assert [f"{one.on}" for one in first.triggers] == ["2026-01-01"]


def test_a_pi_counts_where_it_is_named_alone() -> None:
    reported = kpi("one", indicator="availability", service="cad", kind="PI", bands=None, threshold=None, repeat=None)
    month = MonthInput(FIRST, charges=CHARGES, by_day={"one": (DayDowntime(DAY_ONE, 1, Fraction(5 * HOUR)),)})
    for named, fires in (((), False), (("one",), True)):
        condition = {"measure": "outages", "days": 1, "at_least": 1, "kpis": named}
        terms = regime(reported, triggers=[{"id": "t", "conditions": [condition], "effects": ["notice"]}], credits=[])
        assert bool(told(terms, [month])[0].triggers) == fires


def test_conditions_of_days_and_of_months_stand_in_one_trigger() -> None:
    """The month holds for all of its days; where any condition is enough, the first day of all stands."""
    lost = {"one": tuple(DayDowntime(date(2026, 1, day), day, Fraction(5 * HOUR)) for day in (3, 9, 20))}
    by_days = {"measure": "downtime_hours", "days": 7, "at_least": 10}
    later = {"measure": "outages", "days": 20, "at_least": 3}
    by_month = {"measure": "outages", "at_least": 3}
    kpis = [kpi("one", indicator="availability", service="cad")]

    def on(when: str, *conditions: dict[str, Any]) -> list[str]:
        terms = regime(*kpis, triggers=[{"id": "t", "when": when, "conditions": conditions, "effects": ["notice"]}])
        (result,) = told(terms, [MonthInput(FIRST, charges=CHARGES, by_day=lost)])
        return [f"{one.on}" for one in result.triggers]

    assert on("any", by_days, later) == ["2026-01-09"]
    assert on("all", by_days, later) == []
    assert on("all", by_month, later) == ["2026-01-20"]
    assert on("all", by_days, {**by_month, "at_least": 4}) == []
    assert on("any", by_month) == ["None"]


def test_a_day_that_was_merely_degraded_sets_off_no_outages() -> None:
    """What counts of degraded time is downtime, and no outage: of the two measures only hours are set off by it."""
    lost = {30: (7, Fraction(1)), 31: (None, Fraction(5 * HOUR))}
    days = [(DAY_ONE + timedelta(days=n), DayDowntime(DAY_ONE + timedelta(days=n), *of)) for n, of in lost.items()]
    found = {}
    for measure in ("outages", "downtime_hours"):
        conditions = [{"measure": measure, "days": 30, "at_least": 1}]
        terms = regime(
            kpi("one", indicator="availability", service="cad"),
            triggers=[{"id": "t", "conditions": conditions, "effects": ["notice"]}],
        )
        months = [
            MonthInput(month, charges=CHARGES, by_day={"one": tuple(one for day, one in days if name_of(day) == month)})
            for month in (FIRST, shifted(FIRST, 1))
        ]
        found[measure] = [[one.on for one in result.triggers] for result in told(terms, months)]
    assert found == {"outages": [[date(2026, 1, 31)], []], "downtime_hours": [[], [date(2026, 2, 1)]]}
