"""`ledger backfill uptime-kuma`: its database, of versions 1 and 2, and what is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.ledger import read_only
from tests.backfill.support import MINUTE, NOON, Desk, desk_in, minutes

MONITOR = """
create table monitor (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name VARCHAR(150),
  active BOOLEAN DEFAULT 1 NOT NULL, user_id INTEGER, interval INTEGER DEFAULT 20 NOT NULL, url TEXT, type VARCHAR(20));
"""
HEARTBEAT = {
    1: """
create table heartbeat (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, important BOOLEAN DEFAULT 0 NOT NULL,
  monitor_id INTEGER NOT NULL, status SMALLINT NOT NULL, msg TEXT, time DATETIME NOT NULL, ping INTEGER,
  duration INTEGER DEFAULT 0 NOT NULL, down_count INTEGER DEFAULT 0 NOT NULL);
""",
    2: """
create table heartbeat (`id` integer not null primary key autoincrement, `important` boolean not null default '0',
  `monitor_id` integer not null, `status` smallint not null, `msg` text, `time` datetime not null, `ping` float,
  `duration` integer not null default '0', `down_count` integer not null default '0', `end_time` datetime default null,
  `retries` integer not null default '0', `response` text);
create table stat_hourly (id integer primary key, monitor_id integer, timestamp integer, up smallint, down smallint);
""",
}
DOWN, UP, PENDING, MAINTENANCE = range(4)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def beats(*statuses: int | None, ping: Any = 120) -> list[tuple[int, str, Any]]:
    """One each minute from noon on; None: there was none."""
    return [
        (status, spelled(NOON + minute * MINUTE), ping if status == UP else None)
        for minute, status in enumerate(statuses)
        if status is not None
    ]


def spelled(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def kuma(folder: Path, rows: Iterable[tuple[Any, ...]], version: int = 1) -> Path:
    """A database with a monitor of a site, and another one that nobody asks for."""
    path = folder / "kuma.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(MONITOR + HEARTBEAT[version])
        for number, name in ((3, "Webmail"), (4, "Other")):
            database.execute("insert into monitor (id, name, interval, type) values (?, ?, 60, 'http')", (number, name))
        database.execute("insert into heartbeat (monitor_id, status, time, ping) values (4, 7, 'never', 'x')")
        insert = "insert into heartbeat (monitor_id, status, time, ping, msg) values (3, ?, ?, ?, '\x1b[2J')"
        database.executemany(insert, rows)
        database.commit()
    return path


def words(path: Path, *more: str) -> list[str]:
    return ["ledger", "backfill", "uptime-kuma", "small", str(path), "--monitor", "webmail=Webmail", "--yes", *more]


@pytest.mark.parametrize("version", [1, 2])
def test_heartbeats_become_spans_with_their_reason_for_none_and_their_times(desk: Desk, version: int) -> None:
    statuses = (UP, UP, PENDING, DOWN, DOWN, UP, MAINTENANCE, MAINTENANCE, UP, None, None, UP)
    desk.see("webmail", minutes(4, 5))
    told = desk.told(*words(kuma(desk.folder, beats(*statuses), version)))
    assert desk.outcomes("webmail") == [(0, 2, "up"), (2, 4, "down"), (4, 6, "up"), (8, 9, "up"), (11, 12, "up")]
    assert told["source"] == "kuma.db"
    with read_only(desk.ledger) as reader:
        samples = list(reader.samples("small/webmail", NOON, NOON + 60 * MINUTE))
    assert [sample[2] for sample in samples] == [120_000, 120_000, None, None, 50_000, 120_000, 120_000, 120_000]
    assert desk.problems() == ()


def test_a_monitor_is_named_by_its_number_too_and_a_range_can_be_taken(desk: Desk) -> None:
    path = kuma(desk.folder, beats(UP, UP, UP, UP))
    asked = [
        *words(path)[:5],
        "--monitor",
        "webmail=3",
        "--yes",
        "--from",
        "2026-10-05T12:01Z",
        "--until",
        "2026-10-05T12:02:30Z",
    ]
    desk.told(*asked)
    assert [(one.start_ms - NOON, one.end_ms - NOON) for one in desk.spans("webmail")] == [(MINUTE, 150_000)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(7, spelled(NOON), 1)], "heartbeat 2: status '7' is not 0 to 3"),
        ([("up", spelled(NOON), 1)], "heartbeat 2: status 'up' is not 0 to 3"),
        ([(UP, "yesterday", 1)], "heartbeat 2: must be an instant"),
        ([(UP, 1_790_000_000, 1)], "heartbeat 2: time '1790000000' is no text"),
        ([(UP, spelled(NOON), "fast")], "heartbeat 2: ping 'fast' is no number"),
        ([(UP, spelled(NOON), -1)], "heartbeat 2: ping '-1' is no number"),
        ([(UP, spelled(NOON), float("inf"))], "heartbeat 2: ping 'inf' is no number"),
        ([(UP, spelled(NOON), 1), (DOWN, spelled(NOON), None)], "heartbeat 3: webmail has another probe"),
        ([], "webmail: there is nothing on record of it"),
    ],
)
def test_a_row_that_cannot_be_is_told_and_nothing_is_taken(desk: Desk, rows: list[tuple[Any, ...]], told: str) -> None:
    assert told in desk.problem(*words(kuma(desk.folder, rows)))
    assert desk.told("ledger", "imports") == {"imports": []}


def test_a_monitor_that_is_not_there_is_told_with_one_that_is(desk: Desk) -> None:
    path = kuma(desk.folder, beats(UP))
    asked = [*words(path)[:5], "--yes", "--monitor"]
    assert "there is no monitor 'Webmial' (did you mean Webmail?)" in desk.problem(*asked, "webmail=Webmial")
    assert "no such endpoint: webmial (did you mean webmail?)" in desk.problem(*asked, "webmial=3")
    assert "is no pair (write ENDPOINT=MONITOR)" in desk.problem(*asked, "webmail")


def broken(path: Path, how: str) -> None:
    if how == "no database":
        path.write_text("This is no database, and long enough to be taken for one.")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "torn":
        path.write_bytes(path.read_bytes()[:8_192])
    elif how == "damaged":
        content = bytearray(path.read_bytes())
        content[4_096:] = b"\xff" * (len(content) - 4_096)
        path.write_bytes(content)
    elif how == "another's":
        path.unlink()
        with closing(sqlite3.connect(path)) as database:
            database.execute("create table users (id, name)")
    elif how == "a view":
        with closing(sqlite3.connect(path)) as database:
            database.execute("alter table heartbeat rename to beats")
            database.execute("create view heartbeat as select * from beats")
    else:
        path.with_name("kuma.db-wal").write_bytes(b"something")


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("no database", "cannot be read as a database of Uptime Kuma"),
        ("empty", "has no table monitor with a column id"),
        ("torn", "cannot be read as a database of Uptime Kuma"),
        ("damaged", "cannot be read as a database of Uptime Kuma"),
        ("another's", "has no table monitor with a column id"),
        ("a view", "has no table heartbeat with a column id"),
        ("in use", "the database is in use (stop Uptime Kuma, or read a copy"),
    ],
)
def test_what_is_no_database_of_it_is_one_line_and_is_left_as_it_is(desk: Desk, how: str, told: str) -> None:
    path = kuma(desk.folder, beats(UP, DOWN))
    broken(path, how)
    before = path.read_bytes()
    assert told in desk.problem(*words(path))
    assert path.read_bytes() == before
    assert {one.name for one in desk.folder.glob("kuma.db*")} <= {"kuma.db", "kuma.db-wal"}
