"""The outbox of a site far away: what the collector's record does not have yet, on disk.

Entries are numbered from 1 on for each start of the site, under a name of its own. An outbox that is restored from a
copy, or copied to another host, then never gives two observations the same name and number.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

from sla_monitor.clock import Clock
from sla_monitor.errors import OutboxError
from sla_monitor.sla.observation import Observation
from sla_monitor.transport import decode_observation, encode

APPLICATION_ID = 0x534C416F
"""Stamped into the file's header ("SLAo")."""

MOST_HELD = 50_000
"""Observations in memory while the disk is full. What comes then is lost, so that what is held is unbroken."""

AT_ONCE = 2_000
"""Observations in one transaction at most."""

FREED_SHARE = 50
"""Of a full outbox the oldest of so many parts goes at a time."""

TOLD_EVERY_S = 600.0
"""Between two messages that the outbox is full."""

PAUSE_S = 0.5
"""Between two attempts to write."""

_SCHEMA = """
create table outboxes (number integer primary key, name text not null unique) strict;
create table waiting (
  outbox integer not null references outboxes(number),
  sequence integer not null,
  at_ms integer not null,
  skew_ms integer,
  body blob not null,
  primary key (outbox, sequence)
) strict, without rowid;
create table kept (name text primary key, body blob not null) strict;
"""
_ADD = "insert into waiting values (?, ?, ?, ?, ?)"
_AFTER = """
select w.outbox, o.name, w.sequence, w.skew_ms, w.body from waiting w join outboxes o on o.number = w.outbox
where (w.outbox, w.sequence) > (?, ?) order by w.outbox, w.sequence limit ?
"""
_DONE = "delete from waiting where outbox = (select number from outboxes where name = ?) and sequence <= ?"
_PARTS = "select number, name from outboxes order by number"
_NEXT = "select at_ms from waiting where outbox = ? and sequence > ? order by sequence limit 1"
_FIRST = "select min(sequence) from waiting where outbox = ?"
_OLDEST = "select at_ms from waiting order by outbox, sequence limit 1"
_OVER = """
delete from waiting where (outbox, sequence) in (select outbox, sequence from waiting order by outbox, sequence limit ?)
"""
_EMPTY = "delete from outboxes where number not in (select outbox from waiting)"
_NAMED = "select name from outboxes where number in (select distinct outbox from waiting)"
_PAGES = "select (select page_count from pragma_page_count) - (select freelist_count from pragma_freelist_count)"

log = logging.getLogger(__package__)


class Place(NamedTuple):
    """Where an entry is in the outbox: in which part, and its number there."""

    outbox: int
    sequence: int


BEGINNING = Place(0, 0)


class WaitingEntry(NamedTuple):
    """An entry of the part that is called `name`. `skew_ms`: by how much our clock was known to be ahead then."""

    place: Place
    name: str
    skew_ms: int | None
    observation: Observation
    size: int


