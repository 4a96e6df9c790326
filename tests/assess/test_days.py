"""Dated terms against a walk over every day: what a month costs, what caps its credits, and who bears them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla_monitor.assess import assess_month
from sla_monitor.contract.load import load_contract
from sla_monitor.periods.months import last_day
from sla_monitor.sla.results import PeriodResult

from .records import Record, entries, ms

CONTRACT = """\
id: force-ict
authority: A police force
supplier: A supplier
term: {{start: {start}, end: {end}}}
time_zone: Europe/London
currency: GBP
participants:
{participants}
services: [{{id: cad}}]
kpis: [{{id: KPI1, indicator: submitted, target: 98}}]
charges:
  part_months: {part_months}
  monthly:
{monthly}
  indexation:
{rises}
credits: [{{id: failure, method: fixed, amounts: {{KPI1: 1000.01}}}}]
caps: [{{id: year, percent: 10, base: contract_year, over: contract_year}}]
"""
PEOPLE = ("force", "commissioner", "partner")


@dataclass(frozen=True)
class Scene:
    """Amounts in pence and rises in per cent from days of the term on; shares of three until a day and from it on."""

    start: date
    days: int
    is_whole: bool
    amounts: tuple[tuple[int, int], ...]
    rises: tuple[tuple[int, int], ...]
    change: int
    before: tuple[int, int, int]
    after: tuple[int, int, int]

    def on(self, day: int) -> date:
        return self.start + timedelta(days=day)

    @property
    def text(self) -> str:
        change = self.on(self.change)
        halves = [(self.before, f"until: {change}"), (self.after, f"from: {change}")]
        people = [
            f"  - {{id: {name}, share: {share}, {when}}}"
            for shares, when in halves
            for name, share in zip(PEOPLE, shares, strict=True)
            if share
        ]
        monthly = [
            f"    - {{amount: {Decimal(pence).scaleb(-2)}, from: {self.on(day)}}}" for day, pence in self.amounts
        ]
        rises = [f"    - {{percent: {percent}, from: {self.on(day)}}}" for day, percent in self.rises]
        return CONTRACT.format(
            start=self.start,
            end=self.on(self.days),
            part_months="whole" if self.is_whole else "by_day",
            participants="\n".join(people),
            monthly="\n".join(monthly) or "    []",
            rises="\n".join(rises) or "    []",
        )

    def cost(self, day: int) -> Fraction:
        """What a month of such days would cost."""
        cost = sum((Fraction(pence, 100) for since, pence in self.amounts if since <= day), Fraction(0))
        for since, percent in self.rises:
            cost *= 1 + Fraction(percent if since <= day else 0, 100)
        return cost

    def month(self, name: str) -> list[int]:
        return [day for day in range(self.days + 1) if f"{self.on(day):%Y-%m}" == name]

    def charges(self, name: str) -> Fraction:
        days = self.month(name)
        of = len(days) if self.is_whole else last_day(name).day
        return sum((self.cost(day) for day in days), Fraction(0)) / of

    def share(self, place: int, name: str) -> Fraction:
        days = self.month(name)[-1:] if self.is_whole else self.month(name)
        costs = [self.cost(day) for day in days]
        weights = costs if len(set(costs)) > 1 else [Fraction(1)] * len(days)
        shares = [(self.before if day < self.change else self.after)[place] for day in days]
        return sum((w * s for w, s in zip(weights, shares, strict=True)), Fraction(0)) / sum(weights) / 100


day = st.integers(0, 150)
SHARES = [(100, 0, 0), (60, 40, 0), (50, 30, 20), (0, 30, 70)]
scenes = st.builds(
    lambda shares, **rest: Scene(before=shares[0], after=shares[1], **rest),
    shares=st.permutations(SHARES),
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    days=st.integers(20, 200),
    is_whole=st.sampled_from([False, False, True]),
    amounts=st.lists(st.tuples(day, st.integers(10**6, 10**8)), min_size=1, max_size=3).map(tuple),
    rises=st.lists(st.tuples(day, st.integers(-9, 30)), max_size=3).map(tuple),
    change=st.integers(1, 19),
)


def assessed(scene: Scene, name: str, folder: Path) -> Any:
    file = folder / "contract.yaml"
    file.write_text(scene.text)
    said = {"kind": "figure", "kpi": "KPI1", "month": name, "party": "authority", "value": "90"}
    return assess_month(load_contract(file), Record(said=entries(said)), name, ms("2030-01-01T00:00Z"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenes, st.none() | st.integers(0, 200))
def test_money_by_date_agrees_with_a_walk_over_every_day(tmp_path: Path, scene: Scene, at: int | None) -> None:
    """In any month, but mostly in that in which the shares change."""
    at = scene.change if at is None else at
    name = f"{scene.on(min(at, scene.days)):%Y-%m}"
    found = assessed(scene, name, tmp_path)
    result: PeriodResult = found.result
    cent = Fraction(1, 100)
    assert abs(sum(map(Fraction, result.charges.values())) - scene.charges(name)) <= cent / 2
    months = dict.fromkeys(f"{scene.on(one):%Y-%m}" for one in range(scene.days + 1))
    year = sum((scene.charges(one) for one in months), Fraction(0))
    assert abs(Fraction(result.credit.caps[0].limit) - year / 10) <= cent
    credit = result.credit.total
    assert credit == min(Decimal("1000.01"), result.credit.caps[0].limit)
    assert sum(found.shares.values()) == credit
    for place, person in enumerate(PEOPLE):
        exact = scene.share(place, name) * Fraction(credit)
        assert abs(Fraction(found.shares.get(person, 0)) - exact) < cent
