"""Entries by the time that they concern, found quickly because a register holds ten years of tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import (
    KINDS,
    Claim,
    Correction,
    Entry,
    Maintenance,
    ReportedFigure,
    TicketRecord,
    Timed,
)
from sla_monitor.register.kinds.kind import TimedKind

Said = TypeVar("Said")

TIMED = tuple(kind for kind in KINDS.values() if issubclass(kind, TimedKind) and kind.changes_figures)
"""Every kind that is about a stretch of time, and may change a figure."""

BUCKET_MS = 10 * 86_400_000


class EntriesByTime:
    """The entries that stand, by when they are about."""

    def __init__(self, effective: EffectiveEntries) -> None:
        self._effective = effective
        self._timed: dict[int, list[tuple[Entry, Timed]]] = defaultdict(list)
        self._tickets: dict[int, list[tuple[Entry, TicketRecord]]] = defaultdict(list)
        self._naming: dict[str, list[Entry]] = defaultdict(list)
        for kind in TIMED:
            for entry, said in effective.of(kind):
                for bucket in _buckets(said.start_ms, said.end_ms):
                    self._timed[bucket].append((entry, said))
        for entry, ticket in effective.of(TicketRecord):
            for bucket in {at_ms // BUCKET_MS for at_ms in _instants(ticket)}:
                self._tickets[bucket].append((entry, ticket))
        for entry, claim in effective.of(Claim):
            for name in claim.tickets:
                self._naming[name].append(entry)

    def reach(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The same stretch with all corrections that overlap it or adjoin it, and those that adjoin these: an outage
        may be made of one after the other."""
        while True:
            meant = self._overlapping(start_ms - 1, end_ms + 1)
            several = [(said.start_ms, said.end_ms) for _, said in meant if isinstance(said, Correction)]
            reach = min([start_ms, *(one[0] for one in several)]), max([end_ms, *(one[1] for one in several)])
            if reach == (start_ms, end_ms):
                return reach
            start_ms, end_ms = reach

    def within(
        self, reach_ms: tuple[int, int], period_ms: tuple[int, int] | None, month: str, booked_since_ms: int
    ) -> tuple[Entry, ...]:
        """All that has a part in how a measurement period is measured, and as little else as is simple: what was said
        of time within reach of it, its tickets with the claims that name them, the figures that were given for its
        last month, and the decisions on any of these. `period_ms` None: no tickets. `booked_since_ms`: maintenance
        from then on may have used up the allowance of the period."""
        tickets = list(self._recorded(*period_ms)) if period_ms else []
        found = [entry for entry, _ in (*self._overlapping(*reach_ms), *tickets)]
        if booked_since_ms < reach_ms[0]:
            before = self._overlapping(booked_since_ms, reach_ms[0])
            found += [entry for entry, said in before if isinstance(said, Maintenance)]
        found += [claim for _, ticket in tickets for claim in self._naming.get(ticket.id, ())]
        found += [entry for entry, figure in self._effective.of(ReportedFigure) if figure.month == month]
        decisions = (self._effective.decision_on(entry.number) for entry in found)
        found += [one[0] for one in decisions if one is not None]
        numbered = {entry.number: entry for entry in found}
        return tuple([numbered[number] for number in sorted(numbered)])

    def _overlapping(self, start_ms: int, end_ms: int) -> Iterator[tuple[Entry, Timed]]:
        for entry, said in _once(self._timed, start_ms, end_ms):
            if said.start_ms < end_ms and said.end_ms > start_ms:
                yield entry, said

    def _recorded(self, start_ms: int, end_ms: int) -> Iterator[tuple[Entry, TicketRecord]]:
        """Tickets that were opened, answered or ended in a stretch."""
        for entry, said in _once(self._tickets, start_ms, end_ms):
            for at_ms in (said.opened_ms, said.responded_ms, said.ended_ms):
                if at_ms is not None and start_ms <= at_ms < end_ms:
                    yield entry, said
                    break


def _once(several: Mapping[int, list[tuple[Entry, Said]]], start_ms: int, end_ms: int) -> Iterable[tuple[Entry, Said]]:
    """What is in the buckets of a stretch."""
    return {pair[0].number: pair for b in _buckets(start_ms, end_ms) for pair in several.get(b, ())}.values()


def _instants(said: TicketRecord) -> list[int]:
    return [at_ms for at_ms in (said.opened_ms, said.responded_ms, said.ended_ms) if at_ms is not None]


def _buckets(start_ms: int, end_ms: int) -> range:
    return range(start_ms // BUCKET_MS, end_ms // BUCKET_MS + 1)
