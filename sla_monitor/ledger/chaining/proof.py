"""Rows that are read for a figure, held against the chain first: nothing is told from what does not verify.

What is read is verified as it is read, and nothing else: an assessment of a month costs what the month costs, however
old the record is. A link is taken as it stands if its seal is right. Who made links anew is found by an anchor, and who
made some of them anew by `ledger check`, which goes through all of them.
"""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

from msgspec import DecodeError, json

from sla_monitor.errors import LedgerDamaged
from sla_monitor.ledger.chaining.links import (
    ANSWERS,
    EVIDENCE,
    KEYS,
    OBSERVATIONS,
    Covers,
    Row,
    Stretched,
    answer_key,
    answer_sum,
    digest_of,
    key_of,
    rows_of,
    sum_of,
)
from sla_monitor.ledger.chaining.verifying import UNPRUNED, Pruned, pruned_of, wrong_rows
from sla_monitor.ledger.file_health import damaged
from sla_monitor.ledger.recording.bodies import digest_of_content

NAMED = "endpoints", "outcomes", "reasons"
"""What every figure depends on."""

SPARSE = frozenset({"intervals"})
"""Tables whose keys leave out numbers."""

_FROM = """
select first, number from stretches where name = :name and first between
  ifnull((select max(first) from stretches where name = :name and first <= :first), :first) and :last
order by first
"""
_LINK = """
select c.number, c.at_ms, c.covers, c.marks, c.digest, p.digest
from chain c left join chain p on p.number = c.number - 1 where c.number = ?
"""
_IDS = "select min(id), max(id) from observations where at_ms >= ? and at_ms < ?"
_BEFORE = "select id from observations where at_ms < ? order by at_ms desc, id desc limit 1"
_AFTER = "select id from observations where at_ms >= ? order by at_ms, id limit 1"
_ANSWER = "select number from stretches where name = ? and first = ?"
_EVIDENCE = "select id, digest, detail, body from evidence where id in (select value from json_each(?))"


