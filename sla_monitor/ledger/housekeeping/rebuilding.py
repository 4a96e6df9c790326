"""Spans worked out again from observations: to check the ones that are kept, or to replace them."""

from __future__ import annotations

import sqlite3
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.ledger.chaining.links import note_all
from sla_monitor.ledger.chaining.span_states import chain_spans, chained_spans
from sla_monitor.ledger.chaining.verifying import verify_rows
from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.file_health import damaged
from sla_monitor.ledger.name_tables import Codes
from sla_monitor.ledger.opening import open_writer, take_lock
from sla_monitor.ledger.recording.tally import Meanings, SpanTally, Steps
from sla_monitor.sla.clock_steps import ClockStep

Progress = Callable[[int, int], None]
"""Called now and then with what is done and what there is to do."""

_SAVED_EVERY = 20_000
_TABLES = "ended_spans", "last_spans"

# In SQLite a temporary table hides the one of its name: the tally fills these without knowing.
_SCRATCH = (
    "create temp table ended_spans as select * from main.ended_spans where 0",
    """create temp table last_spans (endpoint_id integer primary key,
       start_ms int, end_ms int, seen_ms int, outcome int, reason int, looks int)""",
)
_OBSERVATIONS = "select id, endpoint_id, at_ms, outcome, reason from observations where id > ? order by id"
_INTERVALS = "select endpoint_id, every_ms from intervals where observation_id <= ? order by observation_id"
_CLOCK_STEPS = "select observation_id, at_ms, expected_ms from clock_steps order by id"
_REPLACE = (
    "delete from main.ended_spans",
    "insert into main.ended_spans select * from temp.ended_spans order by endpoint_id, start_ms",
    "delete from main.last_spans",
    "insert into main.last_spans select * from temp.last_spans",
    "delete from worked_out",
    "delete from looks_by_hour",
)
_CLEAR = "drop table if exists temp.ended_spans", "drop table if exists temp.last_spans"
_SPAN = "endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks"
_PRUNED = f"select endpoint_id, until_ms, every_ms, {_SPAN} from pruned_endpoints order by until_ms"  # noqa: S608
_DIFFERENCES = (
    "select count(*) from (select * from main.ended_spans except select * from temp.ended_spans)",
    "select count(*) from (select * from temp.ended_spans except select * from main.ended_spans)",
    "select count(*) from (select * from main.last_spans except select * from temp.last_spans)",
    "select count(*) from (select * from temp.last_spans except select * from main.last_spans)",
)


# What is worked out from some observation on: an endpoint's first span may have begun before, the others are whole.
_DERIVED = "select * from temp.ended_spans union all select * from temp.last_spans"
_STARTED = f"""
create temp table started as
select endpoint_id, min(start_ms) as start_ms, end_ms, seen_ms, outcome from ({_DERIVED}) group by endpoint_id
"""  # noqa: S608 - our own text
_LATER = (
    "select s.* from temp.started f cross join {0} s where s.endpoint_id = f.endpoint_id and s.start_ms >= f.end_ms"
)
_FIRST = """
select 1 from {0} s where s.endpoint_id = f.endpoint_id and s.start_ms <= f.start_ms
and s.end_ms = f.end_ms and s.seen_ms = f.seen_ms and s.outcome = f.outcome
"""
_FIRST_KEPT, _FIRST_LAST = _FIRST.format("main.ended_spans"), _FIRST.format("main.last_spans")
_KEPT_LATER = f"{_LATER.format('main.ended_spans')} union all {_LATER.format('main.last_spans')}"
_DERIVED_LATER = f"{_LATER.format('temp.ended_spans')} union all {_LATER.format('temp.last_spans')}"
_DIFFERENCES_LATER = (
    f"select count(*) from (select * from ({_KEPT_LATER}) except select * from ({_DERIVED_LATER}))",  # noqa: S608
    f"select count(*) from (select * from ({_DERIVED_LATER}) except select * from ({_KEPT_LATER}))",  # noqa: S608
    f"select count(*) from temp.started f where not exists ({_FIRST_KEPT}) and not exists ({_FIRST_LAST})",  # noqa: S608
)


def rebuild_spans(path: Path, progress: Progress) -> int:
    """Replace every span by what the observations say; returns how many rows that changed.

    All or nothing, in one transaction. Each probe counts with the interval that was in force when it was recorded. What
    was told of spans otherwise is told anew, in the chain. Raises LedgerLocked while a daemon writes the ledger,
    LedgerDamaged where observations are not as they were recorded, and LedgerError and its other kinds.
    """
    lock = take_lock(path)
    try:
        database = open_writer(path)
        try:
            with immediate(database.conn):
                if problems := verify_rows(database.conn):
                    raise damaged(path, f"nothing is worked out from it: {problems[0]}")
                note_all(database.conn)
                derive(database, progress)
                changed = differences(database)
                replace_spans(database.conn)
            return changed
        finally:
            database.close()
    finally:
        lock.release()


def replace_spans(connection: sqlite3.Connection) -> None:
    """Put derived spans in the place of the kept ones, and tell where they are not what was told."""
    for statement in _REPLACE:
        connection.execute(statement)
    chain_spans(connection)


