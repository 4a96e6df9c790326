"""The database of Uptime Kuma (SQLite; versions 1 and 2): its table `heartbeat`, a row for each probe.

`time` is when a probe began, in UTC; `status` is 0 (down), 1 (up), 2 (pending: it failed, and is being retried) or 3
(maintenance: nobody probed); `ping` is how long the answer took, in milliseconds. What version 2 has only summed up by
the hour or the day (`stat_hourly`, `stat_daily`) says nothing about when something was down, and is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sla_monitor import remedies
from sla_monitor.backfill.foreign import Foreign
from sla_monitor.backfill.probe_lists import BackfillRecord, Probe, Probes
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.errors import BackfillError
from sla_monitor.register.importing import TOLD_AT_MOST, abridged
from sla_monitor.register.instant import parse_instant
from sla_monitor.sla.observation import Outcome

DOWN, UP, PENDING, MAINTENANCE = range(4)
OUTCOMES = {DOWN: Outcome.DOWN, UP: Outcome.UP, PENDING: Outcome.DOWN}
"""A probe that is being retried has failed: how many of them make an outage, the contract says."""

NEEDED = {"monitor": {"id", "name", "interval"}, "heartbeat": {"id", "monitor_id", "status", "time", "ping"}}
VALUE_LIMIT = 1 << 20
"""Bytes of one value: a database that has larger ones in these columns is none of Uptime Kuma's."""

LONGEST_S, LONGEST_MS = 366 * 86_400, 86_400_000
_UTC = ZoneInfo("UTC")
_COLUMNS = "select t.type, c.name from sqlite_master t, pragma_table_info(t.name) c where t.name = ?"
_MONITORS = "select id, name, interval from monitor order by id"
_BEATS = "select id, monitor_id, status, time, ping from heartbeat where monitor_id in ({}) order by id"


@dataclass(frozen=True)
class Kuma:
    """A database, and which of its monitors stands for which endpoint: ids of endpoints, and a monitor's number or
    name. `every_ms`: for how long a probe vouches; None: for the monitor's interval. `range_ms`: what is taken."""

    path: Path
    monitors: Mapping[str, str]
    every_ms: int | None
    range_ms: tuple[int, int]

    def read(self, single: Collection[str], progress: Callable[[int, int], None]) -> tuple[BackfillRecord, str]:
        """What it tells, and the SHA-256 of the file. Raises BackfillError."""
        _check_closed(self.path)
        try:
            with Foreign(self.path) as file, closing(self._opened()) as database, Probes() as probes:
                _check(self.path, database)
                probes.add(self._probes(database, progress))
                return probes.collected(f"{self.path.name}: heartbeat ", single), file.digest
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise BackfillError([f"{self.path}: cannot be read as a database of Uptime Kuma: {error}"]) from None

    def _opened(self) -> sqlite3.Connection:
        """Read and nothing else: no lock, no log, no file beside it, and no code that the file brings along."""
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro&immutable=1"
        database = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
            for pragma in ("query_only = on", "trusted_schema = off", "cell_size_check = on"):
                database.execute(f"pragma {pragma}")
        except BaseException:
            database.close()
            raise
        return database

    def _probes(self, database: sqlite3.Connection, progress: Callable[[int, int], None]) -> Iterator[Probe]:
        chosen, problems = self._chosen(database), list[str]()
        total = database.execute("select ifnull(max(id), 0) from heartbeat").fetchone()[0]
        beats = database.execute(_BEATS.format(", ".join("?" * len(chosen))), tuple(chosen))
        for count, (number, monitor, *row) in enumerate(beats):
            if count % 10_000 == 0 and isinstance(number, int) and isinstance(total, int):
                progress(number, total)
            try:
                probe = _probe(number, chosen[monitor], row)
            except ValueError as error:
                if len(problems) <= TOLD_AT_MOST:
                    problems.append(f"{self.path.name}: heartbeat {number}: {error}")
                continue
            if probe is not None and self.range_ms[0] <= probe.at_ms < self.range_ms[1]:
                yield probe
        if problems:
            raise BackfillError(abridged(problems))

    def _chosen(self, database: sqlite3.Connection) -> dict[int, tuple[str, int]]:
        """By a monitor's number, the endpoint that it stands for and its interval in milliseconds."""
        known = {f"{number}": (number, interval) for number, _, interval in database.execute(_MONITORS)}
        names: dict[str, list[str]] = {}
        for number, name, _ in database.execute(_MONITORS):
            names.setdefault(f"{name}", []).append(f"{number}")
        found: dict[int, tuple[str, int]] = {}
        problems = []
        for endpoint, wanted in self.monitors.items():
            several = [wanted] if wanted in known else names.get(wanted, [])
            if len(several) != 1:
                why = f"there are {len(several)} monitors" if several else "there is no monitor"
                told = ", ".join(several) if several else suggestion(wanted, names)
                problems.append(f"{self.path.name}: {why} {wanted[:63]!r} ({told})")
                continue
            number, interval = known[several[0]]
            if not isinstance(number, int) or not isinstance(interval, int) or not 0 < interval < LONGEST_S:
                problems.append(f"{self.path.name}: monitor {wanted[:63]!r} has no interval ({remedies.INTERVAL})")
            elif number in found:
                problems.append(f"{self.path.name}: monitor {wanted[:63]!r} is named for two endpoints")
            else:
                found[number] = endpoint, self.every_ms or interval * 1000
        if problems:
            raise BackfillError(problems)
        return found


def _check_closed(path: Path) -> None:
    """What is still in a log beside the file would be missed."""
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.exists() and beside.stat().st_size:
            copy = f"sqlite3 {path.name} '.backup copy.db'"
            raise BackfillError([f"{beside}: the database is in use (stop Uptime Kuma, or read a copy: {copy})"])


def _check(path: Path, database: sqlite3.Connection) -> None:
    """That the tables are there, as tables: a view may be anything."""
    for table, needed in NEEDED.items():
        columns = database.execute(_COLUMNS, (table,)).fetchall()
        lacking = needed - {name for kind, name in columns if kind == "table"}
        if lacking:
            raise BackfillError([f"{path}: has no table {table} with a column {min(lacking)} (is this Uptime Kuma's?)"])


def _probe(number: Any, of: tuple[str, int], row: list[Any]) -> Probe | None:
    """A row as a probe; None in a maintenance, in which nobody probed. Raises ValueError."""
    status, time, ping = row
    if status not in {DOWN, UP, PENDING, MAINTENANCE}:
        raise ValueError(f"status {str(status)[:20]!r} is not 0 to 3")
    if not isinstance(time, str):
        raise ValueError(f"time {str(time)[:40]!r} is no text")
    at_ms = parse_instant(time, _UTC)
    if status == MAINTENANCE:
        return None
    is_time = isinstance(ping, int | float) and 0 <= ping <= LONGEST_MS
    if ping is not None and not is_time:
        raise ValueError(f"ping {str(ping)[:20]!r} is no number of milliseconds")
    endpoint, every_ms = of
    duration_us = int(ping * 1000) if ping is not None and status == UP else None
    return Probe(endpoint, at_ms, OUTCOMES[status], None, every_ms, duration_us, number)
