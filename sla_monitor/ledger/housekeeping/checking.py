"""Looking after a ledger by hand: is it whole, and a copy of it. Both are safe while a daemon writes it.

Each reads one state of the record from beginning to end. Meanwhile the daemon's write-ahead log cannot be reused
and grows; it shrinks again at the next checkpoint after we are done.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.chain_heads import ChainHead, not_before
from sla_monitor.ledger.chaining.links import entry_before, head_of, link_of
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import problems as register_problems
from sla_monitor.ledger.chaining.span_proof import FirstSpans, SpanProof
from sla_monitor.ledger.chaining.span_states import spans_in
from sla_monitor.ledger.chaining.verifying import begun_over, pruned_of, verify_after, verify_all
from sla_monitor.ledger.file_health import NOT_OURS, check_small, damaged, quick_check, refusal
from sla_monitor.ledger.file_identity import LARGEST_MODE
from sla_monitor.ledger.housekeeping.rebuilding import Progress, derive, differences, differences_after
from sla_monitor.ledger.housekeeping.salvage import sync
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import open_reader
from sla_monitor.ledger.reading.packed_hours import PackedHours, wrong_hours
from sla_monitor.ledger.recording.tally import Meanings

_COUNTED = "endpoints", "observations", "evidence", "heartbeats", "ended_spans", "register", "chain"
_PAGES_AT_ONCE = 2_000
# The plus keeps SQLite from looking for a minimum through a whole index.
_FIRST_SINCE = "select min(+id) from observations where at_ms >= ?"
_FIRST_AFTER = "select ifnull(min(+at_ms), 0) from observations where id > ?"
_REBUILD = "stop the daemon and run `ledger rebuild-spans`"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`problems`: what is wrong, none when the ledger is whole; `counts`: rows of each table; `notes`: what a reader of
    a whole ledger should know."""

    counts: dict[str, int]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check(path: Path, progress: Progress, anchors: Sequence[ChainHead] = ()) -> CheckReport:
    """Everything that can be checked: structure, references, spans against observations, rows against the chain.

    `anchors`: heads of the chain that were told before; what came before them must be what it was then.

    Raises LedgerError and its kinds when the file cannot be read as a ledger at all.
    """
    with _read_at_once(path) as database:
        problems = _structure(database)
        counts = {} if problems else {table: database.table(table).count for table in _COUNTED}
        if not problems:
            problems = [*verify_all(database.conn), *register_problems(path, database.conn)]
            problems += [told for head in anchors if (told := not_before(database.conn, head))]
            problems += _derived(database, progress)
            problems = problems or list(_describe_other_spans(path, database))
        return CheckReport(counts, tuple(problems), tuple(_notes(database)))


@dataclass(frozen=True, slots=True)
class Known:
    """What is not read again: observations and entries up to these, if they are of a time before `until_ms`."""

    last_observation: int
    last_entry: int
    until_ms: int


def check_after(path: Path, known: Known, progress: Progress) -> CheckReport:
    """The same of what is not known: links, register, spans, packed hours.

    Raises LedgerError and its kinds when the file cannot be read as a ledger at all.
    """
    with _read_at_once(path) as database:
        problems, connection = check_small(database), database.conn
        first = connection.execute(_FIRST_SINCE, (known.until_ms,)).fetchone()[0]
        observation = known.last_observation if first is None else min(known.last_observation, first - 1)
        link = link_of(connection, observation)
        entry = max(known.last_entry, entry_before(connection, link))
        if not problems:
            problems = [*verify_after(connection, observation)]
            problems += register_problems(path, connection, entry)
        if not problems:
            problems += _after(database, observation, progress)
        counts = {"observations": _newer(connection, observation), "chain": head_of(connection).number - link + 1}
        return CheckReport(counts, tuple(problems))


def _after(database: Database, observation: int, progress: Progress) -> list[str]:
    """What is wrong with what follows from the observations after one."""
    told = []
    if wrong := differences_after(database, observation, progress):
        told.append(f"{wrong} spans disagree with the observations; {_REBUILD}")
    since_ms = database.conn.execute(_FIRST_AFTER, (observation,)).fetchone()[0]
    if wrong := wrong_hours(database.conn, PackedHours.of(Meanings.load(database)), since_ms):
        told.append(f"{wrong} packed hours disagree with the observations; {_REBUILD}")
    return told


def _newer(connection: sqlite3.Connection, observation: int) -> int:
    return int(connection.execute("select count(*) from observations where id > ?", (observation,)).fetchone()[0])


