"""What became of credits, in JSON: of an assessment, and of the addresses for other programs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from typing_extensions import TypedDict

from sla_monitor.document.values import Money, money
from sla_monitor.sla.money.recovery import Age, CreditAccount, MonthCredit, Move, Step
from sla_monitor.wording.recovery import credit_remarks, describe_credit_state
from sla_monitor.wording.text import plain


class MoveJson(TypedDict):
    """One step of a month's credit."""

    entry: int
    """The entry of the register that says so."""
    step: Step
    """What happened."""
    amount: Money
    """Of how much."""
    on: str
    """The day."""
    invoice: str
    """The invoice's number; empty: none."""
    line: str
    """The line of the invoice; empty: it is not told."""
    reference: str
    """A number in somebody's files."""


class MonthCreditJson(TypedDict):
    """A month's credit and what became of it."""

    month: str
    """Its name."""
    expected: Money
    """What the month comes to as known now."""
    signed: list[Money]
    """What was signed off; empty: it was not."""
    notified: Money
    """What the supplier was told."""
    invoiced: Money
    """What stands on invoices."""
    recovered: Money
    """What was paid or set off."""
    written_off: Money
    """What was given up."""
    open: Money
    """Expected less recovered less written off; negative: to be returned."""
    difference: Money
    """Expected less notified, once anything was notified; otherwise nothing."""
    notify_by: str
    """The last day for the notice; empty: there is none."""
    invoice_by: str
    """By when the invoice is due on which it should stand."""
    due_on: str
    """The last day for the money."""
    days_late: int
    """Days past due."""
    age: Age
    """The same as a class."""
    state: str
    """Where it stands, in words."""
    remarks: list[str]
    """What somebody has to know of it, or do."""
    disputed_by: list[int]
    """Entries that dispute the month and await a decision."""
    moves: list[MoveJson]
    """Every step, by its day."""


class AgeJson(TypedDict):
    """What is open of one age."""

    age: Age
    """How long it has been due."""
    amount: Money
    """How much."""


class CreditAccountJson(TypedDict):
    """The credits of the term up to a day."""

    as_of: str
    """The end of this day."""
    expected: Money
    """All months together."""
    notified: Money
    """The same."""
    invoiced: Money
    """The same."""
    recovered: Money
    """The same."""
    written_off: Money
    """The same."""
    open: Money
    """The same; what is to be returned is set against what is to come."""
    to_return: Money
    """What is to be returned to the supplier."""
    by_age: list[AgeJson]
    """What is to come, by its age."""
    months: list[MonthCreditJson]
    """Those that have a credit, or of which something was entered."""
    stray_entries: list[int]
    """Entries about months of which nothing is known."""


def credit_account_json(account: CreditAccount, currency: str) -> CreditAccountJson:
    def of(amount: Decimal) -> Money:
        return money(amount, currency)

    return {
        "as_of": f"{account.as_of}",
        "expected": of(account.expected),
        "notified": of(account.notified),
        "invoiced": of(account.invoiced),
        "recovered": of(account.recovered),
        "written_off": of(account.written_off),
        "open": of(account.open),
        "to_return": of(account.to_return),
        "by_age": [{"age": age, "amount": of(amount)} for age, amount in account.by_age().items()],
        "months": [_month(one, currency) for one in account.months],
        "stray_entries": list(account.stray),
    }


def _month(one: MonthCredit, currency: str) -> MonthCreditJson:
    def of(amount: Decimal) -> Money:
        return money(amount, currency)

    return {
        "month": one.month,
        "expected": of(one.expected),
        "signed": [] if one.signed is None else [of(one.signed)],
        "notified": of(one.notified),
        "invoiced": of(one.invoiced),
        "recovered": of(one.recovered),
        "written_off": of(one.written_off),
        "open": of(one.open),
        "difference": of(one.difference),
        "notify_by": "" if one.days.notify_by is None else f"{one.days.notify_by}",
        "invoice_by": f"{one.days.invoice_by}",
        "due_on": f"{one.due_on}",
        "days_late": one.days_late,
        "age": one.age,
        "state": describe_credit_state(one),
        "remarks": list(credit_remarks(one, currency)),
        "disputed_by": list(one.disputed_by),
        "moves": [_move(move, currency) for move in one.moves],
    }


def _move(move: Move, currency: str) -> MoveJson:
    return {
        "entry": move.entry,
        "step": move.step,
        "amount": money(move.amount, currency),
        "on": f"{move.on}",
        "invoice": plain(move.invoice),
        "line": plain(move.line),
        "reference": plain(move.reference),
    }


CSV_COLUMNS = (
    "month", "expected", "signed", "notified", "invoiced", "recovered", "written_off", "open", "difference", "due_on",
    "days_late", "age", "state",
)  # fmt: skip


def credit_account_csv(account: CreditAccount, currency: str) -> str:
    """Amounts as plain numbers, a row for each month; nothing in it is anybody's text."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in account.months:
        signed = "" if one.signed is None else money(one.signed, currency)["amount"]
        amounts = (one.notified, one.invoiced, one.recovered, one.written_off, one.open, one.difference)
        told = [money(amount, currency)["amount"] for amount in (one.expected, *amounts)]
        days = (one.due_on, one.days_late, one.age, describe_credit_state(one))
        writer.writerow([one.month, told[0], signed, *told[1:], *days])
    return target.getvalue()
