"""Verification of the record: links against rows, bodies against digests, the schema against the program's.

What is wrong is named: which row, of which endpoint, of which time, as far as what is left can tell.
"""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from msgspec import DecodeError, json
from sqlite_utils import Database

from sla_monitor.ledger.chaining.links import (
    ANSWERS,
    EVIDENCE,
    KEYS,
    NOTHING,
    OBSERVATIONS,
    Covers,
    Head,
    Row,
    Stretched,
    answer_sum,
    digest_of,
    head_of,
    key_of,
    line_of,
    link_of,
    mark,
    rows_of,
    stretches_of,
    sum_of,
)
from sla_monitor.ledger.connect import snapshot
from sla_monitor.ledger.migrations import MIGRATIONS, PINNED
from sla_monitor.ledger.recording.bodies import digest_of_content

RECENT_LINKS = 200
"""How much a start verifies: half a second for the fullest links, and a week of them where little is recorded."""

_TOLD = 20
_CHAIN = "select number, at_ms, covers, marks, digest from chain where number >= ? order by number"
_WHERE = """
select o.id, e.key, o.at_ms from observations o left join endpoints e on e.id = o.endpoint_id where o.id = ?
"""
_SEEN = """
select group_concat(distinct e.key), min(o.at_ms), max(o.at_ms)
from observations o left join endpoints e on e.id = o.endpoint_id where o.id between ? and ?
"""

_PRUNED = "select ifnull(max(last_observation), 0), count(*), ifnull(sum(observations), 0) from pruned_days"
_NOT_YET_OUT = """
select count(*) from pruned_days d cross join observations o cross join endpoints e
where o.at_ms >= d.from_ms and o.at_ms < d.until_ms and o.id <= d.last_observation
  and e.id = o.endpoint_id and e.key >= d.contract || '/' and e.key < d.contract || '0'
"""


class Pruned(NamedTuple):
    """What is in sealed days in place of the ledger: none of it has a higher id than `last_observation`."""

    last_observation: int
    days: int
    observations: int

    def explains(self, table: str, key: int) -> bool:
        """Whether a row may be gone. A link cannot tell which of the evidence went with the observations."""
        return key <= self.last_observation if table == OBSERVATIONS else table == EVIDENCE and self.days > 0


UNPRUNED = Pruned(0, 0, 0)


@dataclass(slots=True)
class Reading:
    """What links cover as they are gone through, and what is wrong."""

    problems: list[str] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))
    answers: set[str] = field(default_factory=set)
    head: Head = NOTHING
    pruned: Pruned = UNPRUNED


def pruned_of(connection: sqlite3.Connection) -> Pruned:
    """What was taken out of the ledger, all contracts together."""
    return Pruned(*connection.execute(_PRUNED).fetchone())


def verify_all(connection: sqlite3.Connection) -> list[str]:
    """What is wrong with the record, none when all of it is as it was. Give it an open transaction."""
    problems, reading = list(_schema(connection)), _read(connection, 1, NOTHING)
    problems += _rows(connection, reading)
    for digest, body in connection.execute("select digest, body from worked_out"):
        if answer_sum(digest, body) not in reading.answers:
            problems.append(
                f"the stored result of a closed month ({digest[:12]}) was altered;"
                " stop the daemon and run `ledger rebuild-spans`, which recalculates it"
            )
    if not problems and set(connection.execute("select * from stretches")) != set(stretches_of(connection)):
        problems.append(
            "the table of stretches does not lead to the chain; stop the daemon and run"
            " `ledger rebuild-spans`, which makes it again"
        )
    return problems


def verify_rows(connection: sqlite3.Connection) -> list[str]:
    """The same of what was recorded alone, and not of what was worked out from it."""
    return _rows(connection, _read(connection, 1, NOTHING))


def _rows(connection: sqlite3.Connection, reading: Reading) -> list[str]:
    for table, key in KEYS.items():
        there, last = connection.execute(f"select count(*), ifnull(max({key}), 0) from {table}").fetchone()
        if last > reading.last.get(table, 0):
            reading.problems.append(_unchained(connection, table, reading.last.get(table, 0), last))
        elif not reading.problems and not _is_all_there(connection, reading, table, there):
            sealed = (
                f" ({reading.pruned.observations} of them may be in sealed days alone)" if reading.pruned.days else ""
            )
            told = f"{table}: {there} rows are there, and {reading.counts[table]} were recorded"
            reading.problems.append(told + (sealed if table == OBSERVATIONS else ""))
    return [
        *_pinned(connection),
        *_few(sorted(reading.problems, key=_explains_others)),
        *_few(list(_bodies(connection))),
        *_few(list(_files(connection))),
    ]


