"""Obligations: the month's dated duties, what is late, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor.assess.due_obligations import DueObligation
from sla_monitor.review.blocks import Block, Cell, Column, Notice, Prose, Row, Section, Table, Tone
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.obligations import ObligationState
from sla_monitor.wording.instants import format_date, format_month
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.obligations import OBLIGATION_WORDS, PARTIES, describe_consequence, describe_known
from sla_monitor.wording.text import format_list

COLUMNS = (
    Column("Due", 1.3), Column("What", 3), Column("Owed by", 1.2), Column("State", 1), Column("What is known", 3),
    Column("If late", 2),
)  # fmt: skip
TONES: dict[ObligationState, Tone] = {"late": "serious", "due": "minor", "met": "met", "met_late": "minor"}
MOST_LATE = 40
"""Late days that are listed; the oldest ones."""


def obligations(case: PackInput) -> Section | None:
    """None where the contract has no such duties."""
    found = case.assessment.obligations
    if not found:
        return None
    late = found.late
    ahead = tuple(one for one in found.near if one.state == "upcoming" or one.due_ms >= case.assessment.period.end_ms)
    now = tuple(one for one in found.near if one not in late and one not in ahead)
    said = (
        "Duties of the contract on a day, as they stood at the end of the month; what was met later, and has been"
        " entered, is met. A duty is due until the end of its day."
    )
    blocks: tuple[Block, ...] = (
        Prose((said,)),
        *_stray(found.stray),
        _table(case, "obligations-late", "Late", late[:MOST_LATE], "Nothing is late."),
        *_more(late),
        _table(case, "obligations", f"Of {format_month(case.month)}", now, "Nothing else was due."),
        _table(case, "obligations-ahead", "Next", ahead, "Nothing more is due within a year."),
    )
    return Section("obligations", "Obligations", blocks, is_wide=True)


def _more(late: Sequence[DueObligation]) -> Iterator[Block]:
    more = len(late) - MOST_LATE
    if more > 0:
        yield Prose((f"And {format_count(more, 'later day')} that {'is' if more == 1 else 'are'} late too.",))


def _stray(numbers: tuple[int, ...]) -> Iterator[Block]:
    """Entries that count for nothing, because their day is gone."""
    if numbers:
        which = format_list([str(number) for number in numbers])
        of = f"Entry {which} is about a day" if len(numbers) == 1 else f"Entries {which} are about days"
        yield Notice(f"{of} on which nothing is due: the terms, or a calendar, have changed.")


def _table(case: PackInput, name: str, caption: str, several: Sequence[DueObligation], empty: str) -> Table:
    return Table(name, caption, COLUMNS, tuple(_row(case, one) for one in several), empty)


def _row(case: PackInput, one: DueObligation) -> Row:
    terms = one.terms
    return (
        Cell(format_date(one.last_on), moments=(one.last_on,)),
        Cell(f"{terms.title} ({terms.clause})" if terms.clause else terms.title),
        Cell(PARTIES[terms.party]),
        Cell(OBLIGATION_WORDS[one.state], tone=TONES.get(one.state, "")),
        Cell(describe_known(one, case.zone)),
        Cell(describe_consequence(terms)),
    )
