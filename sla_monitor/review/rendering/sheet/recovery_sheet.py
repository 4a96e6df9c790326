"""What became of credits, in formulas: from what was entered to what is open, by month, by age and over the term."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid
from sla_monitor.sla.money.recovery import AGES, Age, CreditAccount, MonthCredit, Step
from sla_monitor.wording.recovery import AGE_WORDS, STEP_WORDS

_EPOCH = date(1899, 12, 30)
"""Day nought of a spreadsheet."""
STEPS: tuple[Step, ...] = ("notified", "invoiced", "paid", "set_off", "written_off")
_LIMITS: dict[Age, tuple[str, ...]] = {
    "current": ("<=0",), "1_to_30": (">0", "<=30"), "31_to_60": (">30", "<=60"), "61_to_90": (">60", "<=90"),
    "over_90": (">90",),
}  # fmt: skip


def recovery_sheet(case: PackInput) -> Grid:
    """The entries, the months by sums over them, the term, and what is open by age."""
    grid, account = Grid(), case.assessment.recovery
    grid.title(f"What became of credits, {case.assessment.currency}")
    grid.add(CellEntry("Numbers in blue can be changed; all others follow from them."))
    as_of = grid.line("As of the end of", _day(account.as_of or _EPOCH))
    entries = _entries(grid, account)
    first, last = _months(grid, account, entries, as_of)
    _ages(grid, account, (first, last))
    return grid


def _entries(grid: Grid, account: CreditAccount) -> tuple[int, int]:
    """What was entered, a row each; gives the first and the last row."""
    grid.title("Entries")
    grid.heads("Month", "Amount", "What", "Day", "Entry", "Invoice", "Line")
    first = len(grid.rows) + 1
    for move in (move for one in account.months for move in one.moves):
        grid.add(
            CellEntry(move.month),
            CellEntry(move.amount, style="amount"),
            CellEntry(STEP_WORDS[move.step]),
            _day(move.on),
            CellEntry(move.entry, style="number"),
            CellEntry(move.invoice),
            CellEntry(move.line),
        )
    if len(grid.rows) < first:
        grid.add(CellEntry("Nothing has been entered."))
    return first, len(grid.rows)


def _months(grid: Grid, account: CreditAccount, entries: tuple[int, int], as_of: str) -> tuple[int, int]:
    grid.title("Months")
    grid.heads(
        "Month", "Expected", *(STEP_WORDS[step].capitalize() for step in STEPS), "Recovered", "Open",
        "Expected less notified", "Due", "Days past due",
    )  # fmt: skip
    first = len(grid.rows) + 1
    for one in account.months:
        _month(grid, one, entries, as_of)
    last = max(len(grid.rows), first)
    if account.months:
        columns = {"B": account.expected, "C": account.notified, "D": account.invoiced}
        columns |= {"E": _of(account, "paid"), "F": _of(account, "set_off"), "G": account.written_off}
        columns |= {"H": account.recovered, "I": account.open}
        sums = (CellEntry(value, f"=SUM({name}{first}:{name}{last})", "total") for name, value in columns.items())
        grid.add(CellEntry("The term so far"), *sums)
    return first, last


def _of(account: CreditAccount, step: Step) -> Decimal:
    return sum((one.of(step) for one in account.months), Decimal(0))


def _month(grid: Grid, one: MonthCredit, entries: tuple[int, int], as_of: str) -> None:
    row, (begin, end) = len(grid.rows) + 1, entries
    amounts, months, whats = (f"${name}${begin}:${name}${end}" for name in "BAC")
    steps = [
        CellEntry(one.of(step), f'=SUMPRODUCT(({months}=$A{row})*({whats}="{STEP_WORDS[step]}")*{amounts})', "money")
        for step in STEPS
    ]
    grid.add(
        CellEntry(one.month),
        CellEntry(one.expected, style="amount"),
        *steps,
        CellEntry(one.recovered, f"=E{row}+F{row}", "money"),
        CellEntry(one.open, f"=B{row}-H{row}-G{row}", "money"),
        CellEntry(one.difference, f"=IF(C{row}=0,0,B{row}-C{row})", "money"),
        _day(one.due_on),
        CellEntry(one.days_late, f"=IF(I{row}>0,MAX({as_of}-K{row},0),0)", "number"),
    )


def _ages(grid: Grid, account: CreditAccount, rows: tuple[int, int]) -> None:
    grid.title("What is open, by age")
    first, last = rows
    opened, late = (f"${name}${first}:${name}${last}" for name in "IL")
    cells = []
    for age in AGES:
        limits = "".join(f',{late},"{limit}"' for limit in _LIMITS[age])
        formula = f'=SUMIFS({opened},{opened},">0"{limits})'
        cells.append(grid.line(AGE_WORDS[age], CellEntry(account.by_age()[age], formula, "money")))
    back = CellEntry(-account.to_return, f'=SUMIFS({opened},{opened},"<0")', "money")
    cells.append(grid.line("to be returned to the supplier", back))
    grid.line("Together", CellEntry(account.open, f"={'+'.join(cells)}", "total"))


def _day(on: date) -> CellEntry:
    return CellEntry((on - _EPOCH).days, style="day")
