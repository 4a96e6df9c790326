"""Which service periods an entry is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.contract.fields import Strict
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import span
from sla_monitor.register.entries import (
    Action,
    Claim,
    Correction,
    Decision,
    Dispute,
    Done,
    Entry,
    Minute,
    OutageList,
    SignOff,
    TicketRecord,
    Undo,
)

CHANGES_NO_FIGURE = (Minute, Action, Done, SignOff, Dispute, OutageList)
"""Kinds of entry that no figure, no point and no money is made of."""


def months_of(said: Strict, zone: ZoneInfo, others: Mapping[int, Entry]) -> tuple[str, ...]:
    """The months that an entry is about, ascending. What is said about another entry is about that one's months,
    which is looked up in `others`; none: it is about no month in particular."""
    if isinstance(said, Decision | Done | Undo):
        other = others.get(said.about)
        return months_of(other.said, zone, others) if other is not None and not _is_circle(other, said) else ()
    month = getattr(said, "month", None)
    if month is not None:
        return (str(month),)
    if isinstance(said, TicketRecord):
        ends = (said.opened_ms, said.responded_ms, said.ended_ms)
        return tuple(sorted({month_at(at_ms, zone) for at_ms in ends if at_ms is not None}))
    return _spanned(said, zone)


class Others:
    """The entries that entries may speak of: by number, and tickets by their id."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_number = {entry.number: entry for entry in entries}

    @cached_property
    def tickets(self) -> Mapping[str, list[TicketRecord]]:
        """Every record of each ticket, also those that a later one replaced."""
        found: dict[str, list[TicketRecord]] = {}
        for entry in self.by_number.values():
            if isinstance(entry.said, TicketRecord):
                found.setdefault(entry.said.id, []).append(entry.said)
        return found


def first_changed(said: Strict, zone: ZoneInfo, others: Others, reach_ms: int) -> str | None:
    """The first month whose figures an entry may change; None: it changes none. A correction reaches back over the
    end of a month, where it makes an outage another one; a claim reaches to the tickets that it names; and a ticket
    that is recorded again leaves the months in which it was."""
    if isinstance(said, CHANGES_NO_FIGURE):
        return None
    if isinstance(said, Decision | Undo):
        other = others.by_number.get(said.about)
        is_known = other is not None and not _is_circle(other, said)
        return first_changed(other.said, zone, others, reach_ms) if other is not None and is_known else None
    months = list(months_of(said, zone, others.by_number))
    if isinstance(said, Correction):
        months.append(month_at(said.start_ms - reach_ms, zone))
    names = said.tickets if isinstance(said, Claim) else (said.id,) if isinstance(said, TicketRecord) else ()
    records = [record for name in names for record in others.tickets.get(name, ()) if record is not said]
    months += [month for record in records for month in months_of(record, zone, others.by_number)]
    return min(months, default=None)


def _is_circle(other: Entry, said: Any) -> bool:
    """An entry is about an earlier one; what a damaged register says otherwise is not followed."""
    return isinstance(other.said, Decision | Done | Undo) and other.said.about >= said.about


def _spanned(said: Any, zone: ZoneInfo) -> tuple[str, ...]:
    if not hasattr(said, "start_ms"):
        return ()
    return span(month_at(said.start_ms, zone), month_at(said.end_ms - 1, zone))
