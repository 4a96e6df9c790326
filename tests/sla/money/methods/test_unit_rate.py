"""Prices of outages by blocks, against an oracle that walks over every minute of each outage."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.downtime import CountedOutage
from sla_monitor.sla.results import Measured, MonthInput, Occurrence
from tests.sla.regimes import CHARGES, FIRST, regime, told

MINUTE = 60_000
BEGINS_MS = 1_767_225_600_000
KPI = {"id": "up", "service": "cad", "target": 99}

outages = st.lists(st.tuples(st.just(0) | st.integers(0, 200), st.integers(1, 300)), max_size=5)
"""Minutes before the period, and in it."""
rules = st.fixed_dictionaries(
    {"block": st.integers(1, 90), "blocks": st.sampled_from(["full", "begun"])},
    optional={"after": st.integers(1, 200), "rectified_within": st.integers(1, 200), "max_blocks": st.integers(1, 6)},
)


def rule_of(given_rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    lengths: dict[str, Any] = {
        key: f"{given_rule[key]}m" for key in ("block", "after", "rectified_within") if key in given_rule
    }
    return {"id": "u", "method": "unit_rate", "rate": 7, **given_rule, **lengths, **more}


def priced(several: list[tuple[int, int]], rule: dict[str, Any], *entered: int) -> list[Decimal]:
    measured = Measured(
        Fraction(50),
        outages=tuple(
            CountedOutage(BEGINS_MS - before * MINUTE, BEGINS_MS + inside * MINUTE, inside * MINUTE)
            for before, inside in several
        ),
        begins_ms=BEGINS_MS,
    )
    occurrences = {"u": tuple(Occurrence(minutes * MINUTE) for minutes in entered)}
    month = MonthInput(FIRST, {"up": measured}, CHARGES, occurrences=occurrences)
    return [line.amount for line in told(regime(KPI, credits=[rule]), [month])[0].credit.lines]


def blocks_of(minutes: int, rule: dict[str, Any]) -> int:
    """Blocks are taken off one after the other."""
    count = 0
    while minutes >= rule["block"]:
        count, minutes = count + 1, minutes - rule["block"]
    return count + (rule["blocks"] == "begun" and minutes > 0)


def walked(before: int, inside: int, rule: dict[str, Any]) -> list[bool]:
    """Of each minute in the period, whether it is past what costs nothing; none at all of what was put right."""
    if before + inside <= rule.get("rectified_within", 0):
        return []
    return [minute >= rule.get("after", 0) for minute in range(before + inside)][before:]


@given(outages, rules)
def test_each_outage_has_blocks_of_the_minutes_past_what_costs_nothing(
    several: list[tuple[int, int]], rule: dict[str, Any]
) -> None:
    left, expected = rule.get("max_blocks", 10**6), []
    for before, inside in several:
        paid = min(blocks_of(sum(walked(before, inside, rule)), rule), left)
        left -= paid
        expected.append(7 * paid)
    assert priced(several, rule_of(rule)) == expected


@given(outages, st.lists(st.integers(1, 300), max_size=3), rules)
def test_outages_of_the_period_have_their_blocks_together(
    several: list[tuple[int, int]], entered: list[int], rule: dict[str, Any]
) -> None:
    """What is entered without an area is of the only service on record."""
    all_of_it = [*several, *((0, minutes) for minutes in entered)]
    minutes = sum(len(walked(before, inside, rule)) for before, inside in all_of_it)
    blocks = blocks_of(max(minutes - rule.get("after", 0), 0), rule)
    expected = [7 * min(blocks, rule.get("max_blocks", blocks))] if all_of_it else []
    assert priced(several, rule_of(rule, blocks_of="period"), *entered) == expected


@given(outages, rules)
def test_one_minute_more_never_costs_less(several: list[tuple[int, int]], rule: dict[str, Any]) -> None:
    longer = [(before, inside + 1) for before, inside in several]
    for of in ("outage", "period"):
        whole = rule_of(rule, blocks_of=of)
        assert sum(priced(several, whole)) <= sum(priced(longer, whole))
