"""The way of counting in words, the meeting's own page, and signatures."""

from __future__ import annotations

from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.entries import Action, Entry, Minute
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table, TextLines
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_day, format_month

ACTIONS = (
    Column("Entry", 0.6), Column("Action", 3.4), Column("Who", 1.4), Column("Due", 1.3), Column("KPI", 0.9),
    Column("State", 0.9),
)  # fmt: skip


def method(case: PackInput) -> Section:
    lines = case.assessment.accounting or ("The contract’s terms apply, without special rules.",)
    return Section("method", "How it was counted", (Prose(lines, "list"),))


def meeting(case: PackInput) -> Section:
    last = shifted(case.month, -1)
    minutes = [entry for entry, said in case.register.of(Minute) if said.month == last]
    rows = tuple((Cell(str(entry.number), entry.number), Cell(entry.note), Cell(entry.actor)) for entry in minutes)
    columns = (Column("Entry", 0.6), Column("Minute", 5), Column("Written by", 1.4))
    caption = f"Minutes of the review of {format_month(last)}"
    table = Table("minutes", caption, columns, rows, "No minutes are on record.")
    blocks: tuple[Block, ...] = (Prose((_dates(case),)), _actions(case), table)
    room = Section("notes", "Minutes of this meeting", (TextLines(("Held on", "Present", "", "", "", "", "", "")),))
    return Section("meeting", "Actions and minutes", blocks, (room,), own_page=True)


def _dates(case: PackInput) -> str:
    """When the report and its review are due, by the contract's Working Days."""
    reporting, calendar = case.terms.reporting, case.terms.working_calendar
    month = format_month(case.month)
    try:
        report_on = add_working_days(last_day(case.month), reporting.report_working_days, calendar)
        review_on = add_working_days(report_on, reporting.review_working_days, calendar)
    except ValueError:  # a calendar without any Working Day: nothing is ever due
        return f"The contract’s calendar has no Working Day on which the report on {month} could be due."
    return f"The report on {month} is due on {format_day(report_on)}, and its review on {format_day(review_on)}."


def _actions(case: PackInput) -> Table:
    """What is open, and what was done since the last meeting's month."""
    still = {entry.number for entry, _ in case.register.open_actions}
    recent = {shifted(case.month, -1), case.month}
    found = case.register.of(Action)
    rows = [
        _row(entry, said, entry.number in still)
        for entry, said in found
        if entry.number in still or said.month in recent
    ]
    return Table("actions", "Actions", ACTIONS, tuple(rows), "No action is on record.")


def _row(entry: Entry, said: Action, is_open: bool) -> Row:
    return (
        Cell(str(entry.number), entry.number),
        Cell(entry.note),
        Cell(said.owner),
        Cell(format_day(said.due_on) if said.due_on else ""),
        Cell(said.kpi or ""),
        Cell("open" if is_open else "done"),
    )


def signatures(case: PackInput) -> Section:
    month = format_month(case.month)
    said = f"The figures of {month} are agreed as they stand in this pack, but for what is marked as disputed."
    one = case.assessment
    labels = tuple(
        f"{side}: {what}" for side in (one.authority, one.supplier) for what in ("name", "signature", "date")
    )
    return Section("signatures", "Signatures", (Prose((said,)), TextLines(labels)))