def verify_recent(connection: sqlite3.Connection, known: Head = NOTHING) -> list[str]:
    """The same of the newest RECENT_LINKS links alone. `known`: a link that was there before. Somebody may add to the
    register meanwhile: it is one state of the record that is read."""
    with snapshot(connection):
        there = connection.execute("select digest from chain where number = ?", (known.number,)).fetchone()
        if known.number and there != (known.digest,):
            return [f"link {known.number} of the chain, which was committed, is {'another' if there else 'gone'}"]
        return verify_from(connection, max(1, head_of(connection).number - RECENT_LINKS + 1))


def verify_after(connection: sqlite3.Connection, observation: int) -> list[str]:
    """The same of the link that covers an observation and all after it, with the schema."""
    return [*_schema(connection), *verify_from(connection, link_of(connection, observation))]


def verify_from(connection: sqlite3.Connection, first: int) -> list[str]:
    """The same of the links from this one on."""
    before = connection.execute("select number, digest from chain where number = ?", (first - 1,)).fetchone()
    reading = _read(connection, first, Head(*before) if before else NOTHING)
    for table, key in KEYS.items():
        newest = connection.execute(f"select ifnull(max({key}), 0) from {table}").fetchone()[0]
        if table in reading.last and newest > reading.last[table]:
            reading.problems.append(_unchained(connection, table, reading.last[table], newest))
    return [*_pinned(connection), *_few(reading.problems)]


def _explains_others(problem: str) -> bool:
    """First what was taken out: where that is wrong, everything that it explained is told to be missing."""
    return not problem.startswith("pruned_")


def _is_all_there(connection: sqlite3.Connection, reading: Reading, table: str, there: int) -> bool:
    """Whether as many rows are there as were recorded, but for those that are in sealed days."""
    gone = reading.counts[table] - there
    if not reading.pruned.days:
        return gone == 0
    if table == OBSERVATIONS:
        return gone == reading.pruned.observations - int(connection.execute(_NOT_YET_OUT).fetchone()[0])
    return gone >= 0 if table == EVIDENCE else gone == 0


def begun_over(connection: sqlite3.Connection) -> int:
    """How many rows that an earlier version recorded were there when the chain was begun; names of outcomes and reasons
    are no record, and spans follow from it."""
    covers = connection.execute("select covers from chain where at_ms = 0").fetchall()
    each = (json.decode(text, type=Covers) for (text,) in covers)
    no_record = {"outcomes", "reasons", "span_states", ANSWERS}
    return sum(stretch[2] for one in each for table, stretch in one.items() if table not in no_record)


def _read(connection: sqlite3.Connection, first: int, before: Head) -> Reading:
    reading = Reading(head=before, pruned=pruned_of(connection))
    if first > before.number + 1:
        reading.problems.append(f"link {before.number + 1} of the chain is missing")
        reading.head = Head(first - 1, b"")
    for row in connection.execute(_CHAIN, (first,)):
        _read_link(connection, reading, row)
    return reading


def _read_link(connection: sqlite3.Connection, reading: Reading, row: tuple[int, int, str, bytes, bytes]) -> None:
    number, at_ms, covers, marks, digest = row
    if number != reading.head.number + 1:
        reading.problems.append(f"links {reading.head.number + 1} to {number - 1} of the chain are missing")
    elif digest_of(reading.head.digest, number, at_ms, covers, marks) != digest:
        reading.problems.append(f"link {number} of the chain ({instant(at_ms)}) was altered, or one before it was")
    reading.head = Head(number, digest)
    try:
        stretches = json.decode(covers, type=Covers)
    except DecodeError:
        reading.problems.append(f"link {number} of the chain ({instant(at_ms)}) cannot be read")
        return
    for table, stretch in stretches.items():
        if table == ANSWERS:
            reading.answers.add(stretch[3])
        elif table in KEYS:
            _read_stretch(connection, reading, table, stretch, (marks, at_ms))
        else:
            reading.problems.append(f"link {number} of the chain covers {table!r}, which this version does not know")


def _read_stretch(
    connection: sqlite3.Connection,
    reading: Reading,
    table: str,
    stretch: Stretched,
    link: tuple[bytes, int],
) -> None:
    first, last, count, told = stretch
    if first <= reading.last.get(table, 0):
        reading.problems.append(f"links of the chain cover {table} {first} twice")
    reading.last[table] = last
    reading.counts[table] += count
    rows = rows_of(connection, table, first, last)
    if sum_of(rows) != told:
        reading.problems.extend(wrong_rows(connection, table, stretch, rows, reading.pruned, link))


