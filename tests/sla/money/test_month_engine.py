"""Money that looks back, counted by hand: means with earlier periods, periods cut short, credits earned back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.periods.months import TermMonths, shifted
from sla_monitor.sla.rounding import round_to
from tests.sla.regimes import FIRST, figures, kpi, regime, told

TARGET, AT_RISK = 99, Fraction(10_000)
"""Ten per cent of £100,000 are at risk each month, and the KPI has a third of that, or nearly."""

values = st.lists(st.sampled_from([None, "100", "99", "98.5", "97", "90"]), min_size=1, max_size=14)


def pool(periods: int, misses: int, cap: int) -> Any:
    rule = {
        "id": "pool",
        "method": "at_risk_pool",
        "at_risk_percent": 10,
        "allocation": {"cad": "33.333"},
        "misses": misses,
        "in_periods": 2,
        "earn_back": {"periods": periods},
    }
    return {"credits": [rule], "caps": [{"id": "cap", "amount": cap, "over": "period"}]}


class Hand:
    """The slow way: every result of a measurement period is looked up again, whenever it is asked for."""

    def __init__(self, values: list[str | None], months: int, average: int) -> None:
        ends = [n for n in range(len(values)) if (n + 1) % months == 0 or n == len(values) - 1]
        self.own = [None if values[n] is None else Fraction(values[n] or 0) for n in ends]
        self.ends, self.average = ends, average

    def value(self, period: int) -> Fraction | None:
        own = self.own[period]
        before = [one for one in self.own[max(period - self.average, 0) : period] if one is not None]
        return None if own is None else (sum(before, own)) / (len(before) + 1)

    def is_missed(self, period: int) -> bool:
        value = self.value(period)
        return value is not None and value < TARGET

    def given(self, period: int, misses: int) -> Fraction:
        """Before the cap: below 96, or missed so often in this period and the one before."""
        value = self.value(period)
        missed = sum(self.is_missed(one) for one in (period, period - 1) if one >= 0)
        is_default = value is not None and (value < 96 or (value < TARGET and missed >= misses))
        return round_to(AT_RISK * Fraction("0.33333"), 2, "half_up") if is_default else Fraction(0)

    def returned(self, period: int, periods: int, paid: list[tuple[Fraction, Fraction, Fraction]]) -> Fraction:
        """What was paid so many periods ago, where the mean since then is at the target. `paid`: the credit of each
        period, all of its lines, and what the cap left of them."""
        since = [self.value(one) for one in range(max(period - periods, -1) + 1, period + 1)]
        known = [value for value in since if value is not None]
        if period < periods or len(known) < periods or sum(known) < TARGET * periods:
            return Fraction(0)
        credit, lines, left = paid[period - periods]
        return round_to(credit * left / lines, 2, "half_up") if credit and lines else Fraction(0)


@settings(max_examples=80)
@given(values, st.sampled_from([1, 3, 6]), st.integers(0, 2), st.integers(1, 3), st.integers(1, 2))
def test_what_looks_back_agrees_with_counting_by_hand(
    values: list[str | None], months: int, average: int, periods: int, misses: int
) -> None:
    cap = Decimal(2_500)
    terms = regime(kpi(measurement_months=months, average_with_previous=average), **pool(periods, misses, int(cap)))
    results = told(terms, figures(values), TermMonths(FIRST, shifted(FIRST, len(values) - 1)))
    hand, paid = Hand(values, months, average), list[tuple[Fraction, Fraction, Fraction]]()
    assert [n for n, result in enumerate(results) if result.kpis] == hand.ends
    for period, end in enumerate(hand.ends):
        credit = hand.given(period, misses)
        lines = credit - hand.returned(period, periods, paid)
        paid.append((credit, lines, min(lines, Fraction(cap))))
        found = results[end]
        assert found.kpis[0].value == hand.value(period)
        assert (found.credit.before_caps, found.credit.total) == paid[-1][1:]
