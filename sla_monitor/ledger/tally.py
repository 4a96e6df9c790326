"""The spans of every endpoint as looks come in: the last one of each in memory, what changed saved with the looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.ledger.names import Codes, names_by_id
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span, extend

_LAST = "select endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks from last_spans"
_SAVE_LAST = "insert or replace into last_spans values (?, ?, ?, ?, ?, ?, ?)"
_SAVE_ENDED = "insert into ended_spans values (?, ?, ?, ?, ?, ?, ?)"


class SpanTally:
    """Extends spans look by look; `save` writes what has changed since the last save.

    `out_of_order` counts the looks that were not after their endpoint's last one.
    """

    def __init__(self, database: Database) -> None:
        """Starts from the spans in the database: one row for each endpoint."""
        self._connection = database.conn
        meanings = Meanings.load(database)
        self._last = {number: meanings.span(row) for number, *row in database.conn.execute(_LAST)}
        self._changed: set[int] = set()
        self._ended: list[tuple[int, Span]] = []
        self.out_of_order = 0

    def look(self, endpoint: int, at_ms: int, outcome: Outcome, reason: Reason | None, every_ms: int) -> None:
        """Take in one look."""
        last = self._last.get(endpoint)
        *ended, latest = extend(last, at_ms, outcome, reason, every_ms)
        if latest is last:
            self.out_of_order += 1
            return
        self._ended.extend((endpoint, span) for span in ended)
        self._last[endpoint] = latest
        self._changed.add(endpoint)

    def save(self, codes: Codes) -> None:
        """Write what has changed, inside the transaction that is open."""

        def row(endpoint: int, span: Span) -> tuple[object, ...]:
            outcome, reason = codes.outcomes[span.outcome], codes.reasons[span.reason]
            return endpoint, span.start_ms, span.end_ms, span.seen_ms, outcome, reason, span.looks

        self._connection.executemany(_SAVE_LAST, [row(endpoint, self._last[endpoint]) for endpoint in self._changed])
        self._connection.executemany(_SAVE_ENDED, [row(endpoint, span) for endpoint, span in self._ended])
        self._changed.clear()
        self._ended.clear()


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the integers of outcomes and reasons mean."""

    outcomes: dict[int, Outcome]
    reasons: dict[int | None, Reason | None]

    @classmethod
    def load(cls, database: Database) -> Self:
        reasons: dict[int | None, Reason | None] = {None: None}
        reasons |= {number: Reason(name) for number, name in names_by_id(database, "reasons").items()}
        outcomes = {number: Outcome(name) for number, name in names_by_id(database, "outcomes").items()}
        return cls(outcomes, reasons)

    def span(self, row: Sequence[Any]) -> Span:
        """A span from its columns `start_ms, end_ms, seen_ms, outcome, reason, looks`."""
        start_ms, end_ms, seen_ms, outcome, reason, looks = row
        return Span(start_ms, end_ms, seen_ms, self.outcomes[outcome], self.reasons[reason], looks)
