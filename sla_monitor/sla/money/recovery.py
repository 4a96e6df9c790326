"""What became of credits: by month, by age and over the term. Pure: days come in, and what is open by them goes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from sla_monitor.periods.credit_days import CreditDays

Step: TypeAlias = Literal["notified", "invoiced", "paid", "set_off", "written_off"]
Age: TypeAlias = Literal["current", "1_to_30", "31_to_60", "61_to_90", "over_90"]
AGES: tuple[Age, ...] = ("current", "1_to_30", "31_to_60", "61_to_90", "over_90")
_EDGES: tuple[tuple[int, Age], ...] = ((0, "current"), (30, "1_to_30"), (60, "31_to_60"), (90, "61_to_90"))


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a month's credit, as entry `entry` has it."""

    entry: int
    step: Step
    month: str
    amount: Decimal
    on: date
    invoice: str = ""
    line: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class MonthCredit:
    """A month's credit at the end of a day, `as_of`.

    `expected`: what the month comes to as known then; `signed`: what was signed off, if it was. `disputed_by`: entries
    that dispute the month and await a decision.
    """

    month: str
    as_of: date
    days: CreditDays
    expected: Decimal
    signed: Decimal | None = None
    moves: tuple[Move, ...] = ()
    disputed_by: tuple[int, ...] = ()

    def of(self, *steps: Step) -> Decimal:
        """What went through some of the steps."""
        return sum((move.amount for move in self.moves if move.step in steps), Decimal(0))

    @property
    def notified(self) -> Decimal:
        return self.of("notified")

    @property
    def invoiced(self) -> Decimal:
        return self.of("invoiced")

    @property
    def recovered(self) -> Decimal:
        return self.of("paid", "set_off")

    @property
    def written_off(self) -> Decimal:
        return self.of("written_off")

    @property
    def open(self) -> Decimal:
        """What the authority still has to get; negative: what it has to return."""
        return self.expected - self.recovered - self.written_off

    @property
    def difference(self) -> Decimal:
        """What the month comes to less what was notified of it, once anything was: a restatement since, or a part."""
        return self.expected - self.notified if self.notified else Decimal(0)

    @property
    def to_notify(self) -> Decimal:
        return max(self.expected - self.written_off - self.notified, Decimal(0))

    @property
    def to_invoice(self) -> Decimal:
        """What should stand on an invoice and does not."""
        return max(self.expected - self.written_off - max(self.invoiced, self.recovered), Decimal(0))

    @property
    def due_on(self) -> date:
        """The last day for the money: counted from the last invoice, or from the day on which one was due."""
        invoiced = [move.on for move in self.moves if move.step == "invoiced"]
        return max(invoiced, default=self.days.invoice_by) + timedelta(days=self.days.payment_days)

    @property
    def days_late(self) -> int:
        """Days past due; nothing where nothing is open."""
        return max((self.as_of - self.due_on).days, 0) if self.open > 0 else 0

    @property
    def age(self) -> Age:
        return next((age for most, age in _EDGES if self.days_late <= most), "over_90")

    @property
    def is_notice_late(self) -> bool:
        by = self.days.notify_by
        return by is not None and self.as_of > by and self.to_notify > 0

    @property
    def is_invoice_late(self) -> bool:
        return self.as_of > self.days.invoice_by and self.to_invoice > 0


@dataclass(frozen=True, slots=True)
class CreditAccount:
    """The credits of the term up to a day: the months that have one or about which something was entered, ascending.
    `stray`: numbers of entries about months of which nothing is known."""

    as_of: date | None = None
    months: tuple[MonthCredit, ...] = ()
    stray: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.as_of is not None

    @property
    def expected(self) -> Decimal:
        return _sum(one.expected for one in self.months)

    @property
    def notified(self) -> Decimal:
        return _sum(one.notified for one in self.months)

    @property
    def invoiced(self) -> Decimal:
        return _sum(one.invoiced for one in self.months)

    @property
    def recovered(self) -> Decimal:
        return _sum(one.recovered for one in self.months)

    @property
    def written_off(self) -> Decimal:
        return _sum(one.written_off for one in self.months)

    @property
    def open(self) -> Decimal:
        """Of all months together: what is to be returned is set against what is to come."""
        return _sum(one.open for one in self.months)

    def by_age(self) -> dict[Age, Decimal]:
        """What is open, by how long it has been due; what is to be returned is in none of them."""
        return {age: _sum(one.open for one in self.months if one.open > 0 and one.age == age) for age in AGES}

    @property
    def overdue(self) -> Decimal:
        """What is open past its last day."""
        return _sum(one.open for one in self.months if one.days_late)

    @property
    def overdue_since(self) -> date | None:
        """The first day on which some of that was late; None: nothing is."""
        return min((one.due_on + timedelta(days=1) for one in self.months if one.days_late), default=None)

    @property
    def is_open(self) -> bool:
        """Whether anything is still to come, or to be returned."""
        return any(one.open for one in self.months)

    @property
    def to_return(self) -> Decimal:
        return -_sum(one.open for one in self.months if one.open < 0)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def moves_by_month(moves: Iterable[Move], as_of: date) -> dict[str, tuple[Move, ...]]:
    """The moves up to a day, in the order of their days."""
    found: dict[str, list[Move]] = {}
    for move in sorted(moves, key=lambda move: (move.on, move.entry)):
        if move.on <= as_of:
            found.setdefault(move.month, []).append(move)
    return {month: tuple(several) for month, several in found.items()}
