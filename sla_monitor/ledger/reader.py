"""Reads the record, whether or not a daemon is writing it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sla_monitor.ledger.chain import read
from sla_monitor.ledger.heads import ChainHead, closed_head
from sla_monitor.ledger.single_looks import SLICE_MS, SingleLooks
from sla_monitor.register.entries import Entry
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind
from sla_monitor.sla.observation import Observation
from sla_monitor.sla.spans import Span, span_of

ROWS_AT_ONCE = 250
"""Spans decoded between two rests: about a millisecond of holding the interpreter."""

# The spans of one endpoint do not overlap: those of a range are the last that starts by its beginning, and
# whatever starts inside it. The primary key finds both, however long the history is.
_ENDED = """
select e.id, s.start_ms, s.end_ms, s.seen_ms, s.outcome, s.reason, s.looks
from endpoints e join ended_spans s on s.endpoint_id = e.id and s.start_ms < :end_ms and s.start_ms >= ifnull(
  (select max(b.start_ms) from ended_spans b where b.endpoint_id = e.id and b.start_ms <= :start_ms), :start_ms)
where s.end_ms > :start_ms
order by e.id, s.start_ms
"""
_LAST = """
select e.id, s.start_ms, s.end_ms, s.seen_ms, s.outcome, s.reason, s.looks
from endpoints e join last_spans s on s.endpoint_id = e.id
where s.start_ms < :end_ms and s.end_ms > :start_ms
"""
_LAST_SPANS = """
select e.key, s.start_ms, s.end_ms, s.seen_ms, s.outcome, s.reason, s.looks
from endpoints e join last_spans s on s.endpoint_id = e.id
order by e.key
"""
_FIRST = """
with ours as (select id from endpoints where key between ? and ?)
select min(start_ms) from (
  select (select min(start_ms) from ended_spans where endpoint_id = ours.id) as start_ms from ours
  union all select start_ms from last_spans join ours on endpoint_id = ours.id
)
"""
_LATEST_SPANS = """
select start_ms, end_ms, seen_ms, outcome, reason, looks
from spans where endpoint_id = (select id from endpoints where key = ?)
order by start_ms desc limit ?
"""
_LAST_REPORTS = """
select e.key, h.kind, h.at_ms, h.duration_ms, h.text
from endpoints e cross join (values ('start'), ('done'), ('fail')) as kinds join heartbeats h on h.id = (
  select id from heartbeats
  where endpoint_id = e.id and kind = kinds.column1 and at_ms <= ? order by id desc limit 1)
order by h.id
"""


class Reader(SingleLooks):
    """A read-only view of one ledger, usable from any thread. Each answer is one consistent moment.

    Everything raises LedgerError and its kinds when the file cannot be read.
    """

    def spans(self, start_ms: int, end_ms: int, rest: Callable[[], None] = lambda: None) -> dict[str, list[Span]]:
        """Whole spans that overlap `[start_ms, end_ms)`, ascending, for each endpoint key that has any.

        `rest` is called between every ROWS_AT_ONCE: in the daemon, looks that are due go first.
        """
        given = {"start_ms": start_ms, "end_ms": end_ms}
        spans: dict[str, list[Span]] = defaultdict(list)
        outcomes, reasons = self._meanings.outcomes, self._meanings.reasons
        with self._asked() as connection, _snapshot(connection):
            keys = dict(connection.execute("select id, key from endpoints"))
            for query in (_ENDED, _LAST):
                cursor = connection.execute(query, given)
                while rows := cursor.fetchmany(ROWS_AT_ONCE):
                    for number, several in groupby(rows, itemgetter(0)):
                        spans[keys[number]] += [
                            span_of((start, end, seen, outcomes[outcome], reasons[reason], looks))
                            for _, start, end, seen, outcome, reason, looks in several
                        ]
                    rest()
        return dict(spans)

    def first_ms(self, contract: str) -> int | None:
        """When the first look at any endpoint of a contract began; None: there is none."""
        row = self._rows(_FIRST, f"{contract}/", f"{contract}0")[0]  # 0 follows the stroke
        return None if row[0] is None else int(row[0])

    def head(self) -> ChainHead | None:
        """Up to where the chain is closed; None while no link is."""
        with self._asked() as connection, _snapshot(connection):
            return closed_head(connection)

    def worked_out(self, digest: str) -> str | None:
        """What was made of looks of months that are over, by the digest of the question; None: nobody has asked it."""
        rows = self._rows("select body from worked_out where digest = ?", digest)
        return str(rows[0][0]) if rows else None

    def latest_spans(self, endpoint: str, count: int) -> list[Span]:
        """The endpoint's last `count` spans, ascending."""
        rows = self._rows(_LATEST_SPANS, endpoint, count)
        return [self._meanings.span(row) for row in reversed(rows)]

    def latest_observations(self, endpoint: str, count: int) -> list[Observation]:
        """The endpoint's last `count` looks, ascending: read backwards, an hour at a time, from the last one."""
        spans = self.latest_spans(endpoint, 1)
        first_ms, stop_ms = self._edges()[0], spans[0].seen_ms + 1 if spans else 0
        found: list[Observation] = []
        while stop_ms > first_ms and len(found) < count:
            start_ms = max(stop_ms - SLICE_MS, first_ms)
            found = [*self.observations(endpoint, start_ms, stop_ms), *found]
            stop_ms = start_ms
        return found[-count:]

    def last_spans(self) -> dict[str, Span]:
        """The last span of every endpoint that was ever seen, in the order of their keys."""
        rows = self._rows(_LAST_SPANS)
        return {key: self._meanings.span(row) for key, *row in rows}

    def jobs(self, now_ms: int, monotonic_s: float) -> dict[str, JobState]:
        """What counts of the reports of each endpoint's job. One that is later than now came in while the clock was
        wrong, and counts for nothing."""
        states: dict[str, JobState] = defaultdict(JobState)
        for key, kind, at_ms, duration_ms, text in self._rows(_LAST_REPORTS, now_ms):
            heard_s = monotonic_s - (now_ms - at_ms) / 1000
            states[key] = states[key].after(JobReport(ReportKind(kind), at_ms, heard_s, text, duration_ms))
        return dict(states)

    def entries(self, contract: str, after: int = 0) -> list[Entry]:
        """What the register says of a contract: entries with higher numbers than `after`, ascending, undone ones
        included. Raises LedgerDamaged when one of them was altered."""
        with self._asked() as connection:
            return read(self._path, connection, contract, after)


def read_only(path: Path) -> Reader:
    """A reader of a ledger that a daemon may be writing at this moment, or was killed while it wrote."""
    return Reader(path)


class _snapshot:  # noqa: N801 - reads as the statement it is
    """Several statements on one state of the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("begin")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("rollback")
