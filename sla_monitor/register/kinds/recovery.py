"""What became of a month's credit: notified, on an invoice, paid or set off, or written off.

The amount that is expected is worked out and is nobody's entry. A waiver lets a failure pass, and lowers it; to write
off gives up money that the figures still have.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sla_monitor import remedies
from sla_monitor.contract.fields import Day, Money
from sla_monitor.contract.local_time import local_date
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Line, Month
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

Amount = Annotated[Money, Field(gt=Decimal(0))]
_MONTH = "The service period whose credit it is."
_AMOUNT = "In the contract's currency, without VAT."


class CreditNotified(EntryKind):
    """The authority told the supplier what a month's credit is."""

    action = Action.TRACK_CREDITS
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "amount": "1500.00", "on": "2026-11-16"})
    is_of_the_past = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["credit_notified"] = "credit_notified"
    month: Month = Field(description=_MONTH)
    amount: Amount = Field(description=_AMOUNT)
    on: Day = Field(description="The day of the notice.")

    def words(self, say: Wording) -> str:
        return f"Credit of {say.month(self.month)}: {say.money(self.amount)} notified on {self.on}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _day(self.on, self.month, entry, context)
        signed = context.effective.sign_off(self.month)
        if signed is not None and not signed[1].no_figures:
            before = _sum(context, CreditNotified, self.month)
            yield from _open(self.amount, signed[1].credit - before, "of what was signed off is left", entry)


class CreditInvoiced(EntryKind):
    """A month's credit, or a part of it, stands on an invoice of the supplier's."""

    action = Action.TRACK_CREDITS
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "amount": "1500.00", "on": "2026-11-30", "invoice": "INV-118"})
    is_of_the_past = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["credit_invoiced"] = "credit_invoiced"
    month: Month = Field(description=_MONTH)
    amount: Amount = Field(description=_AMOUNT)
    on: Day = Field(description="The day of the invoice.")
    invoice: Line = Field(description="The invoice's number.")
    line: Line | None = Field(None, description="The line of the invoice.")

    def words(self, say: Wording) -> str:
        line = f", line {self.line}" if self.line else ""
        told = f"{say.money(self.amount)} on invoice {self.invoice}{line} of {self.on}"
        return f"Credit of {say.month(self.month)}: {told}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _day(self.on, self.month, entry, context)
        for other, said in context.effective.of(CreditInvoiced):
            if (said.month, said.invoice, said.line) == (self.month, self.invoice, self.line):
                told = f"entry {other.number} has this line of invoice {self.invoice} already (undo that one first)"
                yield EntryProblem("invoice", told)
        left = _sum(context, CreditNotified, self.month) - _sum(context, CreditInvoiced, self.month)
        yield from _open(self.amount, left, "of what was notified is not on an invoice", entry)


class CreditSettled(EntryKind):
    """Money for a month's credit was paid, or set off against what the authority owes."""

    action = Action.TRACK_CREDITS
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "amount": "1500.00", "on": "2026-11-30", "how": "set_off"})
    is_of_the_past = True
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["credit_settled"] = "credit_settled"
    month: Month = Field(description=_MONTH)
    amount: Amount = Field(description=_AMOUNT)
    on: Day = Field(description="The day of the payment, or of the payment that was less by it.")
    how: Literal["paid", "set_off"] = Field(description="set_off: deducted from what the authority paid.")

    def words(self, say: Wording) -> str:
        return f"Credit of {say.month(self.month)}: {say.money(self.amount)} {say.label(self.how)} on {self.on}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _day(self.on, self.month, entry, context)
        owed = max(_sum(context, kind, self.month) for kind in (CreditNotified, CreditInvoiced))
        left = owed - _sum(context, CreditSettled, self.month)
        yield from _open(self.amount, left, "of what was notified or invoiced is open", entry)


class CreditWrittenOff(EntryKind):
    """The authority gives up a month's credit, or a part of it, and leaves the figures as they are."""

    action = Action.WAIVE
    topic = Topic.CREDITS
    example = Example({"month": "2026-10", "amount": "20.00", "on": "2026-11-30"}, note="Less than it costs to claim.")
    is_of_the_past = True
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["credit_written_off"] = "credit_written_off"
    month: Month = Field(description=_MONTH)
    amount: Amount = Field(description=_AMOUNT)
    on: Day = Field(description="The day of the decision.")

    def words(self, say: Wording) -> str:
        return f"Credit of {say.month(self.month)}: {say.money(self.amount)} written off on {self.on}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from _day(self.on, self.month, entry, context)
        if not entry.note.strip():
            yield EntryProblem("note", "is missing (say why, and who decided)")


RecoveryKind = CreditNotified | CreditInvoiced | CreditSettled | CreditWrittenOff


def _sum(context: EntryContext, kind: type[CreditNotified | CreditInvoiced | CreditSettled], month: str) -> Decimal:
    return sum((said.amount for _, said in context.effective.of(kind) if said.month == month), Decimal(0))


def _day(on: date, month: str, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """Nobody can have paid in the future, nor before the month."""
    today = local_date(entry.at_ms, context.contract.time_zone)
    if on > today + timedelta(days=1):
        yield EntryProblem("on", "lies in the future (check the date)")
    if f"{on:%Y-%m}" < month:
        yield EntryProblem("on", f"lies before {month} (check the date)")


def _open(amount: Decimal, left: Decimal, what: str, entry: Entry) -> Iterator[EntryProblem]:
    """More than what is open may be right, where the figures have changed: then somebody says why."""
    if amount > left and not entry.note.strip():
        yield EntryProblem(
            "amount", f"is {amount}, and {max(left, Decimal(0))} {what} (write less, or {remedies.NOTE})"
        )
