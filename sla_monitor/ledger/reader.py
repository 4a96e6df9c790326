"""Reads the record, whether or not a daemon is writing it."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chain import read
from sla_monitor.ledger.health import refusal
from sla_monitor.ledger.hours import HOUR_MS, Hours
from sla_monitor.ledger.opening import is_resting, open_reader, state_of
from sla_monitor.ledger.tally import Meanings
from sla_monitor.register.entries import Entry
from sla_monitor.sla.looks import Looks, Sample
from sla_monitor.sla.observation import Finding, Observation, Phases
from sla_monitor.sla.spans import Span, span_of

SLICE_MS = 3_600_000
"""Observations are read an hour at a time: a reader that kept one long snapshot would hold up the checkpoints, and
the write-ahead log would grow for as long as it read."""

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
_DOWN = "(select id from outcomes where name = 'down')"
_LOOKS = """
select o.at_ms, o.outcome, o.reason, v.detail, o.duration_us,
  o.dns_us, o.connect_us, o.tls_us, o.first_byte_us, o.transfer_us,
  a.name, o.status, o.body_bytes, o.certificate_expires_at_s, v.body
from observations o left join addresses a on a.id = o.address_id left join evidence v on v.id = o.evidence_id
where o.at_ms >= ? and o.at_ms < ? and o.endpoint_id = (select id from endpoints where key = ?)
"""
_OBSERVATIONS = f"{_LOOKS} order by o.at_ms, o.id"
_FIRST_DOWN = f"{_LOOKS} and o.outcome = {_DOWN} order by o.at_ms, o.id limit 1"
# Which of millions of looks may be the first one is told by the spans.
_DOWN_SINCE = f"""
select min(start_ms) from spans
where end_ms > ? and start_ms < ? and outcome = {_DOWN} and endpoint_id = (select id from endpoints where key = ?)
"""  # noqa: S608 - our own text
_NUMBERS = """
select e.id, e.key from json_each(?) j join endpoints e on e.key = j.value order by j.key
"""
_PACKED_HOURS = """
select hour from looks_by_hour where hour >= ? and hour < ? and endpoint_id in (select value from json_each(?))
group by hour having count(*) = ?
"""
_LAST_BEATS = """
select key, (select max(at_ms) from heartbeats where endpoint_id = endpoints.id) as at_ms
from endpoints where at_ms is not null
"""


class Reader:
    """A read-only view of one ledger, usable from any thread. Each answer is one consistent moment.

    Everything raises LedgerError and its kinds when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._resting = state_of(path) if path.exists() and is_resting(path) else None
        self._database: Database = open_reader(path)
        self._lock = threading.Lock()
        self._meanings = Meanings.load(self._database)
        self.hours = Hours.of(self._meanings)

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

    def observations(self, endpoint: str, start_ms: int, end_ms: int) -> Iterator[Observation]:
        """The endpoint's looks that began in `[start_ms, end_ms)`, ascending; evidence included."""
        first_ms, last_ms = self._edges()
        begin_ms, stop_ms = max(start_ms, first_ms), min(end_ms, last_ms + 1)
        for slice_ms in range(begin_ms, stop_ms, SLICE_MS):
            for row in self._rows(_OBSERVATIONS, slice_ms, min(slice_ms + SLICE_MS, stop_ms), endpoint):
                yield self._observation(endpoint, row)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        """The same without everything else: when each began, what it found, how long it took, its first byte (µs)."""
        return (sample for _, looks in self.columns((key,), start_ms, end_ms) for sample in looks)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Looks]]:
        """The same of many endpoints, which costs little more than of one: an hour in each piece, and the later ones
        later."""
        first_ms, last_ms = self._edges()
        begin_ms, stop_ms = max(start_ms, first_ms), min(end_ms, last_ms + 1)
        numbers = self.numbers(keys)
        for hour in range(begin_ms // HOUR_MS, -(-stop_ms // HOUR_MS)):
            found = self._hour(numbers, hour, begin_ms, stop_ms)
            pieces = (
                (key, found[number].between(begin_ms, stop_ms)) for number, key in numbers.items() if number in found
            )
            yield from (piece for piece in pieces if piece[1])

    def hours_lacking(self, numbers: Sequence[int], first: int, last: int) -> list[int]:
        """Of the hours in `[first, last)`, those since the record began that are not packed for every endpoint."""
        first = max(first, self._edges()[0] // HOUR_MS)
        packed = set(self._rows(_PACKED_HOURS, first, last, json.dumps(numbers), len(numbers)))
        return [hour for hour in range(first, last) if (hour,) not in packed] if numbers else []

    def numbers(self, keys: Iterable[str]) -> dict[int, str]:
        """The integers that stand for those of these keys that were ever seen."""
        return dict(self._rows(_NUMBERS, json.dumps(list(keys))))

    def first_ms(self, contract: str) -> int | None:
        """When the first look at any endpoint of a contract began; None: there is none."""
        row = self._rows(_FIRST, f"{contract}/", f"{contract}0")[0]  # 0 follows the stroke
        return None if row[0] is None else int(row[0])

    def first_failed(self, endpoint: str, start_ms: int, end_ms: int) -> Observation | None:
        """The first look at the endpoint that began in `[start_ms, end_ms)` and found it down; evidence included."""
        ((since_ms,),) = self._rows(_DOWN_SINCE, start_ms, end_ms, endpoint)
        if since_ms is None:
            return None
        rows = self._rows(_FIRST_DOWN, max(since_ms, start_ms), end_ms, endpoint)
        return self._observation(endpoint, rows[0]) if rows else None

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

    def last_beats(self) -> dict[str, int]:
        """When the last heartbeat of each endpoint came in."""
        return dict(self._rows(_LAST_BEATS))

    def entries(self, contract: str, after: int = 0) -> list[Entry]:
        """What the register says of a contract: entries with higher numbers than `after`, ascending, undone ones
        included. Raises LedgerDamaged when one of them was altered."""
        with self._asked() as connection:
            return read(self._path, connection, contract, after)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _edges(self) -> tuple[int, int]:
        """The first and the last instant of the record; `(0, -1)` while it is empty."""
        first, last = "select min(at_ms) from observations", "select max(at_ms) from observations"
        row = self._rows(f"select ifnull(({first}), 0), ifnull(({last}), -1)")[0]
        return row[0], row[1]

    def _hour(self, numbers: Iterable[int], hour: int, start_ms: int, end_ms: int) -> dict[int, Looks]:
        """Looks of an hour, by endpoint; of those that are not packed no more than is asked for."""
        with self._asked() as connection:
            kept = self.hours.kept(connection, numbers, hour)
            lacking = [number for number in numbers if number not in kept]
            if not lacking:
                return kept
            begin_ms, stop_ms = max(start_ms, hour * HOUR_MS), min(end_ms, (hour + 1) * HOUR_MS)
            return kept | self.hours.scanned(connection, lacking, begin_ms, stop_ms)

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        with self._asked() as connection:
            return connection.execute(query, given).fetchall()

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; what SQLite says is turned into a LedgerError."""
        try:
            with self._lock:
                yield self._database.conn
        except sqlite3.Error as error:
            raise refusal(self._path, error) from error
        if self._resting is not None and state_of(self._path) != self._resting:
            raise LedgerError(f"{self._path}: somebody has begun to write this ledger while it was read; try again")

    def _observation(self, endpoint: str, row: tuple[Any, ...]) -> Observation:
        at_ms, outcome, reason, detail, duration_us, *rest = row
        *phases, address, status, body_bytes, certificate_expires_at_s, evidence = rest
        finding = Finding(
            outcome=self._meanings.outcomes[outcome],
            reason=self._meanings.reasons[reason],
            detail=detail or "",
            duration_us=duration_us,
            phases=Phases(*phases),
            address=address,
            status=status,
            body_bytes=body_bytes,
            certificate_expires_at_s=certificate_expires_at_s,
            evidence=evidence or b"",
        )
        return Observation(endpoint, at_ms, finding)


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
