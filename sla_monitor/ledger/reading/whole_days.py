"""Whole days of one contract, for whoever seals them: each is read in one state of the record."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sla_monitor.ledger.chaining.register_chain import COLUMNS, KNOWN_BY
from sla_monitor.ledger.reading.pruned_days import last_observation, pruned_days
from sla_monitor.ledger.reading.queries import Asking

_ROWS_AT_ONCE = 10_000

# SQLite sorts in temporary files: a day of millions of observations need not be in memory.
_WHERE = """
where e.key >= :first and e.key < :beyond and o.id <= :last_observation
  and (o.at_ms >= :start_ms and o.at_ms < :end_ms or o.id > :known_observation and o.at_ms < :start_ms)
"""
_ROWS = f"""
select e.key, o.at_ms, n.name, r.name, o.duration_us, o.dns_us, o.connect_us, o.tls_us, o.first_byte_us,
  o.transfer_us, a.name, o.status, o.body_bytes, o.certificate_expires_at_s, o.evidence_id,
  (select every_ms from intervals i where i.endpoint_id = o.endpoint_id and i.observation_id <= o.id
   order by i.observation_id desc limit 1)
from observations o join endpoints e on e.id = o.endpoint_id join outcomes n on n.id = o.outcome
  left join reasons r on r.id = o.reason left join addresses a on a.id = o.address_id
{_WHERE}
order by e.key, o.at_ms, o.id
"""  # noqa: S608 - our own text
_EVIDENCE = f"""
select v.id, lower(hex(v.digest)), v.detail, v.body from evidence v where v.id in (
  select o.evidence_id from observations o join endpoints e on e.id = o.endpoint_id {_WHERE})
order by v.id
"""  # noqa: S608
_HEARTBEATS = """
select e.key, h.at_ms, h.kind, h.duration_ms, h.text from heartbeats h join endpoints e on e.id = h.endpoint_id
where e.key >= :first and e.key < :beyond and h.at_ms >= :start_ms and h.at_ms < :end_ms
order by e.key, h.at_ms, h.id
"""
_ENTRIES = f"""
select ifnull(p.digest, ''), {", ".join(f"r.{column}" for column in (*COLUMNS, KNOWN_BY))}, r.digest
from register r left join register p on p.number = r.number - 1
where r.contract = :contract and r.number > :known_entry and r.number <= :last_entry
order by r.number
"""  # noqa: S608
_CLOCK_STEPS = """
select id, observation_id, at_ms, expected_ms from clock_steps where at_ms >= :start_ms and at_ms < :end_ms order by id
"""
_IMPORTS = """
select i.id, i.at_ms, i.actor, i.kind, i.source, i.digest, i.note, i.start_ms, i.until_ms, i.details from imports i
where i.contract = :contract and i.at_ms >= :start_ms and i.at_ms < :end_ms order by i.id
"""
_IMPORTED_SPANS = """
select e.key, s.start_ms, s.end_ms, s.seen_ms, n.name, r.name, s.looks
from imported_spans s join endpoints e on e.id = s.endpoint_id join outcomes n on n.id = s.outcome
  left join reasons r on r.id = s.reason
