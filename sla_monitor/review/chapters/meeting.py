"""The way of counting in words, the meeting's own page, and signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.entries import Countersigned, Entry, MeetingAction, Minute
from sla_monitor.review.blocks import Block, Cell, Column, Prose, Row, Section, Table, TextLines
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_day, format_day_at, format_month
from sla_monitor.wording.vocabulary import describe_id

ACTIONS = (
    Column("Entry", 0.6), Column("Action", 3.4), Column("Who", 1.4), Column("Due", 1.3), Column("KPI", 0.9),
    Column("State", 0.9),
)  # fmt: skip


MINUTES = (Column("Entry", 0.6), Column("Minute", 5), Column("Written by", 1.4))


def method(case: PackInput) -> Section:
    lines = case.assessment.accounting or ("The contract’s terms apply, without special rules.",)
    return Section("method", "How it was counted", (Prose(tuple(_in_words(case, line) for line in lines), "list"),))


def _in_words(case: PackInput, line: str) -> str:
    """Causes of relief as people write them; the line itself is part of the assessment, whose digest was signed."""
    for cause in case.terms.relief.causes:
        line = line.replace(cause, describe_id(cause))
    return line


def meeting(case: PackInput) -> Section:
    blocks: tuple[Block, ...] = (Prose((_dates(case),)), _actions(case), *_minutes(case), *_acknowledged(case))
    room = Section("notes", "Minutes of this meeting", (TextLines(("Held on", "Present", "", "", "", "", "", "")),))
    return Section("meeting", "Actions and minutes", blocks, (room,), own_page=True)


def _minutes(case: PackInput) -> Iterator[Table]:
    """Those of the review before, and of this month's so far: once it is signed off, with those that came after it
    apart."""
    last, now = format_month(shifted(case.month, -1)), format_month(case.month)
    yield _minutes_table("minutes", f"Minutes of the review of {last}", _minutes_of(case, shifted(case.month, -1)))
    ours, signed = _minutes_of(case, case.month), case.register.sign_off(case.month)
    if ours or signed is not None:
        number = signed[0].number if signed is not None else None
        before = [entry for entry in ours if number is None or entry.number < number]
        yield _minutes_table("minutes-now", f"Minutes of the review of {now}", before)
        if after := [entry for entry in ours if entry not in before]:
            caption = f"Minutes added after the sign-off in entry {number}"
            yield _minutes_table("minutes-after", caption, after)


def _minutes_of(case: PackInput, month: str) -> list[Entry]:
    return [entry for entry, said in case.register.of(Minute) if said.month == month]


def _minutes_table(name: str, caption: str, minutes: Sequence[Entry]) -> Table:
    rows = tuple((Cell(str(entry.number), entry.number), Cell(entry.note), Cell(entry.actor)) for entry in minutes)
    return Table(name, caption, MINUTES, rows, "No minutes are on record.")


def _acknowledged(case: PackInput) -> Iterator[Table]:
    """What was open when the month was signed off, as it was shown to whoever signed."""
    found = case.register.sign_off(case.month)
    if found is None or not found[1].acknowledged:
        return
    entry, said = found
    rows = tuple((Cell(line),) for line in said.acknowledged or ())
    yield Table(
        "acknowledged",
        f"Open at the sign-off, and acknowledged by {_by(case, entry)}",
        (Column("Open point", 8),),
        rows,
    )


def _dates(case: PackInput) -> str:
    """When the report and its review are due, by the contract's Working Days."""
    month, due = format_month(case.month), report_and_review(case)
    if due is None:
        return f"The contract’s calendar has no Working Day on which the report on {month} could be due."
    report_on, review_on = map(format_day, due)
    return f"The report on {month} is due on {report_on}, and its review on {review_on}."


def report_and_review(case: PackInput) -> tuple[date, date] | None:
    """The days on which both are due; None where the calendar has no Working Day."""
    reporting, calendar = case.terms.reporting, case.terms.working_calendar
    try:
        report_on = add_working_days(last_day(case.month), reporting.report_working_days, calendar)
        return report_on, add_working_days(report_on, reporting.review_working_days, calendar)
    except ValueError:
        return None


def _actions(case: PackInput) -> Table:
    """What is open, and what was done since the last meeting's month."""
    still = {entry.number for entry, _ in case.register.open_actions}
    recent = {shifted(case.month, -1), case.month}
    found = case.register.of(MeetingAction)
    rows = [
        _row(case, entry, said, entry.number in still)
        for entry, said in found
        if entry.number in still or said.month in recent
    ]
    return Table("actions", "Actions", ACTIONS, tuple(rows), "No action is on record.")


def _row(case: PackInput, entry: Entry, said: MeetingAction, is_open: bool) -> Row:
    state = action_state(case, said, is_open)
    return (
        Cell(str(entry.number), entry.number),
        Cell(entry.note),
        Cell(said.owner),
        Cell(format_day(said.due_on), moments=(said.due_on,)) if said.due_on else Cell(""),
        Cell(said.kpi or ""),
        Cell(state, tone="serious" if state.startswith("overdue") else ""),
    )


def action_state(case: PackInput, said: MeetingAction, is_open: bool) -> str:
    """By the end of the month, and by the day of its review: a later making of the same pack says the same."""
    if not is_open:
        return "done"
    if said.due_on is None:
        return "open, without a date"
    if said.due_on <= last_day(case.month):
        return "overdue"
    due = report_and_review(case)
    return "due before the review" if due is not None and said.due_on < due[1] else "open"


def signatures(case: PackInput) -> Section:
    month, one = format_month(case.month), case.assessment
    said = f"The figures of {month} are agreed as they stand in this pack, but for what is marked as disputed."
    sides = tuple(
        Section(f"signature-{name}", f"For {side}", (TextLines(("Name", "Office", "Signature", "Date")),))
        for name, side in (("authority", one.authority), ("supplier", one.supplier))
    )
    return Section("signatures", "Signatures", (Prose((said, *_signed(case))),), sides)


def _signed(case: PackInput) -> Iterator[str]:
    """Who signed at the desk for either party, where the contract's suppliers countersign there."""
    signed = case.register.sign_off(case.month)
    if signed is None or not case.register.of(Countersigned):
        return
    yield f"Signed off for the authority by {_by(case, signed[0])}, with the digest {signed[1].digest}."
    countersigned = case.register.countersignature(case.month)
    if countersigned is None:
        yield "Nobody has countersigned it for the supplier yet."
    else:
        yield f"Countersigned for the supplier by {_by(case, countersigned[0])}, with the same digest."


def _by(case: PackInput, entry: Entry) -> str:
    return f"{entry.actor} on {format_day_at(entry.at_ms, case.zone)}, entry {entry.number}"
