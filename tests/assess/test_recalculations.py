"""What a signed month is held against."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from sla_monitor.assess.recalculations import is_worth_as_signed
from sla_monitor.register.entries import SignOff
from sla_monitor.sla.money.month_engine import NO_MONEY
from sla_monitor.sla.results import PeriodResult


@pytest.mark.parametrize(
    ("points", "withheld", "is_same"),
    [(Fraction(1, 3), "0", True), (Fraction(1, 3), "0.01", False), (Fraction(1, 2), "0", False)],
)
def test_points_that_no_decimal_spells_are_those_that_were_signed(
    points: Fraction, withheld: str, is_same: bool
) -> None:
    """A sign-off has nine places: a third of a point would wait for another signature for ever."""
    found = PeriodResult("2026-10", (), points, NO_MONEY, Decimal(withheld), (), {})
    said = SignOff(month="2026-10", digest="0" * 64, points=Decimal("0.333333333"), credit=Decimal(0))
    assert is_worth_as_signed(found, said) is is_same