class FarOutbox:
    """Takes observations from any thread and keeps them, by a thread of its own, until they are acknowledged.

    Since the start there was no room for some: `dropped` in memory, `lost` on disk, whose numbers are missing then.
    `skew_ms` says by how much our clock is ahead of the collector's, None where that is not known.
    """

    def __init__(self, path: Path, most_bytes: int, clock: Clock, skew_ms: Callable[[], int | None]) -> None:
        """Raises OutboxError."""
        self._path, self._most_bytes, self._clock, self._skew_ms = path, most_bytes, clock, skew_ms
        self._held: deque[tuple[int, int | None, bytes]] = deque()
        self._changed = threading.Condition()
        self._using = threading.Lock()
        self._is_over = False
        self.trouble = ""
        self.lost = self.dropped = 0
        self._connection = _opened(path, clock)
        self.name = token_hex(8)
        with self._using, self._connection:
            self._connection.execute("begin immediate")
            self._connection.execute(_EMPTY)
            # Above all that are there: what was seen before goes first.
            add = "insert into outboxes values ((select ifnull(max(number), 0) + 1 from outboxes), ?) returning number"
            self._number = int(self._connection.execute(add, (self.name,)).fetchone()[0])
        self._last, self._told_full_s = 0, float("-inf")
        self._waiting = int(self._connection.execute("select count(*) from waiting").fetchone()[0])
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def put(self, observations: Sequence[Observation]) -> None:
        """Keep these. Never waits for the disk."""
        skew_ms = self._skew_ms()
        rows = [(one.at_ms, skew_ms, encode(one)) for one in observations]
        with self._changed:
            room = 0 if self._is_over else MOST_HELD - len(self._held)
            self._held.extend(rows[: max(room, 0)])
            self.dropped += len(rows) - min(max(room, 0), len(rows))
            self._changed.notify()

    def after(self, place: Place, most: int) -> Sequence[WaitingEntry]:
        """The entries after a place, oldest first. Raises OutboxError."""
        rows = self._execute(_AFTER, *place, most)
        return [
            WaitingEntry(Place(outbox, sequence), name, skew_ms, decode_observation(body), len(body))
            for outbox, name, sequence, skew_ms, body in rows
        ]

    def first_of(self, outbox: int) -> int | None:
        """The number of the oldest entry of a part that is here. Raises OutboxError."""
        ((first,),) = self._execute(_FIRST, outbox)
        return None if first is None else int(first)

    def oldest_ms(self) -> int | None:
        """When the oldest observation was made that the collector does not have. Raises OutboxError."""
        rows = self._execute(_OLDEST)
        return int(rows[0][0]) if rows else None

    def names(self) -> tuple[str, ...]:
        """The parts from which something is to be handed over, and the one that is written now. Raises OutboxError."""
        return (*(name for (name,) in self._execute(_NAMED) if name != self.name), self.name)

    def oldest_after_ms(self, positions: Mapping[str, int]) -> int | None:
        """When the oldest observation was made that somebody lacks who has each part up to its position; None: he
        lacks none. Raises OutboxError."""
        for number, name in self._execute(_PARTS):
            for (at_ms,) in self._execute(_NEXT, number, positions.get(name, 0)):
                return int(at_ms)
        return None

    @property
    def waiting(self) -> int:
        """How many observations the collector does not have."""
        return max(0, self._waiting) + len(self._held)

    def acknowledge(self, positions: Mapping[str, int]) -> int:
        """Give up what the collector's record has, by the parts' names; how much that was. Raises OutboxError: then it
        stays."""
        try:
            with self._using, self._connection as connection:
                connection.execute("begin immediate")
                gone = sum(connection.execute(_DONE, each).rowcount for each in positions.items())
            self._waiting -= gone
            return gone
        except sqlite3.Error as error:
            raise OutboxError(f"{self._path}: {error}") from error

    def keep(self, name: str, body: bytes) -> None:
        """Keep something across restarts. Raises OutboxError."""
        self._execute("insert or replace into kept values (?, ?)", name, body)

    def kept(self, name: str) -> bytes | None:
        """Raises OutboxError."""
        rows = self._execute("select body from kept where name = ?", name)
        return bytes(rows[0][0]) if rows else None

    def close(self, within_s: float) -> bool:
        """Write what is held; whether all of it was written."""
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join(within_s)
        is_written = not self._held
        if not self._thread.is_alive():
            self._connection.close()
        return is_written

    def _execute(self, statement: str, *given: object) -> list[Any]:
        try:
            with self._using:
                return self._connection.execute(statement, given).fetchall()
        except sqlite3.Error as error:
            raise OutboxError(f"{self._path}: {error}") from error

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._held or self._is_over)
                several = [self._held[place] for place in range(min(AT_ONCE, len(self._held)))]
                if not several:
                    return
            try:
                self._write(several)
            except sqlite3.Error as error:
                self._failed(str(error))
                if self._is_over:
                    return
                self._clock.sleep(PAUSE_S)
                continue
            if self.trouble:
                log.warning("the outbox can be written again")
                self.trouble = ""
            with self._changed:
                for _ in several:
                    self._held.popleft()
            self._trim()

    def _write(self, several: Sequence[tuple[int, int | None, bytes]]) -> None:
        numbered = ((self._number, self._last + place, *row) for place, row in enumerate(several, start=1))
        with self._using:
            with self._connection as connection:
                connection.execute("begin immediate")
                connection.executemany(_ADD, numbered)
            self._last += len(several)
            self._waiting += len(several)

    def _trim(self) -> None:
        try:
            with self._using:
                self._make_room()
        except sqlite3.Error as error:
            self._failed(str(error))

    def _make_room(self) -> None:
        """Give up the oldest, where it has become too large."""
        before = self.lost
        (page_size,) = self._connection.execute("pragma page_size").fetchone()
        while self._waiting and self._connection.execute(_PAGES).fetchone()[0] * page_size > self._most_bytes:
            with self._connection as connection:
                connection.execute("begin immediate")
                gone = connection.execute(_OVER, (1 + self._waiting // FREED_SHARE,)).rowcount
            self._waiting -= gone
            self.lost += gone
        now_s = self._clock.monotonic()
        if self.lost > before and now_s - self._told_full_s > TOLD_EVERY_S:
            self._told_full_s = now_s
            log.error("the outbox is full: the oldest observations are given up", extra={"lost": self.lost})

    def _failed(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.error("the outbox cannot be written; observations are held in memory", extra={"error": trouble})
        self.trouble = trouble


def _opened(path: Path, clock: Clock) -> sqlite3.Connection:
    """The outbox at a path, made if there is none. One that is damaged is set aside: what it held is lost, and
    probing goes on. Raises OutboxError."""
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise OutboxError(
            f"{path}: {error.strerror}; set sites.outpost.outbox to a place that may be written"
        ) from None
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if not name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            is_busy = name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            remedy = "another site has it open; stop that one" if is_busy else "see that the disk has room"
            raise OutboxError(f"{path}: {error} ({remedy})") from None
    aside = path.with_name(f"{path.name}.damaged-{datetime.fromtimestamp(clock.now_ms() / 1000, UTC):%Y%m%dT%H%M%SZ}")
    path.rename(aside)
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    log.error("the outbox is damaged and set aside; an empty one is made", extra={"aside": f"{aside}"})
    return _opened(path, clock)


def _connected(path: Path) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError and OutboxError."""
    connection = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
    try:
        # Whoever has read it once has it to himself until he ends.
        for pragma in ("locking_mode = exclusive", "journal_mode = wal", "synchronous = full"):
            connection.execute(f"pragma {pragma}")
        connection.execute("begin immediate")
        (owner,) = connection.execute("pragma application_id").fetchone()
        (tables,) = connection.execute("select count(*) from sqlite_schema").fetchone()
        if not tables:
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
        elif owner != APPLICATION_ID:
            raise OutboxError(f"{path}: this is another program's database (choose another path)")
        connection.execute("commit")
        (answer,) = connection.execute("pragma quick_check(1)").fetchone()
        if answer != "ok":
            raise _corrupt(answer)
    except BaseException:
        connection.close()
        raise
    return connection


def _corrupt(answer: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(answer)
    error.sqlite_errorname = "SQLITE_CORRUPT"
    return error