def derive(database: Database, progress: Progress) -> None:
    """Work every span out again, into temporary tables. Give it an open transaction: one state of the record.

    Observations are taken in the order in which they were recorded, as the writer took them. Where some were taken out
    of the ledger, spans up to then are what was told of them in the chain, and worked out from there on.
    """
    begin_scratch(database, pruned_endpoints(database.conn))
    tally_up(database, pruned_endpoints(database.conn), {}, progress)


@dataclass(frozen=True, slots=True)
class PrunedEndpoint:
    """Up to when an endpoint's observations were taken out, the interval that it had then, and its span then as a row
    of `last_spans`."""

    until_ms: int
    every_ms: int
    span: tuple[int | None, ...]


def pruned_endpoints(connection: sqlite3.Connection) -> dict[int, PrunedEndpoint]:
    """By the endpoint's integer, the latest."""
    rows = connection.execute(_PRUNED)
    return {endpoint: PrunedEndpoint(until_ms, every_ms, tuple(span)) for endpoint, until_ms, every_ms, *span in rows}


def begin_scratch(database: Database, pruned: Mapping[int, PrunedEndpoint]) -> None:
    """Empty temporary tables of spans, but for those that only the kept ones tell."""
    for statement in (*_CLEAR, *_SCRATCH):
        database.conn.execute(statement)
    told = chained_spans(database.conn) if pruned else {}
    for endpoint, one in pruned.items():
        before = [span for span in told.get(endpoint, ()) if span[1] < int(one.span[1] or 0)]
        database.conn.executemany("insert into temp.ended_spans values (?, ?, ?, ?, ?, ?, ?)", before)
        database.conn.execute("insert into temp.last_spans values (?, ?, ?, ?, ?, ?, ?)", one.span)


def tally_up(
    database: Database,
    pruned: Mapping[int, PrunedEndpoint],
    until_ms: Mapping[int, int],
    progress: Progress,
    after: int = 0,
) -> dict[int, int]:
    """Tally what is not taken out, up to an instant where an endpoint has one in `until_ms`; intervals at the end.
    `after`: the last observation that is left out."""
    tally, codes = SpanTally(database), Codes.load(database)
    meanings = Meanings.load(database)
    changes = dict(database.conn.execute("select observation_id, every_ms from intervals"))
    total = database.conn.execute("select ifnull(max(id), 0) from observations").fetchone()[0]
    every_ms = dict(database.conn.execute(_INTERVALS, (after,)))
    every_ms |= {endpoint: one.every_ms for endpoint, one in pruned.items()}
    from_ms = {endpoint: one.until_ms for endpoint, one in pruned.items()}
    steps = _Stepping(database, after)
    next_step, is_whole = steps.next_after, not from_ms and not until_ms
    outcomes, reasons, observe = meanings.outcomes, meanings.reasons, tally.observe

    def is_tallied(endpoint: int, at_ms: int) -> bool:
        return from_ms.get(endpoint, at_ms) <= at_ms < until_ms.get(endpoint, at_ms + 1)

    observations = database.conn.execute(_OBSERVATIONS, (after,))
    for number, endpoint, at_ms, outcome, reason in observations:  # millions of them: two microseconds each
        if number > next_step:
            next_step = steps.take(number, lambda step, since_ms: tally.step(codes, step, since_ms, is_tallied))
        if not is_whole and not is_tallied(endpoint, at_ms):
            continue
        if number in changes:
            every_ms[endpoint] = changes[number]
        observe(endpoint, at_ms, outcomes[outcome], reasons[reason], every_ms[endpoint])
        if number % _SAVED_EVERY == 0:
            tally.save(codes)
            progress(number, total)
    steps.take(sys.maxsize, lambda step, since_ms: tally.step(codes, step, since_ms, is_tallied))
    tally.save(codes)
    progress(total, total)
    return every_ms


def differences_after(database: Database, after: int, progress: Progress) -> int:
    """Rows in which kept spans differ from those that the observations after this one make. Give it an open
    transaction."""
    begin_scratch(database, {})
    tally_up(database, {}, {}, progress, after)
    database.conn.execute("drop table if exists temp.started")
    database.conn.execute(_STARTED)
    return sum(database.conn.execute(statement).fetchone()[0] for statement in _DIFFERENCES_LATER)


class _Stepping:
    """The steps of the clock, each once, when the observations before it were taken; those that were before the first
    of these are known."""

    def __init__(self, database: Database, after: int) -> None:
        self._steps = Steps()
        self._coming = deque(database.conn.execute(_CLOCK_STEPS).fetchall())
        self.take(after, lambda step, since_ms: None)

    @property
    def next_after(self) -> int:
        """After which observation the next one was."""
        return self._coming[0][0] if self._coming else sys.maxsize

    def take(self, number: int, step: Callable[[ClockStep, int | None], None]) -> int:
        """Give those before an observation, with when each one's clock was set wrong; what `next_after` is then."""
        while self.next_after < number:
            taken = ClockStep(*self._coming.popleft()[1:])
            step(taken, self._steps.since_ms(taken))
        return self.next_after


def differences(database: Database) -> int:
    """Rows in which the kept spans and the derived ones differ."""
    return sum(database.conn.execute(statement).fetchone()[0] for statement in _DIFFERENCES)
