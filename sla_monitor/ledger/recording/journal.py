"""One transaction of the record: observations, heartbeats and the spans that follow from them, all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from sla_monitor.ledger.chaining.links import Chain, Link
from sla_monitor.ledger.chaining.verifying import verify_recent
from sla_monitor.ledger.connect import connect_reader, immediate
from sla_monitor.ledger.file_identity import FileIdentity
from sla_monitor.ledger.name_tables import ENDPOINTS_REMEMBERED, Codes, Names
from sla_monitor.ledger.opening import open_writer
from sla_monitor.ledger.reading.packed_hours import forget_hour, packed_until_ms
from sla_monitor.ledger.reading.pruned_days import last_observation
from sla_monitor.ledger.recording.bodies import EvidenceTable, storable
from sla_monitor.ledger.recording.buffer_entries import Arrived, Beat, Held
from sla_monitor.ledger.recording.tally import SpanTally, Steps
from sla_monitor.sla.clock_steps import ClockStep
from sla_monitor.sla.observation import Observation

_INSERT = "insert into observations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INTERVAL = "insert into intervals values (?, ?, ?)"
_BEAT = "insert into heartbeats (endpoint_id, at_ms, kind, duration_ms, text) values (?, ?, ?, ?, ?) returning id"
_STEP = "insert into clock_steps (observation_id, at_ms, expected_ms) values (?, ?, ?) returning id"

_POSITIONS = "select site, outbox, sequence from site_positions"
_POSITION = "insert or replace into site_positions values (?, ?, ?)"

_STATE = "insert into span_states values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"
_LAST_TOLD = "select observation_id, seen_ms from span_states where is_complete = 1 order by id desc limit 1"

TELL_OBSERVATIONS, TELL_SHARE = 100_000, 100
"""After how many observations the spans of all endpoints are told in the chain, and how many for each of those: so many
are read to know whether the last spans are as they were. And once a day, so that little is read where little comes
in."""

DAY_MS = 86_400_000

_PRUNED = "select max(id) from pruned_endpoints"

Row = tuple[int | None, ...]


class Journal:
    """Writes batches of entries. What it keeps in memory is loaded from a row or two for each endpoint.

    Belongs to one thread. After a transaction that failed it reads its memory again, from the database.
    """

    def __init__(self, database: Database, place: FileIdentity) -> None:
        connection = database.conn
        self.database = database
        self.place = place
        self._connection = connection
        self._chain = Chain(connection)
        self._endpoints = Names(connection, "endpoints", self._added, ENDPOINTS_REMEMBERED)
        self._codes = Codes.load(database)
        self._addresses = Names(connection, "addresses", self._added)
        self._evidence = EvidenceTable(connection, self._added)
        self._link: Link
        self._spans: SpanTally
        self._overwritten: str | None = None
        self._stale = False
        self._packed_until_ms = 0
        self._load()

    def write(self, batch: Sequence[Held]) -> int:
        """Commit a batch, in its order; returns how many observations were out of order.

        Raises sqlite3.OperationalError when the database cannot take it now, and another error of sqlite3, or
        TypeError and the like, when an entry can never be stored; Displaced when the ledger is not at its path any
        more. Nothing of the batch is kept then.
        """
        if self._stale:
            self._load()
        before = self._spans.out_of_order
        self._stale = True  # until the commit has returned
        with immediate(self._connection):
            self._write(batch)
            self.check_place()  # a commit into a file that nobody can find is none
        self._stale, self._committed = False, self._chain.head
        return self._spans.out_of_order - before

    @classmethod
    def open(cls, path: Path, given: Path | None = None) -> Self:
        """The journal of the ledger at `path`, which others know as `given`, for the holder of its lock.

        Raises LedgerError and its kinds.
        """
        database = open_writer(path)
        try:
            place = FileIdentity(path, given)
        except BaseException:
            database.close()
            raise
        return cls(database, place)

    def close(self) -> None:
        """Let go of the files."""
        self.place.close()
        self.database.close()

    @property
    def latest_ms(self) -> int:
        """When the latest probe on record began."""
        return self._spans.latest_ms

    def forget(self) -> None:
        """Somebody else may have written meanwhile: what is in memory is read again before the next batch."""
        self._stale = True

    def checkpoint(self) -> None:
        """Copy what the write-ahead log holds into the database, as far as readers allow, waiting for nobody.

        Raises Displaced, and then copies nothing: the log of one database would ruin another.
        """
        self.check_place()
        self.empty_log()

    def empty_log(self) -> None:
        """The same wherever the open database is now."""
        self._connection.execute("pragma wal_checkpoint(passive)")
        self.place.note()

    def check_place(self) -> None:
        """Raises Displaced unless the open ledger is the one at its path, and nobody has written over it.

        A checkpoint of somebody else's writes into the database too: then the newest links of the chain are verified on
        a connection that knows none of its pages.
        """
        if self._overwritten is None:
            self.place.check()
            if self.place.is_touched():
                self._overwritten = self._read_anew()
        if self._overwritten is not None:
            raise self.place.overwritten(self._overwritten)

    def _read_anew(self) -> str | None:
        """What is wrong with the database as somebody finds it who opens it now."""
        if not self.place.size:
            return "it is empty"  # and not to be opened: SQLite deletes the log of an empty database
        try:
            with closing(connect_reader(self.place.path)) as fresh:
                if self.place.is_cut and _bytes_of(fresh.conn) > self.place.size:
                    return "it was cut short"
                return next(iter(verify_recent(fresh.conn, self._committed)), None)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            return str(error)

    def _load(self) -> None:
        for cache in (self._endpoints, self._addresses, self._evidence):
            cache.forget()
        self._chain.forget()
        self._committed = self._chain.head
        self._spans = SpanTally(self.database, self._state_told)
        told: tuple[int, int] = self._connection.execute(_LAST_TOLD).fetchone() or (0, 0)
        self._told_to, self._told_day = told[0], told[1] // DAY_MS
        self._steps = Steps()
        for step in self._connection.execute("select at_ms, expected_ms from clock_steps order by id"):
            self._steps.since_ms(ClockStep(*step))
        self._every_ms = dict(self._connection.execute(_LAST_INTERVALS))
        self._positions = {(site, outbox): last for site, outbox, last in self._connection.execute(_POSITIONS)}
        self._moved: set[tuple[str, str]] = set()
        self._last_id = last_observation(self._connection)
        self._pruned = self._connection.execute(_PRUNED).fetchone()
        self._stale = False

    def _write(self, batch: Sequence[Held]) -> None:
        observations: list[Row] = []
        self._link = self._chain.begin(batch[0].entry.at_ms)
        self._packed_until_ms = packed_until_ms(self._connection)
        pruned = self._connection.execute(_PRUNED).fetchone()
        if pruned != self._pruned:  # rows that it remembers go, unless somebody refers to them
            self._pruned = pruned
            self._evidence.forget()
        for held in batch:
            if isinstance(held.entry, Beat):
                self._beat(held.entry)
            elif isinstance(held.entry, ClockStep):
                self._step(held.entry)
            elif isinstance(held.entry, Arrived):
                if self._goes_on(held.entry) and held.entry.observation is not None:
                    observations.append(self._row_of(held.entry.observation, held.every_ms))
            else:
                observations.append(self._row_of(held.entry, held.every_ms))
        # One call for all of them: a quarter of the processor time of sqlite-utils' insert_all.
        self._connection.executemany(_INSERT, observations)
        self._link.add_observations(observations)
        self._connection.executemany(_POSITION, [(*outbox, self._positions[outbox]) for outbox in self._moved])
        self._moved.clear()
        self._spans.save(self._codes)
        if observations and self._is_to_be_told(batch[-1].entry.at_ms):
            self._chain_all(batch[-1].entry.at_ms)
        self._chain.save()

    def _row_of(self, observation: Observation, every_ms: int) -> Row:
        finding, phases = observation.finding, observation.finding.phases
        endpoint = self._endpoints.id(observation.endpoint)
        self._last_id += 1
        if self._every_ms.get(endpoint) != every_ms:
            interval = endpoint, self._last_id, every_ms
            self._connection.execute(_INTERVAL, interval)
            self._link.add("intervals", self._last_id, interval)
            self._every_ms[endpoint] = every_ms
        if observation.at_ms < self._packed_until_ms:
            forget_hour(self._connection, endpoint, observation.at_ms)
        self._spans.observe(endpoint, observation.at_ms, finding.outcome, finding.reason, every_ms)
        return (
            self._last_id,
            endpoint,
            observation.at_ms,
            self._codes.outcomes[finding.outcome],
            self._codes.reasons[finding.reason],
            finding.duration_us,
            phases.dns_us,
            phases.connect_us,
            phases.tls_us,
            phases.first_byte_us,
            phases.transfer_us,
            None if finding.address is None else self._addresses.id(finding.address),
            finding.status,
            finding.body_bytes,
            finding.certificate_expires_at_s,
            self._evidence.id(endpoint, observation.at_ms, finding),
        )

    def _goes_on(self, arrived: Arrived) -> bool:
        """Whether it is next of its outbox, which then has come so far; it may come twice, or before others."""
        outbox = arrived.site, arrived.outbox
        position = self._positions.get(outbox, 0)
        if not arrived.first <= position + 1 <= arrived.last:
            return False
        self._positions[outbox] = arrived.last
        self._moved.add(outbox)
        return True

    def _beat(self, beat: Beat) -> None:
        endpoint, report = self._endpoints.id(beat.endpoint), beat.report
        values = endpoint, report.at_ms, report.kind.value, report.duration_ms, storable(report.text)
        number = self._connection.execute(_BEAT, values).fetchone()[0]
        self._added("heartbeats", (number, *values))

    def _step(self, step: ClockStep) -> None:
        number = self._connection.execute(_STEP, (self._last_id, *step)).fetchone()[0]
        self._added("clock_steps", (number, self._last_id, *step))
        self._spans.step(self._codes, step, self._steps.since_ms(step))
        self._chain_all(step.at_ms)  # spans after it follow from observations alone

    def _is_to_be_told(self, at_ms: int) -> bool:
        observations = self._last_id - self._told_to
        return at_ms // DAY_MS > self._told_day or observations >= max(
            TELL_OBSERVATIONS, TELL_SHARE * len(self._every_ms)
        )

    def _chain_all(self, at_ms: int) -> None:
        self._spans.chain_all(self._codes)
        self._told_to, self._told_day = self._last_id, at_ms // DAY_MS

    def _state_told(self, span: Sequence[Any], is_complete: bool) -> None:
        endpoint, *state = span
        values = endpoint, self._last_id, *state, int(is_complete)
        number = self._connection.execute(_STATE, values).fetchone()[0]
        self._added("span_states", (number, *values))

    def _added(self, table: str, row: tuple[Any, ...]) -> None:
        self._link.add(table, row[0], row)


def _bytes_of(connection: sqlite3.Connection) -> int:
    """The size that the database says that it has."""
    pages, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


_LAST_INTERVALS = """
select id, (select every_ms from intervals where endpoint_id = endpoints.id order by observation_id desc limit 1)
from endpoints
"""