where s.import_id = ? order by s.id
"""
_IMPORTED_SAMPLES = """
select e.key, l.hour, l.body from imported_looks l join endpoints e on e.id = l.endpoint_id
where l.import_id = ? order by l.id
"""
_WITHDRAWN = """
select w.import_id, w.at_ms, w.actor, w.why from withdrawn_imports w join imports i on i.id = w.import_id
where i.contract = :contract and w.at_ms >= :start_ms and w.at_ms < :end_ms order by w.id
"""
_LAST_ENTRY = "select ifnull(max(number), 0) from register where contract = ? and at_ms < ?"


class Marks(NamedTuple):
    """How far the record had been read when a day was: the ids of the last observation and of the last entry."""

    last_observation: int = 0
    last_entry: int = 0


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What the ledger has of one contract's day, and what came in late for days before. Valid while it is open.

    marks: to be given again to read the same, and to the next day to read on.
    """

    marks: Marks
    _connection: sqlite3.Connection
    _given: dict[str, Any]

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Observations by endpoint, then by time: the endpoint's key, at_ms, outcome, reason, duration_us, the five
        phases in µs, address, status, body_bytes, certificate_expires_at_s, number of its evidence, every_ms."""
        return self._fetched(_ROWS)

    def heartbeats(self) -> Iterator[tuple[Any, ...]]:
        """What jobs reported: the endpoint's key, when it came in, kind, how long the job took in ms, its text."""
        return self._fetched(_HEARTBEATS)

    def evidence(self) -> Iterator[tuple[int, str, str, bytes]]:
        """What those observations refer to: number, digest in hex, detail, body."""
        return self._fetched(_EVIDENCE)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Rows of the register that were added since the day before, each with the digest that it is chained to."""
        for before, *columns, known_by, digest in self._fetched(_ENTRIES):
            how = {KNOWN_BY: known_by} if known_by else {}
            yield {**dict(zip(COLUMNS, columns, strict=True)), **how, "before": before, "digest": digest}

    def clock_steps(self) -> Iterator[dict[str, Any]]:
        """Steps of the wall clock in the day: what it said since, and what it would have said then."""
        for number, observation, at_ms, expected_ms in self._fetched(_CLOCK_STEPS):
            yield {"id": number, "observation_id": observation, "at_ms": at_ms, "expected_ms": expected_ms}

    def imports(self) -> Iterator[dict[str, Any]]:
        """What was brought in of the contract in the day from elsewhere, with all that it told, and what was taken
        back."""
        for number, at_ms, actor, kind, source, digest, note, start_ms, until_ms, details in self._fetched(_IMPORTS):
            head = {"import": number, "at_ms": at_ms, "actor": actor, "kind": kind, "source": source, "sha256": digest}
            yield {**head, "note": note, "start_ms": start_ms, "until_ms": until_ms, "details": json.loads(details)}
            for key, *span in self._connection.execute(_IMPORTED_SPANS, (number,)):
                names = "start_ms", "end_ms", "seen_ms", "outcome", "reason", "looks"
                yield {"import": number, "endpoint": key, **dict(zip(names, span, strict=True))}
            for key, hour, body in self._connection.execute(_IMPORTED_SAMPLES, (number,)):
                yield {"import": number, "endpoint": key, "hour": hour, "body": b64encode(body).decode()}
        for number, at_ms, actor, why in self._fetched(_WITHDRAWN):
            yield {"import": number, "withdrawn_ms": at_ms, "actor": actor, "why": why}

    def _fetched(self, query: str) -> Iterator[Any]:
        cursor = self._connection.execute(query, self._given)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from rows


class WholeDays(Asking):
    """The days of one ledger. Raises LedgerError and its kinds."""

    @contextmanager
    def day(
        self, contract: str, start_ms: int, end_ms: int, known: Marks, until: Marks | None = None
    ) -> Iterator[DayRecord]:
        """A contract's day `[start_ms, end_ms)` after the one whose marks are `known`: all that is on record now, or
        what was when a reading had the marks `until`."""
        with self._asked() as connection:
            connection.execute("begin")  # one state of the record, until the day is read
            try:
                marks = until or self._marks(connection, contract, end_ms)
                given = {
                    "contract": contract,
                    "first": f"{contract}/",
                    "beyond": f"{contract}0",  # 0 follows the stroke
                    "start_ms": start_ms,
                    "end_ms": end_ms,
                    "known_observation": known.last_observation,
                    "last_observation": marks.last_observation,
                    "known_entry": known.last_entry,
                    "last_entry": marks.last_entry,
                }
                yield DayRecord(marks, connection, given)
            finally:
                connection.execute("rollback")

    def pruned(self, contract: str) -> dict[str, str]:
        """Days that were taken out, each with the digest of its sealed day's digests."""
        with self._asked() as connection:
            return {day.day: day.sums for day in pruned_days(connection, contract)}

    @staticmethod
    def _marks(connection: sqlite3.Connection, contract: str, end_ms: int) -> Marks:
        return Marks(last_observation(connection), connection.execute(_LAST_ENTRY, (contract, end_ms)).fetchone()[0])
