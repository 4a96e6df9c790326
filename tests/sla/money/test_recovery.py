"""What is open of credits, and for how long: by hand, and as sums that always hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.periods.credit_days import CreditDays
from sla_monitor.sla.money.recovery import AGES, CreditAccount, MonthCredit, Move, Step
from sla_monitor.wording.recovery import describe_account

DAYS = CreditDays(date(2026, 8, 14), date(2026, 9, 14), 30)
DUE = date(2026, 10, 14)


def moved(*steps: tuple[Step, str, date]) -> tuple[Move, ...]:
    return tuple(Move(n, step, "2026-07", Decimal(amount), on) for n, (step, amount, on) in enumerate(steps, 1))


def month(expected: str, *steps: tuple[Step, str, date], as_of: date = DUE) -> MonthCredit:
    return MonthCredit("2026-07", as_of, DAYS, Decimal(expected), None, moved(*steps))


@pytest.mark.parametrize(
    ("late", "age"),
    [(0, "current"), (1, "1_to_30"), (30, "1_to_30"), (31, "31_to_60"), (60, "31_to_60"), (61, "61_to_90"),
     (90, "61_to_90"), (91, "over_90")],
)  # fmt: skip
def test_it_ages_from_the_day_after_it_was_due(late: int, age: str) -> None:
    one = month("200", as_of=DUE + timedelta(days=late))
    assert (one.days_late, one.age) == (late, age)


def test_an_invoice_moves_the_day_on_which_it_is_due() -> None:
    invoiced: tuple[Step, str, date] = ("invoiced", "200", date(2026, 10, 1))
    assert month("200", invoiced).due_on == date(2026, 10, 31)


def test_every_step_and_what_is_left() -> None:
    one = month(
        "200", ("notified", "200", DUE), ("invoiced", "150", DUE), ("paid", "100", DUE), ("set_off", "20", DUE),
        ("written_off", "30", DUE),
    )  # fmt: skip
    assert (one.notified, one.invoiced, one.recovered, one.written_off) == (200, 150, 120, 30)
    assert (one.open, one.difference, one.to_notify, one.to_invoice) == (50, 0, 0, 20)


def test_less_than_was_recovered_is_to_be_returned_and_never_late() -> None:
    one = month("100", ("notified", "200", DUE), ("paid", "200", DUE), as_of=DUE + timedelta(days=99))
    assert (one.open, one.difference, one.days_late, one.to_notify) == (-100, -100, 0, 0)
    account = CreditAccount(one.as_of, (one,))
    assert (account.to_return, set(account.by_age().values())) == (100, {Decimal(0)})


def test_the_deadlines_are_kept_until_the_end_of_their_day() -> None:
    notice, invoice = DAYS.notify_by, DAYS.invoice_by
    assert notice is not None
    assert not month("200", as_of=notice).is_notice_late
    assert month("200", as_of=notice + timedelta(days=1)).is_notice_late
    assert not month("200", as_of=invoice).is_invoice_late
    assert month("200", as_of=invoice + timedelta(days=1)).is_invoice_late
    assert not month("200", ("invoiced", "200", invoice), as_of=DUE).is_invoice_late


Rows = list[tuple[Decimal, list[tuple[Step, Decimal]], int]]
AMOUNTS = st.decimals(0, 10**6, places=2)
STEPS = st.lists(st.tuples(st.sampled_from(["notified", "invoiced", "paid", "set_off", "written_off"]), AMOUNTS))


@given(st.lists(st.tuples(AMOUNTS, STEPS, st.integers(0, 200)), max_size=5))
def test_the_sums_of_the_term_are_those_of_its_months(
    rows: list[tuple[Decimal, list[tuple[Step, Decimal]], int]],
) -> None:
    months = tuple(
        month(f"{expected}", *((step, f"{amount}", DUE) for step, amount in steps), as_of=DUE + timedelta(days=late))
        for expected, steps, late in rows
    )
    account = CreditAccount(DUE, months)
    assert account.open == account.expected - account.recovered - account.written_off
    assert sum(account.by_age().values()) - account.to_return == account.open
    assert list(account.by_age()) == list(AGES)
    for one in months:
        assert one.recovered == one.of("paid") + one.of("set_off")
        assert one.to_notify == 0 or one.notified + one.to_notify + one.written_off == one.expected


def test_what_is_overdue_is_since_the_day_after_the_earliest_last_one() -> None:
    late, young = month("100", as_of=DUE + timedelta(days=3)), month("40", ("invoiced", "40", DUE + timedelta(days=2)))
    account = CreditAccount(late.as_of, (late, young))
    assert (account.overdue, account.overdue_since, account.is_open) == (100, DUE + timedelta(days=1), True)
    told = describe_account(account, "GBP")
    assert told == "£140.00 expected, £0.00 notified, £100.00 overdue since 15 Oct 2026"
    back = month("100", ("notified", "200", DUE), ("paid", "200", DUE))
    told = describe_account(CreditAccount(DUE, (back,)), "GBP")
    assert told == "£100.00 expected, £200.00 notified, £100.00 to be returned"
    settled = CreditAccount(DUE, (month("100", ("paid", "100", DUE)),))
    assert (describe_account(settled, "GBP"), describe_account(CreditAccount(), "GBP")) == ("", "")
