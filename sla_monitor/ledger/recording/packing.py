"""Packs hours of observations that are over, beside the observations, so that the next start reads them quickly.

Hours are packed while the daemon records. An observation that comes in for one of them later takes that endpoint's hour
out again (Journal), in the transaction that records it; whatever came in while an hour was being packed keeps it out.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.connect import BUSY_SECONDS, immediate, snapshot
from sla_monitor.ledger.opening import appending
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from sla_monitor.ledger.reading.reader import Reader
from sla_monitor.sla.samples import Samples

LOG = logging.getLogger(__name__)

SPARE_HOURS = 40 * 24
"""Kept before the time that is asked for: the month that has just ended is judged again when somebody claims relief."""

_TOLD_HOURS = 24
_INSERT = "insert or ignore into looks_by_hour values (?, ?, ?)"
_PRUNE = "delete from looks_by_hour where hour < ? and endpoint_id in (select value from json_each(?))"
_NEWER = "select exists (select 1 from observations where id > ? and at_ms >= ? and at_ms < ?)"


class HourPacker:
    """Packs for one ledger. For one thread at a time."""

    def __init__(self, path: Path, reader: Reader) -> None:
        self._path = path
        self._reader = reader
        self._done: dict[tuple[str, ...], tuple[int, int]] = {}

    def keep(self, keys: Sequence[str], since_ms: int, until_ms: int, yield_control: Callable[[], None]) -> None:
        """Pack these endpoints' whole hours in `[since_ms, until_ms)`, and throw away much earlier ones.
        `yield_control` is called between hours: in the daemon, probes that are due go first.

        Raises LedgerError and its kinds; what was packed before is kept then.
        """
        name = tuple(keys)
        first, last = since_ms // HOUR_MS, until_ms // HOUR_MS
        before = self._done.get(name)
        begin = before[1] if before and before[0] <= first else first
        if begin >= last:
            return
        numbers = tuple(self._reader.numbers(keys))
        lacking = self._reader.hours_lacking(numbers, begin, last)
        if len(lacking) > _TOLD_HOURS:
            LOG.info(
                "packing %d hours of observations at %d endpoints, once, for quicker starts", len(lacking), len(numbers)
            )
        with appending(self._path, BUSY_SECONDS) as database:
            # These rows can be made again: no commit of theirs need wait for the disk.
            database.conn.execute("pragma synchronous = normal")
            for count, hour in enumerate(lacking, start=1):
                self._pack(database.conn, numbers, hour)
                yield_control()
                if count % _TOLD_HOURS == 0:
                    database.conn.execute("pragma wal_checkpoint(passive)")
            if before:  # what other groups of endpoints ask for is known by now
                database.conn.execute(_PRUNE, (first - SPARE_HOURS, json.dumps(numbers)))
        self._done[name] = first, last

    def _pack(self, connection: sqlite3.Connection, numbers: Sequence[int], hour: int) -> None:
        start_ms, end_ms = hour * HOUR_MS, (hour + 1) * HOUR_MS
        newest = connection.execute("select ifnull(max(id), 0) from observations").fetchone()[0]
        hours = self._reader.hours
        with snapshot(connection):
            samples = hours.samples_of(Proof(self._path, connection).observations(start_ms, end_ms), numbers)
        rows = [(hour, number, hours.closed(samples.get(number, Samples()), number, hour)) for number in numbers]
        with immediate(connection):
            if not connection.execute(_NEWER, (newest, start_ms, end_ms)).fetchone()[0]:
                connection.executemany(_INSERT, rows)
