"""Takes observations out of the ledger that are in verified sealed days, while the daemon records.

What is to go is written down first, with the span that each endpoint was in then: from that commit on nobody reads it
here. Then the rows go, some of a day in one transaction. Whoever is killed meanwhile has taken out less, and
nothing else; the next run goes on. Spans, register, heartbeats and answers stay.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.span_states import chain_latest_spans
from sla_monitor.ledger.connect import BUSY_SECONDS, immediate
from sla_monitor.ledger.housekeeping.rebuilding import (
    Progress,
    PrunedEndpoint,
    begin_scratch,
    differences,
    pruned_endpoints,
    tally_up,
)
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import appending, open_reader
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from sla_monitor.ledger.reading.pruned_days import PrunedDay, last_observation, pruned_days

_ROWS_AT_ONCE = 20_000
"""In one transaction: a tenth of a second, for which the daemon's commit waits."""

_CHECKPOINT_DAYS = 10
_OWN = "select id from endpoints where key >= ? and key < ?"
_LAST_SPAN = "select * from temp.last_spans where endpoint_id = ?"
_SEEN_BEFORE = """
select exists (select 1 from observations
  where id > ? and at_ms < ? and endpoint_id in (select value from json_each(?)))
"""
_SOME = f"""
select id, evidence_id from observations
where at_ms >= ? and at_ms < ? and id <= ? and endpoint_id in (select value from json_each(?)) limit {_ROWS_AT_ONCE}
"""  # noqa: S608 - our own text
_COUNT = """
select count(*) from observations
where at_ms >= ? and at_ms < ? and id <= ? and endpoint_id in (select value from json_each(?))
"""
_DELETE = "delete from observations where id in (select value from json_each(?))"
_DELETE_EVIDENCE = """
delete from evidence where id in (select value from json_each(?)) and id < (select max(id) from evidence)
  and not exists (select 1 from observations where evidence_id = evidence.id)
"""
"""The newest stays: SQLite would give its number again, and the chain has it already."""
_DELETE_HOURS = "delete from looks_by_hour where hour < ? and endpoint_id in (select value from json_each(?))"
_DAY = f"insert into pruned_days values (null, {', '.join('?' * len(PrunedDay._fields))}) returning id"  # noqa: S608
_ENDPOINT = "insert into pruned_endpoints values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking out some days of a contract comes to. `read_to`: the last observation that it was made from."""

    contract: str
    days: tuple[PrunedDay, ...]
    read_to: int
    endpoints: tuple[int, ...]
    states: dict[int, PrunedEndpoint]


def plan(path: Path, contract: str, days: Sequence[PrunedDay], progress: Progress) -> Plan:
    """Work out what is to be written down before the days go, and that spans come out the same without them.

    Changes nothing. Raises LedgerError and its kinds, also where spans do not agree with the observations as it is.
    """
    until_ms = days[-1].until_ms
    with closing(open_reader(path, Resting(path))) as database:
        database.conn.execute("begin")
        endpoints = _endpoints(database.conn, contract)
        before = pruned_endpoints(database.conn)
        begin_scratch(database, before)
        every_ms = tally_up(database, before, dict.fromkeys(endpoints, until_ms), progress)
        states = {
            endpoint: PrunedEndpoint(until_ms, every_ms[endpoint], row)
            for endpoint in endpoints
            if (row := database.conn.execute(_LAST_SPAN, (endpoint,)).fetchone()) is not None
        }
        begin_scratch(database, before | states)
        tally_up(database, before | states, {}, progress)
        if wrong := differences(database):
            raise LedgerError(
                f"{path}: {wrong} spans disagree with the observations; nothing is taken out of such a ledger"
                " (see `sla-monitor ledger check`)"
            )
        own = json.dumps(endpoints)
        # A sealed day may also have what came in late for days before it, which stays; `_delete` takes these alone.
        counted = [
            day._replace(observations=database.conn.execute(_COUNT, _taken(day, own)).fetchone()[0]) for day in days
        ]
        return Plan(contract, tuple(counted), last_observation(database.conn), tuple(endpoints), states)


def prune(path: Path, planned: Plan) -> None:
    """Write down what is to go. From then on it is read from the archive. Raises LedgerError and its kinds."""
    own, until_ms = json.dumps(planned.endpoints), planned.days[-1].until_ms
    with appending(path) as database, immediate(database.conn):
        if database.conn.execute(_SEEN_BEFORE, (planned.read_to, until_ms, own)).fetchone()[0]:
            raise LedgerError(f"{path}: observations of that time have just come in; try again")
        rows = [(endpoint, one.until_ms, one.every_ms, *one.span[1:]) for endpoint, one in planned.states.items()]
        inserts = {"pruned_days": (_DAY, planned.days), "pruned_endpoints": (_ENDPOINT, rows)}
        numbered = {
            table: [(database.conn.execute(insert, row).fetchone()[0], *row) for row in several]
            for table, (insert, several) in inserts.items()
        }
        append(database.conn, until_ms, numbered)
        chain_latest_spans(database.conn)  # observations since they were told of may go
        database.conn.execute(_DELETE_HOURS, (until_ms // HOUR_MS, own))


def take_out(path: Path, contract: str, progress: Progress, yield_control: Callable[[], None]) -> int:
    """Delete what is written down as gone, also what an earlier run left; how many observations that were.

    `yield_control` is called between two transactions. Raises LedgerError and its kinds.
    """
    gone = 0
    with appending(path, BUSY_SECONDS * 20) as database:
        own = json.dumps(_endpoints(database.conn, contract))
        days = pruned_days(database.conn, contract)
        for number, day in enumerate(days, start=1):
            while count := _delete(database, _taken(day, own)):
                gone += count
                yield_control()
            if number % _CHECKPOINT_DAYS == 0:
                database.conn.execute("pragma wal_checkpoint(passive)")
            progress(number, len(days))
        if gone:  # what was packed while they went
            database.conn.execute(_DELETE_HOURS, (days[-1].until_ms // HOUR_MS, own))
            database.conn.execute("pragma wal_checkpoint(passive)")
    return gone


def _taken(day: PrunedDay, own: str) -> tuple[int, int, int, str]:
    return day.from_ms, day.until_ms, day.last_observation, own


def _endpoints(connection: sqlite3.Connection, contract: str) -> list[int]:
    return [number for (number,) in connection.execute(_OWN, (f"{contract}/", f"{contract}0"))]


def _delete(database: Database, day: tuple[int, int, int, str]) -> int:
    """Some of a day's observations, with the evidence that nothing refers to any more; how many: 0, there are none."""
    rows = database.conn.execute(_SOME, day).fetchall()
    if rows:
        with immediate(database.conn):
            database.conn.execute(_DELETE, (json.dumps([number for number, _ in rows]),))
            database.conn.execute(_DELETE_EVIDENCE, (json.dumps([number for _, number in rows if number is not None]),))
    return len(rows)
