"""Spans as observations come in: the last one of each endpoint in memory, changes saved with the observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.ledger.name_tables import Codes, names_by_id
from sla_monitor.sla.clock_steps import ClockStep
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span, doubted, extend, in_doubt_from

ALIKE_MS = 2_000
"""Two steps that differ by less, or by less than a hundredth, are a clock set wrong and put right."""

_LAST = "select endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks from last_spans"
_SAVE_LAST = "insert or replace into last_spans values (?, ?, ?, ?, ?, ?, ?)"
_SAVE_ENDED = "insert into ended_spans values (?, ?, ?, ?, ?, ?, ?)"

_AHEAD = """
select start_ms, end_ms, seen_ms, outcome, reason, looks from ended_spans
where endpoint_id = ? and seen_ms >= ? order by start_ms
"""
_CUT = """
update ended_spans set end_ms = :start_ms where endpoint_id = :endpoint and end_ms > :start_ms and start_ms < :start_ms
returning endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks
"""


Told = Callable[[Sequence[Any], bool], None]
"""Takes what an endpoint's latest span is, as a row of `last_spans`, and whether with it all are told."""


class SpanTally:
    """Extends spans observation by observation; `save` writes what has changed since the last save.

    `out_of_order` counts the observations that were not after their endpoint's last one. `latest_ms`: when the latest
    observation of any endpoint began.
    """

    def __init__(self, database: Database, told: Told = lambda row, is_complete: None) -> None:
        """Starts from the spans in the database: one row for each endpoint. `told` is given each span that has ended,
        and the one after it, inside the transaction in which they are saved."""
        self._connection, self._told = database.conn, told
        self._meanings = meanings = Meanings.load(database)
        self._last = {number: meanings.span(row) for number, *row in database.conn.execute(_LAST)}
        self.latest_ms = max((span.seen_ms for span in self._last.values()), default=0)
        self._changed: set[int] = set()
        self._ended: list[tuple[int, Span]] = []
        self._turned: dict[int, None] = {}
        self._untold = set(self._last)
        self.out_of_order = 0

    def observe(self, endpoint: int, at_ms: int, outcome: Outcome, reason: Reason | None, every_ms: int) -> None:
        """Take in one observation."""
        last = self._last.get(endpoint)
        spans = extend(last, at_ms, outcome, reason, every_ms)
        latest = spans[-1]
        if latest is last:
            self.out_of_order += 1
            return
        if latest is not spans[0]:
            self._ended.append((endpoint, spans[0]))
            self._turned[endpoint] = None
        self._last[endpoint] = latest
        self.latest_ms = max(self.latest_ms, at_ms)
        self._changed.add(endpoint)

    def step(
        self,
        codes: Codes,
        step: ClockStep,
        since_ms: int | None,
        is_tallied: Callable[[int, int], bool] = lambda endpoint, at_ms: True,
    ) -> None:
        """The clock was set: what lies in the future ends, the time in doubt is UNKNOWN. Inside the open transaction.

        `since_ms`: when the clock was set wrong, where that was recorded. `is_tallied`: whether an endpoint's spans
        at an instant are being worked out here.

        A step ahead changes nothing: what lies in the future may be right, and the clock still be behind. Nor does a
        step back say anything of what was seen even later than the clock said before it. See `Lead`.
        """
        if step.size_ms >= 0:
            return
        self.save(codes)
        for endpoint, last in list(self._last.items()):
            is_explained = step.at_ms <= last.seen_ms <= step.expected_ms + ALIKE_MS
            if not is_explained or not is_tallied(endpoint, step.at_ms):
                continue
            rows = self._connection.execute(_AHEAD, (endpoint, step.at_ms)).fetchall()
            spans = [*(self._meanings.span(row) for row in rows), last]
            start_ms = in_doubt_from(spans, step.at_ms, step.expected_ms, since_ms)
            if start_ms is not None:
                self._doubt(codes, endpoint, min(start_ms, step.at_ms - 1), step.at_ms)
        self.latest_ms = max((span.seen_ms for span in self._last.values()), default=0)

    def _doubt(self, codes: Codes, endpoint: int, start_ms: int, at_ms: int) -> None:
        last = self._last[endpoint]
        self._connection.execute(
            "delete from ended_spans where endpoint_id = ? and start_ms >= ?", (endpoint, start_ms)
        )
        for row in self._connection.execute(_CUT, {"endpoint": endpoint, "start_ms": start_ms}).fetchall():
            self._told(row, False)
        if last.start_ms < start_ms:
            self._ended.append((endpoint, last._replace(end_ms=min(last.end_ms, start_ms))))
        self._last[endpoint] = doubted(start_ms, at_ms)
        self._changed.add(endpoint)
        self._turned[endpoint] = None
        self.save(codes)

    def save(self, codes: Codes) -> None:
        """Write what has changed, inside the transaction that is open."""
        ended = [_row(codes, endpoint, span) for endpoint, span in self._ended]
        latest = {endpoint: _row(codes, endpoint, self._last[endpoint]) for endpoint in self._changed}
        self._connection.executemany(_SAVE_LAST, latest.values())
        self._connection.executemany(_SAVE_ENDED, ended)
        for row in (*ended, *(latest[endpoint] for endpoint in self._turned)):
            self._told(row, False)
        self._untold |= self._changed
        self._changed.clear()
        self._ended.clear()
        self._turned.clear()

    def chain_all(self, codes: Codes) -> None:
        """Have the latest span of each endpoint told that has changed since the last time."""
        self.save(codes)
        rows = [_row(codes, endpoint, self._last[endpoint]) for endpoint in sorted(self._untold)]
        for number, row in enumerate(rows, start=1):
            self._told(row, number == len(rows))
        self._untold.clear()


def _row(codes: Codes, endpoint: int, span: Span) -> tuple[Any, ...]:
    outcome, reason = codes.outcomes[span.outcome], codes.reasons[span.reason]
    return endpoint, span.start_ms, span.end_ms, span.seen_ms, outcome, reason, span.probes


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
        start_ms, end_ms, seen_ms, outcome, reason, probes = row
        return Span(start_ms, end_ms, seen_ms, self.outcomes[outcome], self.reasons[reason], probes)


@dataclass(slots=True)
class Steps:
    """The steps of the clock one after another: which of them puts right what an earlier one did.

    A host that was suspended is told by two steps at the same instant: the first is all by which the clock has moved,
    the second what of that was not sleep.
    """

    _ahead: list[ClockStep] = field(default_factory=list)

    def since_ms(self, step: ClockStep) -> int | None:
        """Take in a step; when the clock was set wrong, if this puts it right again and that was recorded."""
        if self._ahead and self._ahead[-1].at_ms == step.at_ms:
            self._ahead.pop()
        size_ms = step.size_ms
        if size_ms >= 0:
            self._ahead += [step] if size_ms else []
            return None
        for place in reversed(range(len(self._ahead))):
            before = self._ahead[place]
            if abs(before.size_ms + size_ms) <= max(ALIKE_MS, -size_ms // 100):
                del self._ahead[place:]
                return before.expected_ms
        return None

    def was_set_ahead(self, by_ms: int) -> bool:
        """Whether it was set ahead by so much or more, and not put right since."""
        return any(step.size_ms >= by_ms for step in self._ahead)