def wrong_rows(
    connection: sqlite3.Connection,
    table: str,
    stretch: Stretched,
    rows: Sequence[Row],
    pruned: Pruned,
    link: tuple[bytes, int],
) -> Iterator[str]:
    """Which rows are not as they were recorded. Where some are in a sealed day, the sum is taken as given: those that
    are left are held against their marks."""
    first, last, count, _ = stretch
    marks, at_ms = link
    if table != OBSERVATIONS or len(marks) != 2 * count or last - first + 1 != count:
        if len(rows) < count and pruned.explains(table, first):
            return
        missing = "" if len(rows) >= count else f"; {count - len(rows)} of them are gone"
        known = "; ".join(line_of(row).decode() for row in rows[:3])
        yield f"{table} {first} to {last} ({instant(at_ms)}) are not as they were recorded{missing}: {known[:300]}"
        return
    found = {key_of(table, row): mark(line_of(row)) for row in rows}
    wrong = sealed = 0
    for place, key in enumerate(range(first, last + 1)):
        if key not in found and pruned.explains(table, key):
            sealed += 1
        elif key not in found:
            wrong += 1
            yield f"observation {key} is missing ({_around(connection, key)})"
        elif found[key] != marks[2 * place : 2 * place + 2]:
            wrong += 1
            _, endpoint, at = connection.execute(_WHERE, (key,)).fetchone()
            yield f"observation {key} of {endpoint} at {instant(at)} is not as it was recorded"
    if not wrong and not sealed:
        keys, from_ms, to_ms = connection.execute(_SEEN, (first, last)).fetchone()
        yield (
            f"one of the observations {first} to {last}, of {keys} between {instant(from_ms)} and {instant(to_ms)},"
            " is not as it was recorded"
        )


def _around(connection: sqlite3.Connection, key: int) -> str:
    before = connection.execute("select max(id) from observations where id < ?", (key,)).fetchone()[0]
    after = connection.execute("select min(id) from observations where id > ?", (key,)).fetchone()[0]
    told = [
        f"{word} {instant(at)} ({endpoint})"
        for word, number in (("after", before), ("before", after))
        for _, endpoint, at in connection.execute(_WHERE, (number,))
    ]
    return ", ".join(told) or "no other is there"


def _unchained(connection: sqlite3.Connection, table: str, after: int, last: int) -> str:
    if table == OBSERVATIONS:
        keys, from_ms, to_ms = connection.execute(_SEEN, (after + 1, last)).fetchone()
        return (
            f"observations {after + 1} to {last}, of {keys} between {instant(from_ms)} and {instant(to_ms)},"
            " are in no link of the chain: the program did not record them"
        )
    return f"{table} {after + 1} to {last} are in no link of the chain: the program did not record them"


def _bodies(connection: sqlite3.Connection) -> Iterator[str]:
    for number, digest, detail, body in connection.execute("select id, digest, detail, body from evidence"):
        if digest_of_content(detail, body) != digest:
            where = connection.execute(
                "select e.key, o.at_ms from observations o join endpoints e on e.id = o.endpoint_id"
                " where o.evidence_id = ? order by o.id limit 1",
                (number,),
            ).fetchone()
            of = f" of {where[0]} at {instant(where[1])}" if where else ""
            yield f"evidence {number}{of} is not as it was recorded"


def _files(connection: sqlite3.Connection) -> Iterator[str]:
    for number, digest, size, body in connection.execute("select id, digest, size, body from kept_files order by id"):
        if sha256(body).hexdigest() != digest or len(body) != size:
            yield f"kept file {number} ({digest[:12]}) is not as it was put into the record"


def _pinned(connection: sqlite3.Connection) -> Iterator[str]:
    """Outcomes mean what this program writes by them."""
    there = dict(connection.execute("select id, name from outcomes"))
    for number, name in PINNED.items() if there else ():  # none are there while a ledger is being made
        if there.get(number) != name:
            yield f"outcome {number} is called {there.get(number)!r}, and is {name!r}: every figure depends on it"


def _schema(connection: sqlite3.Connection) -> Iterator[str]:
    there, ours = _described(connection), _our_schema()
    for kind, name in sorted(ours.keys() - there.keys()):
        yield f"the {kind} {name} is missing: somebody has dropped it"
    for kind, name in sorted(there.keys() - ours.keys()):
        yield f"the {kind} {name} does not belong to the program"
    for kind, name in sorted(there.keys() & ours.keys()):
        if there[kind, name] != ours[kind, name]:
            yield f"the {kind} {name} is not the program's: somebody has changed it"


@cache
def _our_schema() -> dict[tuple[str, str], str | None]:
    fresh = Database(memory=True)
    try:
        MIGRATIONS.apply(fresh)
        return _described(fresh.conn)
    finally:
        fresh.close()


def _described(connection: sqlite3.Connection) -> dict[tuple[str, str], str | None]:
    # What a shell adds with ANALYZE changes no row and no answer.
    query = "select type, name, sql from sqlite_master where name not like 'sqlite_stat%'"
    return {(kind, name): sql for kind, name, sql in connection.execute(query)}


def _few(problems: list[str]) -> list[str]:
    kept = problems[:_TOLD]
    return kept if len(problems) <= _TOLD else [*kept, f"and {len(problems) - _TOLD} more of that kind"]


def instant(ms: Any) -> str:
    """An instant as messages name it, whatever somebody has put in its place."""
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%S}Z" if ms else "its beginning"
    except (TypeError, ValueError, OverflowError, OSError):
        return f"{ms!r}"
