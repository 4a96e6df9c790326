"""Prices of late tickets, against an oracle that takes blocks off one after the other."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.sla.results import Measured, MonthInput
from sla_monitor.sla.tickets import LateTicket
from tests.sla.regimes import CHARGES, FIRST, regime, told

HOUR, MINUTE = 3_600_000, 60_000
RESPONSES = {"id": "responses", "indicator": "ratio_in_target", "target": 90, "within": "1h"}


def late(name: str, minutes: int) -> LateTicket:
    return LateTicket(name, None, "P1", HOUR + minutes * MINUTE, minutes * MINUTE)


def priced(tickets: list[LateTicket], value: int = 50, **rule: Any) -> list[Decimal]:
    terms = regime(RESPONSES, credits=[{"id": "late", "method": "per_ticket", "kpi": "responses", **rule}])
    month = MonthInput(FIRST, {"responses": Measured(Fraction(value), late=tuple(tickets))}, CHARGES)
    (result,) = told(terms, [month])
    return [line.amount for line in result.credit.lines]


@given(
    st.lists(st.integers(1, 300), max_size=6),
    st.lists(st.tuples(st.booleans(), st.integers(1, 200), st.integers(1, 50)), min_size=1, max_size=3),
    st.none() | st.integers(1, 90),
    st.sampled_from(["full", "begun"]),
)
def test_each_late_ticket_has_the_greatest_price_that_holds(
    minutes: list[int], prices: list[tuple[bool, int, int]], block: int | None, blocks: str
) -> None:
    rows = [{"at_least" if holds else "above": f"{edge}m", "amount": amount} for holds, edge, amount in prices]
    expected = []
    for lateness in minutes:
        holding = [amount for holds, edge, amount in prices if lateness > edge or (holds and lateness == edge)]
        if not holding:
            continue
        count, left = (1, 0) if block is None else (0, lateness)
        while block is not None and left >= block:
            count, left = count + 1, left - block
        expected.append(max(holding) * (count + (blocks == "begun" and left > 0)))
    counted: dict[str, Any] = {} if block is None else {"block": f"{block}m", "blocks": blocks}
    tickets = [late(f"T{n}", lateness) for n, lateness in enumerate(minutes)]
    assert priced(tickets, late=rows, **counted) == expected


def test_a_target_that_is_met_shields_no_ticket() -> None:
    assert priced([late("A", 5)], value=99, late=[{"amount": 7}]) == [7]


def test_a_line_under_the_least_payout_is_not_paid() -> None:
    assert priced([late("A", 5)], late=[{"amount": 7}], min_payout={"more_than": 7}) == [0]
