"""One of several credits: laws that hold for any rules and any months."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.sla.money.combined import combined
from sla_monitor.sla.results import CreditLine

RULES = ("a", "b", "c")
AMOUNTS = st.integers(-5_00, 1_000_00).map(lambda pence: Decimal(pence) / 100)
LINES = st.lists(st.tuples(st.sampled_from((*RULES, "other")), st.sampled_from(["", "x", "y"]), AMOUNTS), max_size=8)
LIMITS = st.none() | st.integers(0, 900_00).map(lambda pence: Decimal(pence) / 100)
PAYS = st.sampled_from(["greatest", "first", "sum"])
CHARGES = {"x": Decimal("333.33"), "y": Decimal(1000)}


def group(**terms: Any) -> Combined:
    return Combined.model_validate({"id": "g", "credits": RULES, **terms})


def lines_of(several: list[tuple[str, str, Decimal]]) -> list[CreditLine]:
    return [CreditLine(rule, None, service, amount, ()) for rule, service, amount in several]


def positive(lines: list[CreditLine]) -> list[CreditLine]:
    return [line for line in lines if line.rule in RULES and line.amount > 0]


@given(LINES, PAYS, st.sampled_from(["rules", "lines"]), LIMITS, st.booleans())
def test_what_is_paid_is_what_the_clause_says_to_the_penny(
    several: list[tuple[str, str, Decimal]], pays: str, among: str, limit: Decimal | None, by_service: bool
) -> None:
    if pays == "sum" and limit is None:
        return
    lines, scope = lines_of(several), "service" if by_service else "contract"
    terms = group(pays=pays, among=among, scope=scope, **({} if limit is None else {"max_amount": limit}))
    found = list(combined([terms], lines, CHARGES, "GBP"))
    for name in {line.service for line in lines} if by_service else {""}:
        ours = [line for line in positive(lines) if not by_service or line.service == name]
        sums: dict[Any, Decimal] = defaultdict(Decimal)
        for rule in RULES:
            for position, line in enumerate(ours):
                if line.rule == rule:
                    sums[rule if among == "rules" else (rule, position)] += line.amount
        amounts = list(sums.values()) or [Decimal(0)]
        due = {"greatest": max(amounts), "first": amounts[0], "sum": sum(amounts, Decimal(0))}[pays]
        paid = [
            after.amount
            for before, after in zip(lines, found, strict=True)
            if before in ours and (not by_service or before.service == name)
        ]
        assert sum(paid, Decimal(0)) == (due if limit is None else min(due, limit))
    for before, after in zip(lines, found, strict=True):
        if before.rule not in RULES or before.amount <= 0:
            assert after == before
        else:
            assert 0 <= after.amount <= before.amount == after.by_itself
            assert after.working[-1].what == "combined, g"
            assert after.amount == round(after.amount, 2)


@given(LINES)
def test_a_combination_of_rules_that_give_nothing_changes_nothing(several: list[tuple[str, str, Decimal]]) -> None:
    lines = [line for line in lines_of(several) if line.rule == "other"]
    assert combined([group(pays="greatest")], lines, CHARGES, "GBP") == tuple(lines)


def test_a_limit_is_of_all_charges_of_a_service_or_of_each_service() -> None:
    lines = lines_of([("a", "x", Decimal(900)), ("b", "y", Decimal(900))])

    def paid(**terms: Any) -> list[Decimal]:
        return [line.amount for line in combined([group(pays="sum", max_percent=10, **terms)], lines, CHARGES, "GBP")]

    assert paid() == [Decimal("66.67"), Decimal("66.66")]
    assert paid(service="y") == [50, 50]
    assert paid(scope="service") == [Decimal("33.33"), 100]


def test_two_combinations_do_not_touch_each_other() -> None:
    lines = lines_of([("a", "", Decimal(1)), ("b", "", Decimal(2)), ("c", "", Decimal(3)), ("other", "", Decimal(4))])
    groups = [
        Combined.model_validate({"id": "g", "credits": ["a", "b"], "pays": "greatest"}),
        Combined.model_validate({"id": "h", "credits": ["other", "c"], "pays": "first"}),
    ]
    assert [line.amount for line in combined(groups, lines, CHARGES, "GBP")] == [0, 2, 0, 4]


def test_a_currency_without_coins_is_shared_out_in_whole_units() -> None:
    lines = lines_of([("a", "", Decimal(100)), ("b", "", Decimal(100)), ("c", "", Decimal(100))])
    found = combined([group(pays="sum", max_amount=100)], lines, CHARGES, "JPY")
    assert [line.amount for line in found] == [34, 33, 33]