@contextmanager
def _read_at_once(path: Path) -> Iterator[Database]:
    """One state of a ledger. Raises LedgerError and its kinds."""
    resting = Resting(path)
    database = open_reader(path, resting)
    try:
        database.conn.execute("begin")
        yield database
        resting.check()
    except NOT_OURS as error:
        raise damaged(path, f"it holds what the program never writes: {error!r}") from error
    except sqlite3.Error as error:
        resting.check()
        raise refusal(path, error) from error
    finally:
        database.close()


def backup(path: Path, destination: Path, progress: Progress) -> None:
    """Copy the ledger, as it is at this instant, to a new file; `destination` appears whole or not at all.

    Raises LedgerError and its kinds; the copy is checked before it gets its name.
    """
    if destination.exists():
        raise LedgerError(f"{destination}: there is a file of this name already; choose another")
    resting = Resting(path)
    source = open_reader(path, resting)
    try:
        with _unfinished(destination) as unfinished:
            _copy(source, unfinished, progress)
            resting.check()
            os.link(unfinished, destination)  # unlike a rename, it never replaces what somebody else put there
            sync(destination.parent)
    except sqlite3.Error as error:
        raise refusal(destination, error) from error
    except OSError as error:
        raise LedgerError(f"{destination}: {error.strerror}; choose a place that this user may write") from error
    finally:
        source.close()


@contextmanager
def _unfinished(destination: Path) -> Iterator[Path]:
    """A new file beside `destination`, gone again at the end.

    One that is there already belongs to a backup that is running, or to one that was killed. It is neither trusted
    nor written over: killed just before its end, it is a second name of a finished backup.
    """
    path = destination.with_name(destination.name + ".part")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, LARGEST_MODE))
    except FileExistsError:
        raise LedgerError(
            f"{path}: another backup is writing this file, or was killed while it did; "
            "if none is running, remove it and try again, or choose another name"
        ) from None
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _copy(source: Database, destination: Path, progress: Progress) -> None:
    # A transaction of our own holds one state: otherwise the copy would begin anew at each of the daemon's commits.
    source.conn.execute("begin")
    source.conn.execute("select 1 from sqlite_master").fetchone()
    copy = sqlite3.connect(destination, isolation_level=None)
    try:
        source.conn.backup(copy, pages=_PAGES_AT_ONCE, progress=lambda _, left, total: progress(total - left, total))
        copy.execute("pragma journal_mode = delete")  # one file, that needs no -wal beside it to be read
        problems = quick_check(Database(copy, execute_plugins=False))
    finally:
        copy.close()
    if problems:
        raise LedgerError(f"{destination}: the copy is damaged ({problems[0]}); run `sla-monitor ledger check`")
    sync(destination)


def _structure(database: Database) -> list[str]:
    lines = [row[0] for row in database.conn.execute("pragma integrity_check")]
    return [] if lines == ["ok"] else lines


def _derived(database: Database, progress: Progress) -> list[str]:
    """What is wrong with what follows from the rest: spans, packed hours, references."""
    try:
        derive(database, progress)
        return _meaning(database)
    except NOT_OURS:
        return ["spans cannot be worked out from the observations: the program did not record these"]


def _describe_other_spans(path: Path, database: Database) -> Iterator[str]:
    """Endpoints whose spans are not those that were told in the chain."""
    told = SpanProof(0, Meanings.load(database), FirstSpans())
    told.read_on(Proof(path, database.conn))
    known, now = dict(told.spans(0, 2**63)), spans_in(database.conn)
    for endpoint, key in database.conn.execute("select id, key from endpoints order by key"):
        if known.get(endpoint) != now.get(endpoint):
            yield f"spans of {key} are not those that the chain holds; {_REBUILD}"


def _notes(database: Database) -> list[str]:
    """What the chain cannot vouch for: what it found when it was begun, and what is not there any more."""
    found = begun_over(database.conn)
    told = (
        f"the chain was begun over {found:,} rows that an earlier version had recorded:"
        " it vouches for them from then on, not for how they came to be"
    )
    notes = [told] if found else []
    if days := pruned_of(database.conn).days:
        notes.append(
            f"observations of {days:,} sealed days were taken out: the links over them and their evidence are taken as"
            " they are, and the sealed days vouch for those rows (`sla-monitor archive verify`)"
        )
    return notes


def _meaning(database: Database) -> list[str]:
    broken = [
        f"{table} row {row} refers to a row of {parent} that is not there"
        for table, row, parent, _ in database.conn.execute("pragma main.foreign_key_check")
    ]
    if wrong := differences(database):
        broken.append(f"{wrong} spans disagree with the observations; {_REBUILD}")
    if wrong := wrong_hours(database.conn, PackedHours.of(Meanings.load(database))):
        broken.append(f"{wrong} packed hours disagree with the observations; {_REBUILD}")
    return broken