class Proof:
    """Verified rows of one state of the record: give it a connection on which a transaction is open.

    Everything raises LedgerDamaged for what does not verify, with the way out. `known`: stretches that were verified a
    moment ago, by table and first key; it is added to.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, known: set[tuple[str, int]] | None = None) -> None:
        self.connection = connection
        self._path = path
        self._known = set() if known is None else known
        self._read: dict[str, tuple[int, int, Sequence[Row]]] = {}
        self._links: dict[int, tuple[int, Covers, bytes]] = {}

    def rows(self, table: str, first: int, last: int) -> Iterator[Row]:
        """The rows of a table with keys in a range, ascending: all that were recorded, but for what is in sealed
        days."""
        expected = first
        if last < first:
            return
        for begin, number in self.connection.execute(_FROM, {"name": table, "first": first, "last": last}).fetchall():
            if begin > expected and table not in SPARSE:
                raise self.refused(f"{table} {expected} to {begin - 1} are in no link of the chain that can be found")
            end, several = self._within(table, begin, number, (first, last))
            yield from several
            expected = end + 1
        if expected <= last and table not in SPARSE:
            raise self.refused(f"{table} {expected} to {last} are in no link of the chain")

    def whole(self, table: str) -> list[Row]:
        """All rows of a small table."""
        (newest,) = self.connection.execute(f"select ifnull(max({KEYS[table]}), 0) from {table}").fetchone()
        (last,) = self.connection.execute(
            "select ifnull(max(first), 0) from stretches where name = ?", (table,)
        ).fetchone()
        return list(self.rows(table, 1, max(newest, last)))

    def names(self) -> None:
        """Endpoints, outcomes and reasons are called what they were called."""
        for table in NAMED:
            self.whole(table)

    def keyed(self, table: str, keys: Iterable[int]) -> dict[int, Row]:
        """The rows with these keys."""
        found: dict[int, Row] = {}
        for key in sorted(set(keys)):
            found.update((key, row) for row in self.rows(table, key, key))
        return found

    def beside(self, table: str, key: int) -> None:
        """A row, and all that was recorded with it, in the same link."""
        query = "select number from stretches where name = ? and first <= ? order by first desc limit 1"
        place = self.connection.execute(query, (table, key)).fetchone()
        if place is None:
            raise self.refused(f"{table} {key} is in no link of the chain that can be found")
        covers = self._link(place[0])[1]
        if table not in covers or not covers[table][0] <= key <= covers[table][1]:
            raise self.refused(f"{table} {key} is in no link of the chain that can be found")
        for other, stretch in covers.items():
            if other in KEYS:
                self._stretch(other, stretch[0], place[0])

    def newest(self, table: str) -> Row | None:
        """The last row that was recorded; None: there is none."""
        query = "select first, number from stretches where name = ? order by first desc limit 1"
        place = self.connection.execute(query, (table,)).fetchone()
        end, several = self._stretch(table, *place) if place else (0, [])
        (newest,) = self.connection.execute(f"select ifnull(max({KEYS[table]}), 0) from {table}").fetchone()
        if newest > end:
            raise self.refused(f"{table} {end + 1} to {newest} are in no link of the chain")
        return several[-1] if several else None

    def observations(self, start_ms: int, end_ms: int, after: int = 0) -> list[Row]:
        """Those that began in a range, by when they began; those with higher ids than `after`.

        The index on `at_ms` says where they are, and no more: what it leaves out is found by its neighbours.
        """
        first, last = self.connection.execute(_IDS, (start_ms, end_ms)).fetchone()
        if after:  # what came in late for a day that is in the archive
            query = "select id from observations where at_ms >= ? and at_ms < ? and id > ?"
            late = [number for (number,) in self.connection.execute(query, (start_ms, end_ms, after))]
            found = list(self.keyed(OBSERVATIONS, late).values())
        else:
            beside = [self.connection.execute(*one).fetchone() for one in ((_BEFORE, (start_ms,)), (_AFTER, (end_ms,)))]
            several = [one for one in (first, last, *(row[0] for row in beside if row)) if one is not None]
            found = list(self.rows(OBSERVATIONS, min(several), max(several))) if several else []
        return sorted([row for row in found if start_ms <= row[2] < end_ms], key=itemgetter(2))

    def evidence(self, keys: Iterable[int]) -> dict[int, tuple[str, bytes]]:
        """Detail and body of rows of evidence."""
        wanted = sorted(set(keys))
        self.keyed(EVIDENCE, wanted)
        found = {}
        for key, digest, detail, body in self.connection.execute(_EVIDENCE, (json.encode(wanted).decode(),)):
            if digest_of_content(detail, body) != digest:
                raise self.refused(f"evidence {key} is not as it was recorded")
            found[key] = detail, body
        if missing := set(wanted) - found.keys():
            raise self.refused(f"evidence {min(missing)} is missing")
        return found

    def has_answer(self, digest: str, body: str) -> bool:
        """Whether the program kept this answer."""
        told = answer_sum(digest, body)
        place = self.connection.execute(_ANSWER, (ANSWERS, answer_key(told))).fetchone()
        if place is None:
            return False
        stretch = self._link(place[0])[1].get(ANSWERS)
        return stretch is not None and stretch[3] == told

    @cached_property
    def pruned(self) -> Pruned:
        """What was taken out into sealed days."""
        self.whole("pruned_days")
        self.whole("pruned_endpoints")
        return pruned_of(self.connection)

    def refused(self, problem: str) -> LedgerDamaged:
        return damaged(self._path, problem)

    def _within(self, table: str, begin: int, number: int, keys: tuple[int, int]) -> tuple[int, Iterable[Row]]:
        """The last key of a stretch, and its rows between two keys: of one that is known already, no other is read. An
        import makes links of weeks, out of which an assessment takes day after day."""
        first, last = keys
        if (table, begin) in self._known and not self._is_at_hand(table, begin):
            end = self._covered(table, begin, number)[0][1]
            return end, rows_of(self.connection, table, max(first, begin), min(last, end))
        end, several = self._stretch(table, begin, number)
        if first <= begin and end <= last:
            return end, several
        return end, (row for row in several if first <= key_of(table, row) <= last)

    def _is_at_hand(self, table: str, begin: int) -> bool:
        return table in self._read and self._read[table][0] == begin

    def _stretch(self, table: str, begin: int, number: int) -> tuple[int, Sequence[Row]]:
        """The last key of a stretch, and its rows."""
        if not self._is_at_hand(table, begin):
            self._read[table] = (begin, *self._verified(table, begin, number))
        return self._read[table][1:]

    def _covered(self, table: str, begin: int, number: int) -> tuple[Stretched, bytes, int]:
        """What a link says of a stretch, the link's marks, and when it began."""
        at_ms, covers, marks = self._link(number)
        stretch = covers.get(table)
        if stretch is None or stretch[0] != begin:
            raise self.refused(f"link {number} of the chain does not cover {table} {begin}")
        return stretch, marks, at_ms

    def _verified(self, table: str, begin: int, number: int) -> tuple[int, Sequence[Row]]:
        stretch, marks, at_ms = self._covered(table, begin, number)
        first, last, _, told = stretch
        rows = rows_of(self.connection, table, first, last)
        if (table, first) not in self._known and sum_of(rows) != told:
            pruned = self.pruned if table in {OBSERVATIONS, EVIDENCE} else UNPRUNED
            for problem in wrong_rows(self.connection, table, stretch, rows, pruned, (marks, at_ms)):
                raise self.refused(problem)
        self._known.add((table, first))
        return last, rows

    def _link(self, number: int) -> tuple[int, Covers, bytes]:
        """When a link began, what it covers, its marks."""
        if number not in self._links:
            row: tuple[Any, ...] | None = self.connection.execute(_LINK, (number,)).fetchone()
            if row is None:
                raise self.refused(f"link {number} of the chain is missing")
            _, at_ms, covers, marks, digest, before = row
            if (before is None and number > 1) or digest_of(before or b"", number, at_ms, covers, marks) != digest:
                raise self.refused(f"link {number} of the chain was altered, or the one before it was")
            try:
                self._links[number] = at_ms, json.decode(covers, type=Covers), marks
            except DecodeError:
                raise self.refused(f"link {number} of the chain cannot be read") from None
        return self._links[number]
