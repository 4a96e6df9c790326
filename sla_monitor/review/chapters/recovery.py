"""Credits to the end: what became of each month's, what is open and for how long, and the sums over the term."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.review.blocks import Block, Cell, Column, Notice, Prose, Row, Section, Table, Tone
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit
from sla_monitor.wording.instants import format_date, format_day, format_month
from sla_monitor.wording.recovery import AGE_WORDS, STEP_WORDS, credit_remarks, describe_credit_state
from sla_monitor.wording.text import format_list

MONTHS = (
    Column("Month", 1.3), Column("Expected", 1.1, True), Column("Notified", 1.1, True), Column("Invoiced", 1.1, True),
    Column("Recovered", 1.1, True), Column("Written off", 1.1, True), Column("Open", 1.1, True), Column("Due", 1.1),
    Column("State", 1.8),
)  # fmt: skip
REMARKS = (Column("Month", 1), Column("What is to be known, or done", 6))
AGES = (Column("Age", 2), Column("Open", 1.2, True))
MOVES = (
    Column("Entry", 0.6), Column("Month", 1.2), Column("What", 1.2), Column("Amount", 1.2, True), Column("Day", 1.1),
    Column("Invoice", 1.4), Column("Line", 0.8), Column("Reference", 1.4),
)  # fmt: skip
MOST_MOVES = 60
"""Steps that are listed, the latest; all of them are in the register."""
HOW = (
    "Open is what is expected less what was recovered and written off. Expected is what a month comes to as known now;"
    " a waiver lowers it, and what is written off does not. Amounts are without VAT."
)


def recovery(case: PackInput) -> Section | None:
    """None where the contract says nothing of invoicing and nothing was entered."""
    account = case.assessment.recovery
    if account.as_of is None:
        return None
    blocks: tuple[Block, ...] = (
        Prose((f"As of {format_day(account.as_of)}. {HOW}",)),
        *_stray(account),
        _months(case, account),
        _remarks(case, account),
        _ages(case, account),
        _moves(case, account),
    )
    return Section("recovery", "Credits to the end", blocks, is_wide=True)


def _months(case: PackInput, account: CreditAccount) -> Table:
    rows = [_month_row(case, one) for one in account.months]
    if rows:
        sums = (account.expected, account.notified, account.invoiced, account.recovered, account.written_off)
        rows.append((Cell("The term so far"), *map(case.money, (*sums, account.open)), Cell(""), Cell("")))
    return Table("recovery", "Credits by month", MONTHS, tuple(rows), "No month that is over has a credit.")


def _month_row(case: PackInput, one: MonthCredit) -> Row:
    amounts = (one.expected, one.notified, one.invoiced, one.recovered, one.written_off, one.open)
    tone: Tone = "serious" if one.days_late or one.open < 0 else "met" if not one.open else ""
    due = Cell(format_date(one.due_on), moments=(one.due_on,)) if one.open > 0 else Cell("")
    state = Cell(describe_credit_state(one), tone=tone)
    return (Cell(format_month(one.month)), *map(case.money, amounts), due, state)


def _remarks(case: PackInput, account: CreditAccount) -> Table:
    rows = tuple(
        (Cell(format_month(one.month)), Cell(f"{remark[0].upper()}{remark[1:]}."))
        for one in account.months
        for remark in credit_remarks(one, case.assessment.currency)
    )
    return Table("recovery-remarks", "Remarks", REMARKS, rows, "Nothing is to be done.")


def _ages(case: PackInput, account: CreditAccount) -> Table:
    rows = [(Cell(AGE_WORDS[age]), case.money(amount)) for age, amount in account.by_age().items()]
    if account.to_return:
        rows.append((Cell("to be returned to the supplier"), case.money(-account.to_return)))
    rows.append((Cell("Together"), case.money(account.open)))
    return Table("recovery-ages", "What is open, by age", AGES, tuple(rows))


def _moves(case: PackInput, account: CreditAccount) -> Table:
    several = sorted((move for one in account.months for move in one.moves), key=lambda move: (move.on, move.entry))
    rows = tuple(
        (
            Cell(str(move.entry), move.entry),
            Cell(format_month(move.month)),
            Cell(STEP_WORDS[move.step]),
            case.money(move.amount),
            Cell(format_date(move.on), moments=(move.on,)),
            Cell(move.invoice),
            Cell(move.line),
            Cell(move.reference),
        )
        for move in several[-MOST_MOVES:]
    )
    return Table("recovery-moves", "What was entered", MOVES, rows, "Nothing has been entered.")


def _stray(account: CreditAccount) -> Iterator[Block]:
    if account.stray:
        yield Notice(f"About months of which nothing is known: entry {format_list([str(n) for n in account.stray])}.")
