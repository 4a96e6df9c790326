"""Credits on their way to money, in words: steps, ages, and what is wrong with a month's, the same on every screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sla_monitor.sla.money.invoice_check import Checked, Verdict
from sla_monitor.sla.money.recovery import Age, CreditAccount, MonthCredit, Step
from sla_monitor.wording.instants import format_date
from sla_monitor.wording.numbers import format_count, format_money
from sla_monitor.wording.text import format_list

STEP_WORDS: dict[Step, str] = {
    "notified": "notified",
    "invoiced": "on an invoice",
    "paid": "paid",
    "set_off": "set off",
    "written_off": "written off",
}
VERDICT_WORDS: dict[Verdict, str] = {
    "matched": "matched",
    "entered": "entered already",
    "wrong_amount": "wrong amount",
    "unknown": "unknown, or nothing due",
    "missing": "missing on the invoice",
}
AGE_WORDS: dict[Age, str] = {
    "current": "not yet due",
    "1_to_30": "1 to 30 days past due",
    "31_to_60": "31 to 60 days past due",
    "61_to_90": "61 to 90 days past due",
    "over_90": "over 90 days past due",
}


def describe_rows_left_out(charges: int, elsewhere: int, sign: str) -> list[str]:
    """Of an invoice, which rows were compared with nothing. `sign`: how credits stand on it."""
    return [
        *([f"{format_count(charges, 'row')} left out: charges, as credits stand as {sign} amounts"] if charges else []),
        *([f"{format_count(elsewhere, 'row')} left out: of another contract, or of none"] if elsewhere else []),
    ]


def describe_nothing_to_enter(found: Sequence[Checked]) -> str:
    """Why no line of an invoice is entered, and what to do."""
    if entries := sorted({one.entry for one in found if one.entry is not None}):
        numbers = format_list([str(number) for number in entries])
        rest = "; no other line of it is to be entered" if any(one.line and one.entry is None for one in found) else ""
        which = f"{'entry' if len(entries) == 1 else 'entries'} {numbers}"
        return f"is entered already, by {which}{rest} (leave it; to enter it again, take that back first)"
    return "no line of it is to be entered (compare it first: the verdict of each line says why)"


def describe_credit_state(one: MonthCredit) -> str:
    """Where a month's credit stands: the furthest step of it, and whether it is late."""
    if one.open < 0:
        return "to be returned in part"
    if not one.open:
        return "settled" if one.recovered else "written off" if one.written_off else "none"
    furthest = "recovered in part" if one.recovered else "on an invoice" if one.invoiced else ""
    furthest = furthest or ("notified" if one.notified else "expected")
    late = f", overdue for {format_count(one.days_late, 'day')}" if one.days_late else ""
    return furthest + late


def describe_account(account: CreditAccount, currency: str) -> str:
    """`£300.00 expected, £100.00 notified, £200.00 overdue since 21 Dec 2026`, over the term; empty: nothing is
    open."""
    if not account.is_open:
        return ""
    since = account.overdue_since
    told = [
        f"{format_money(account.expected, currency)} expected",
        f"{format_money(account.notified, currency)} notified",
        *([f"{format_money(account.overdue, currency)} overdue since {format_date(since)}"] if since else []),
        *([f"{format_money(account.to_return, currency)} to be returned"] if account.to_return else []),
    ]
    return ", ".join(told)


def credit_remarks(one: MonthCredit, currency: str) -> Iterator[str]:
    """What somebody has to know of a month's credit, or do, a sentence each without a full stop."""

    def money(amount: Decimal) -> str:
        return format_money(amount, currency)

    yield from _notice(one, currency)
    if one.is_invoice_late:
        yield f"{money(one.to_invoice)} is not on the invoice that was due by {format_date(one.days.invoice_by)}"
    if one.days_late:
        yield f"{money(one.open)} was due on {format_date(one.due_on)}"
    if one.open < 0:
        yield f"{money(-one.open)} is to be returned to the supplier"
    if one.disputed_by:
        numbers = ", ".join(map(str, one.disputed_by))
        yield f"disputed by {'entry' if len(one.disputed_by) == 1 else 'entries'} {numbers}"


def _notice(one: MonthCredit, currency: str) -> Iterator[str]:
    """What is to be notified, and what has changed since."""
    amount, by = format_money(one.to_notify, currency), one.days.notify_by
    if one.to_notify and by is not None:
        yield f"{amount} {'should have been' if one.is_notice_late else 'is to be'} notified by {format_date(by)}"
    elif one.to_notify:
        yield f"{amount} is not notified"
    if one.difference:
        side = "more" if one.difference > 0 else "less"
        yield f"it comes to {format_money(abs(one.difference), currency)} {side} than was notified"
    if one.signed is not None and one.signed != one.expected:
        yield f"{format_money(one.signed, currency)} was signed off"
