"""An invoice line by line: matched, entered, wrong, unknown, and what is missing on it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from sla_monitor.periods.credit_days import CreditDays
from sla_monitor.register.invoice_file import BilledLine
from sla_monitor.sla.money.invoice_check import check_invoice
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit, Move

ON = date(2026, 11, 10)
DAYS = CreditDays(None, date(2026, 10, 14), 30)


def account(*moves: Move, month: str = "2026-08", expected: str = "200.00") -> CreditAccount:
    return CreditAccount(ON, (MonthCredit(month, ON, DAYS, Decimal(expected), None, moves),))


def line(amount: str, month: str = "2026-08", number: str = "1") -> BilledLine:
    return BilledLine(2, "INV-9", number, ON, month, Decimal(amount))


def told(*lines: BilledLine, of: CreditAccount) -> list[tuple[str, str]]:
    return [(one.verdict, f"{one.difference}") for one in check_invoice(lines, of)]


INVOICED = Move(7, "invoiced", "2026-08", Decimal("150.00"), ON, "INV-9", "1")


@pytest.mark.parametrize(
    ("lines", "of", "expected"),
    [
        ([line("200.00")], account(), [("matched", "0.00")]),
        ([line("150.00"), line("50.00", number="2")], account(), [("matched", "0.00"), ("matched", "0.00")]),
        ([line("190.00")], account(), [("wrong_amount", "-10.00")]),
        (
            [line("150.00"), line("60.00", number="2")],
            account(),
            [("wrong_amount", "10.00"), ("wrong_amount", "10.00")],
        ),
        ([line("5.00", "2026-01")], account(), [("unknown", "5.00"), ("missing", "-200.00")]),
        ([line("5.00", "")], account(), [("unknown", "5.00"), ("missing", "-200.00")]),
        ([line("150.00")], account(INVOICED), [("entered", "0.00"), ("missing", "-50.00")]),
        ([line("150.00"), line("50.00", number="2")], account(INVOICED), [("entered", "0.00"), ("matched", "0.00")]),
        ([line("200.00")], account(Move(1, "notified", "2026-08", Decimal(150), ON)), [("wrong_amount", "50.00")]),
        ([], account(), [("missing", "-200.00")]),
        ([], account(Move(1, "set_off", "2026-08", Decimal(200), ON)), []),
        ([line("1.00", "2026-08")], account(Move(1, "set_off", "2026-08", Decimal(200), ON)), [("unknown", "1.00")]),
    ],
)
def test_each_line_has_a_verdict(lines: list[BilledLine], of: CreditAccount, expected: list[tuple[str, str]]) -> None:
    assert told(*lines, of=of) == expected


def test_what_is_not_due_yet_is_not_missing() -> None:
    early = BilledLine(2, "INV-8", "1", date(2026, 10, 13), "2026-01", Decimal(1))
    assert told(early, of=account()) == [("unknown", "1")]
