"""An invoice against the credits that should stand on it: line by line, and what is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from sla_monitor.register.invoice_file import BilledLine
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit

Verdict: TypeAlias = Literal["matched", "entered", "wrong_amount", "unknown", "missing"]


@dataclass(frozen=True, slots=True)
class Checked:
    """A line, or a month that is missing (`line` None), with what should stand there: `due` of a month's credit.
    `entry`: by which the line is entered already."""

    verdict: Verdict
    month: str
    line: BilledLine | None
    due: Decimal
    entry: int | None = None

    @property
    def amount(self) -> Decimal:
        return self.line.amount if self.line else Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What the line has less what is due."""
        return self.amount - self.due


def check_invoice(lines: Sequence[BilledLine], account: CreditAccount) -> tuple[Checked, ...]:
    """Every line, then the months that were due on an invoice by the last day of the file and stand on none.

    Several lines about one month are held against its credit together: each matches if their sum does.
    """
    months = {one.month: one for one in account.months}
    sums: dict[str, Decimal] = {}
    entries = [_entry_of(line, months.get(line.month)) for line in lines]
    for line, entry in zip(lines, entries, strict=True):
        if entry is None:
            sums[line.month] = sums.get(line.month, Decimal(0)) + line.amount
    found = [
        _checked(line, months.get(line.month), sums.get(line.month, Decimal(0)), entry)
        for line, entry in zip(lines, entries, strict=True)
    ]
    return (*found, *_missing(lines, account, sums))


def _checked(line: BilledLine, month: MonthCredit | None, together: Decimal, entry: int | None) -> Checked:
    if month is None or not line.month:
        return Checked("unknown", line.month, line, Decimal(0))
    if entry is not None:
        return Checked("entered", line.month, line, line.amount, entry)
    due = due_on_invoice(month)
    if not due:
        return Checked("unknown", line.month, line, due)
    # of several lines that come to the month's credit together, each is as it should be
    return Checked("matched" if together == due else "wrong_amount", line.month, line, _share(line, together, due))


def _share(line: BilledLine, together: Decimal, due: Decimal) -> Decimal:
    """What the line should have, the other lines about its month being as they are."""
    return due - (together - line.amount)


def due_on_invoice(month: MonthCredit) -> Decimal:
    """What should still come onto an invoice: of what was notified, or else of what is expected."""
    owed = month.notified or month.expected
    return max(owed - month.written_off - max(month.invoiced, month.recovered), Decimal(0))


def _entry_of(line: BilledLine, month: MonthCredit | None) -> int | None:
    """The entry that has this line already."""
    said = "invoiced", line.invoice, line.line, line.amount
    moves = () if month is None else month.moves
    return next((move.entry for move in moves if (move.step, move.invoice, move.line, move.amount) == said), None)


def _missing(lines: Sequence[BilledLine], account: CreditAccount, sums: dict[str, Decimal]) -> Iterator[Checked]:
    last = max((line.on for line in lines), default=account.as_of)
    for month in account.months:
        due = due_on_invoice(month)
        if due and month.month not in sums and last is not None and month.days.invoice_by <= last:
            yield Checked("missing", month.month, None, due)
