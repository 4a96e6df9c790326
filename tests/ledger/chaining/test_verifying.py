"""Somebody who may write the file changes it: `ledger check` finds each of it, and names it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlite_utils import Database

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.ledger import ChainHead, read_only
from sla_monitor.ledger.chaining.chain_heads import heads_in
from sla_monitor.ledger.chaining.links import KEYS as CHAINED
from sla_monitor.ledger.chaining.links import NOTHING, Head, Link, digest_of, key_of, note_all, rows_of
from sla_monitor.ledger.chaining.verifying import verify_recent
from sla_monitor.ledger.connect import connect_reader
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import _REPLACE, derive
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.sla.jobs import ReportKind
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, T0, UP, observed, opened, record_all
from tests.register.saying import booking, entries, ticket

KEYS = "custody/login", "custody/search", "custody/export"
CERTIFIED = replace(UP, certificate_expires_at_s=1_800_000_000, body_bytes=512)


def make_ledger(path: Path, count: int = 240) -> None:
    """Three endpoints over more than half an hour, with all that a record has; one of them changes its interval."""
    with opened(path, commit_within_ms=20) as ledger:
        for index in range(count):
            for place, key in enumerate(KEYS):
                down = replace(DOWN, detail=f"no answer in {index % 3} s", evidence=b"<html>%d" % index)
                finding = down if (index // 10 + place) % 5 == 0 else CERTIFIED
                ledger.record(observed(index, finding, key), EVERY_MS if place or index < count // 2 else 2 * EVERY_MS)
        assert ledger.flush(DEADLINE_S)
        for kind in (ReportKind.START, ReportKind.DONE, ReportKind.FAIL):
            assert ledger.report("custody/batch", kind, "told").result(DEADLINE_S)
        ledger.keep("digest", "{}")
        ledger.keep_samples(KEYS, T0, T0 + HOUR_MS)
    Register.open(path, SystemClock()).add(entries(booking(), ticket("A"), ticket("B")))
    with opened(path) as ledger:
        record_all(ledger, observed(2 * count, UP), observed(2 * count + 1, UP, KEYS[1]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    make_ledger(path)
    assert check(path, lambda *_: None).problems == ()
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "ledger.db"))


def edit(path: Path, script: str, *, rebuilt: bool = False) -> None:
    """Change the file as its administrator can: triggers dropped, and made again as they were."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"drop trigger {name}")
        before = connection.total_changes
        connection.executescript(script)
        assert connection.total_changes > before, "nothing was changed"
        for _, sql in triggers:
            connection.execute(sql)
        if rebuilt:
            connection.execute("begin")
            derive(Database(connection, execute_plugins=False), lambda *_: None)
            for statement in _REPLACE:
                connection.execute(statement)
            connection.execute("commit")


SOME = "(select max(id) / 2 from observations)"
DOWN_ID = "(select id from outcomes where name = 'down')"
UP_ID = "(select id from outcomes where name = 'up')"
FIRST_DOWN = f"(select min(id) from observations where outcome = {DOWN_ID})"


def swapped(table: str, column: str, first: int, second: int) -> str:
    """Two names of a table change places."""
    return (
        f"create temp table kept as select id, {column} as name from {table} where id in ({first}, {second});"
        f"update {table} set {column} = 'nobody' where id = {first};"
        f"update {table} set {column} = (select k.name from temp.kept k where k.id = {first}) where id = {second};"
        f"update {table} set {column} = (select k.name from temp.kept k where k.id = {second}) where id = {first};"
    )


def of(endpoint: str) -> str:
    return f"endpoint_id = (select id from endpoints where key = '{endpoint}')"


def setting(column: str, value: str) -> str:
    return f"update observations set {column} = {value} where id = {FIRST_DOWN} + 20"


INVENTED = (
    "insert into observations select max(id) + 1, endpoint_id, max(at_ms) + {ms}, {outcome}, null, 1,"
    " null, null, null, null, null, null, 200, 1, null, null from observations"
)

EDITS = {
    "an outage made up time": f"update observations set outcome = {UP_ID}, reason = null where outcome = {DOWN_ID}",
    "one DOWN made UP": f"update observations set outcome = {UP_ID}, reason = null where id = {FIRST_DOWN}",
    "one UP made DOWN": f"update observations set outcome = {DOWN_ID}, reason = 5 where id = {FIRST_DOWN} + 20",
    "one DOWN made UNKNOWN": f"update observations set outcome = 4, reason = 21 where id = {FIRST_DOWN}",
    "another reason": f"update observations set reason = 2 where id = {FIRST_DOWN}",
    "no reason": f"update observations set reason = null where id = {FIRST_DOWN}",
    "a duration": setting("duration_us", "duration_us + 1"),
    "every duration halved": "update observations set duration_us = duration_us / 2",
    "the time of the name lookup": setting("dns_us", "1"),
    "the time to connect": setting("connect_us", "1"),
    "the time of the handshake": setting("tls_us", "1"),
    "the first byte": setting("first_byte_us", "1"),
    "the transfer": setting("transfer_us", "1"),
    "a status": setting("status", "204"),
    "an address": setting("address_id", "null"),
    "a size": setting("body_bytes", "513"),
    "a certificate's date": setting("certificate_expires_at_s", "1900000000"),
    "the moment of one": setting("at_ms", "at_ms + 1"),
    "everything an hour later": "update observations set at_ms = at_ms + 3600000",
    "one given to another endpoint": setting("endpoint_id", "endpoint_id % 3 + 1"),
    "all of two endpoints changed over": "update observations set endpoint_id = 3 - endpoint_id where endpoint_id < 3",
    "evidence of another": f"update observations set evidence_id = 1 + evidence_id % 2 where id = {FIRST_DOWN}",
    "evidence taken off": f"update observations set evidence_id = null where id = {FIRST_DOWN}",
    "one taken out of the middle": f"delete from observations where id = {SOME}",
    "the first taken out": "delete from observations where id = 1",
    "the last taken out": "delete from observations where id = (select max(id) from observations)",
    "an outage taken out": f"delete from observations where outcome = {DOWN_ID}",
    "an endpoint's taken out": f"delete from observations where {of(KEYS[2])}",
    "all taken out": "delete from observations",
    "the second half taken out": f"delete from observations where id > {SOME}",
    "one put in at the end": INVENTED.format(ms=1, outcome=1),
    "an outage put in at the end": "".join(INVENTED.format(ms=ms, outcome=3) + ";" for ms in range(5)),
    "one put in the place of another": (
        f"delete from observations where id = {SOME};"
        "insert into observations select (select max(id) / 2 from observations), endpoint_id, at_ms + 1, 1, null, 1,"
        " null, null, null, null, null, null, 200, 1, null, null from observations where id = 5"
    ),
    "two numbers changed over": (
        "update observations set id = -1 where id = 40; update observations set id = 40 where id = 41;"
        "update observations set id = 41 where id = -1"
    ),
    "outcomes up and down swapped": swapped("outcomes", "name", 1, 3),
    "outcomes down and unknown swapped": swapped("outcomes", "name", 3, 4),
    "an outcome renamed": "update outcomes set id = 9 where id = 2",
    "an outcome taken out": "delete from outcomes where name = 'degraded'",
    "reasons swapped": swapped("reasons", "name", 5, 21),
    "a reason taken out": "delete from reasons where name = 'too_slow'",
    "endpoints swapped": swapped("endpoints", "key", 1, 2),
    "an endpoint renamed": "update endpoints set key = 'custody/other' where id = 1",
    "an endpoint put in": "insert into endpoints values (99, 'custody/invented')",
    "an endpoint taken out": f"delete from endpoints where key = '{KEYS[2]}'",
    "an address altered": "update addresses set name = '10.9.9.9' where id = 1",
    "an address taken out": "delete from addresses where id = 1",
    "an evidence body": "update evidence set body = x'00' where id = 2",
    "an evidence body emptied": "update evidence set body = x'' where id = 1",
    "an evidence detail": "update evidence set detail = 'all is well' where id = 2",
    "an evidence digest": "update evidence set digest = randomblob(16) where id = 2",
    "evidence taken out": "delete from evidence where id = 2",
    "evidence put in": "insert into evidence values (999, x'00', 'invented', x'')",
    "a heartbeat moved": "update heartbeats set at_ms = at_ms + 1 where id = 2",
    "a heartbeat's kind": "update heartbeats set kind = 'done' where id = 3",
    "a heartbeat's duration": "update heartbeats set duration_ms = 99999 where id = 2",
    "a heartbeat's text": "update heartbeats set text = 'all well' where id = 3",
    "a heartbeat taken out": "delete from heartbeats where id = 2",
    "the last heartbeat taken out": "delete from heartbeats where id = 3",
    "a heartbeat put in": "insert into heartbeats values (4, 1, 1767225600000, 'done', null, '')",
    "an interval made longer": "update intervals set every_ms = every_ms * 3",
    "an interval taken out": "delete from intervals where observation_id > 10",
    "an interval put in": "insert into intervals values (2, 50, 60000)",
    "an interval moved": "update intervals set observation_id = observation_id + 3 where observation_id > 10",
    "a register entry altered": "update register set note = 'forged' where number = 2",
    "a register entry's body": "update register set body = replace(body, 'A', 'Z') where number = 2",
    "the last register entry taken": "delete from register where number = 3",
    "the first register entry taken": "delete from register where number = 1",
    "all register entries taken": "delete from register",
    "a register entry made another's": "update register set actor = 'somebody' where number = 3",
    "a link altered": "update chain set digest = randomblob(32) where number = 3",
    "a link taken out": "delete from chain where number = 3",
    "the last link taken": "delete from chain where number = (select max(number) from chain)",
    "all links taken": "delete from chain",
    "marks altered": "update chain set marks = zeroblob(length(marks)) where length(marks) > 0",
    "a link's time": "update chain set at_ms = at_ms + 1 where number = 3",
    "a link that covers nothing": "update chain set covers = '{}' where number = 4",
    "a link that says nonsense": "update chain set covers = '[1]' where number = 4",
    "durations after packed hours were emptied": (
        "delete from looks_by_hour; update observations set duration_us = duration_us / 2"
    ),
    "what was told of a span": "update span_states set outcome = 1, reason = null where outcome = 3",
    "when a span was told to end": "update span_states set end_ms = end_ms - 1000 where id = 7",
    "what was told of a span taken out": "delete from span_states where id = 5",
    "the last that was told taken out": "delete from span_states where id = (select max(id) from span_states)",
    "all that was told of spans taken out": "delete from span_states",
    "a span told that was none": (
        "insert into span_states select max(id) + 1, 1, max(observation_id), max(start_ms) + 1, max(end_ms) + 2,"
        " max(seen_ms) + 2, 3, null, 5, 1 from span_states"
    ),
}
"""Each is tried as it is, with spans worked out again from what was altered, and sealed anew."""

LINKS = {
    "a link altered",
    "a link taken out",
    "the last link taken",
    "all links taken",
    "marks altered",
    "a link's time",
    "a link that covers nothing",
    "a link that says nonsense",
}
"""Edits of the chain alone: to seal anew is to take them back."""

ADDED = {
    "one put in at the end",
    "an outage put in at the end",
    "an endpoint put in",
    "evidence put in",
    "a heartbeat put in",
    "a span told that was none",
}
"""What is added at the end, and sealed, comes after every head that was told: who may write the file may record."""

DERIVED = {
    "a span made shorter": "update ended_spans set end_ms = end_ms - 1000 where outcome = 3",
    "a span made UP": "update ended_spans set outcome = 1, reason = null where outcome = 3",
    "a span taken out": "delete from ended_spans where outcome = 3",
    "the last span": "update last_spans set seen_ms = seen_ms + 1",
    "an answer that was worked out": "update worked_out set body = '{\"seconds\": 0}'",
    "an answer put in": "insert into worked_out values ('other', '{}')",
    "packed hours emptied": "update looks_by_hour set body = x''",
    "where rows are in the chain": "delete from stretches where name = 'observations'",
    "where a row is in the chain": "update stretches set number = number + 1 where name = 'register'",
    "a span made UP that is not over": "update last_spans set outcome = 1, reason = null",
    "a span put in": "insert into ended_spans values (1, 1767225600000 - 50000, 1767225600000, 1767225590000, 3, 5, 5)",
    "a packed hour changed over": (
        "update looks_by_hour set body = (select b.body from looks_by_hour b order by endpoint_id limit 1)"
    ),
}


@pytest.mark.parametrize("script", (EDITS | DERIVED).values(), ids=(EDITS | DERIVED).keys())
def test_every_edit_is_found(path: Path, script: str) -> None:
    edit(path, script)
    assert found(path)


@pytest.mark.parametrize("script", EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_found_after_spans_were_worked_out_again(path: Path, script: str) -> None:
    edit_and_rebuild(path, script)
    assert found(path)


def edit_and_rebuild(path: Path, script: str) -> None:
    """The same, with spans worked out again from what was altered, if that is possible at all."""
    try:
        edit(path, script, rebuilt=True)
    except (LookupError, ValueError):
        edit(path, "update ended_spans set looks = looks")


def found(path: Path) -> list[str]:
    """What `ledger check` says is wrong."""
    try:
        return list(check(path, lambda *_: None).problems)
    except LedgerError as error:
        return [str(error)]


@dataclass(frozen=True)
class Named:
    script: str
    words: str


@pytest.mark.parametrize(
    "case",
    [
        Named(
            "update observations set status = 204 where id = 63",
            "observation 63 of custody/export at 2026-01-01T00:03:20Z is not as it was recorded",
        ),
        Named(
            "delete from observations where id = 63",
            "observation 63 is missing (after 2026-01-01T00:03:20Z (custody/search), before"
            " 2026-01-01T00:03:30Z (custody/login))",
        ),
        Named(INVENTED.format(ms=1_000, outcome=1), "the program did not record them"),
        Named(swapped("outcomes", "name", 1, 3), "outcome 1 is called 'down', and is 'up'"),
        Named("update evidence set body = x'00' where id = 2", "evidence 2 of custody/login at 2026-01-01T00:00:10Z"),
        Named("update endpoints set key = 'custody/other' where id = 1", "endpoints 1 to"),
    ],
    ids=lambda case: case.words[:30],
)
def test_what_is_wrong_is_named(path: Path, case: Named) -> None:
    edit(path, case.script)
    assert any(case.words in problem for problem in found(path)), found(path)


SCHEMA = {
    "all triggers dropped": [
        f"drop trigger {table}_no_{what}"
        for table in (
            "observations",
            "evidence",
            "heartbeats",
            "intervals",
            "register",
            "endpoints",
            "outcomes",
            "chain",
        )
        for what in ("update", "delete", "replace")
    ],
    "one trigger dropped": ["drop trigger outcomes_no_update"],
    "a trigger that does nothing": [
        "drop trigger outcomes_no_update",
        "create trigger outcomes_no_update before update on outcomes when 0 begin select 1; end",
    ],
    "a trigger of somebody else's": [
        "create trigger helpful after insert on observations begin delete from last_spans; end"
    ],
    "a view that says something else": ["drop view spans", "create view spans as select * from last_spans"],
    "an index dropped": ["drop index observations_at_ms"],
    "a table of somebody else's": ["create table notes (id integer)"],
}


@pytest.mark.parametrize("statements", SCHEMA.values(), ids=SCHEMA.keys())
def test_a_schema_that_is_not_the_programs_is_found(path: Path, statements: list[str]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    assert found(path)


def test_a_start_refuses_what_was_changed_lately(path: Path) -> None:
    edit(path, EDITS["one DOWN made UP"], rebuilt=True)
    with pytest.raises(LedgerDamaged, match="is not as it was recorded"), opened(path):
        pass


def head_of_chain(path: Path) -> ChainHead:
    with read_only(path) as reader:
        head = reader.head()
    assert head is not None
    return head


def reseal(path: Path) -> None:
    """Seal what is there now with the links that are there, as somebody can who knows how, and the rest in another."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("select name, sql from sqlite_master where type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"drop trigger {name}")
        links = connection.execute("select number, at_ms, covers from chain order by number").fetchall()
        connection.execute("delete from chain")
        ends: dict[str, int] = {}
        before = NOTHING
        for number, at_ms, covers in links:
            link, stretches = Link(before, at_ms), json.loads(covers)
            for table, (first, last, *_) in stretches.items():
                if table in CHAINED:
                    ends[table] = last
                    add(link, table, rows_of(connection, table, first, last))
            before = put_link(connection, link, stretches.get("worked_out")) if link.number == number else before
        link = Link(before, 1)
        for table in CHAINED:
            add(link, table, rows_of(connection, table, ends.get(table, 0) + 1, 2**62))
        if link.rows:
            put_link(connection, link, None)
        note_all(connection)
        for _, sql in triggers:
            connection.execute(sql)


def add(link: Link, table: str, rows: Sequence[Any]) -> None:
    for row in rows:
        link.add_observations([row]) if table == "observations" else link.add(table, key_of(table, row), row)


def put_link(connection: sqlite3.Connection, link: Link, answer: Any) -> Head:
    number, at_ms, covers, marks, _ = link.row()
    covers = json.dumps({**json.loads(covers), **({"worked_out": answer} if answer else {})}, separators=(",", ":"))
    digest = digest_of(link.before, number, at_ms, covers, marks)
    connection.execute("insert into chain values (?, ?, ?, ?, ?)", (number, at_ms, covers, marks, digest))
    return Head(number, digest)


@pytest.mark.parametrize("name", [name for name in EDITS if name not in LINKS | ADDED])
def test_what_was_sealed_anew_is_found_by_an_anchor(path: Path, name: str) -> None:
    with opened(path) as ledger:
        ledger.keep("another", "{}")  # a link more: the head is of all that is edited
    anchor = head_of_chain(path)
    reseal(path)
    assert check(path, lambda *_: None, [anchor]).problems == (), "to seal what it was gives what it was"
    edit_and_rebuild(path, EDITS[name])
    reseal(path)
    assert check(path, lambda *_: None, [anchor]).problems


@pytest.mark.parametrize("count", [1, 3])
def test_links_that_were_taken_off_with_their_rows_are_found_by_an_anchor(path: Path, count: int) -> None:
    anchor = head_of_chain(path)
    with closing(sqlite3.connect(path)) as connection:
        last = connection.execute("select max(number) from chain").fetchone()[0]
        first = min(
            json.loads(covers).get("observations", [10**9])[0]
            for (covers,) in connection.execute("select covers from chain where number > ?", (last - 1 - count,))
        )
    edit(
        path,
        f"delete from observations where id >= {first}; delete from chain where number >= {last - count};"
        f"delete from intervals where observation_id >= {first}",
        rebuilt=True,
    )
    assert any("the anchor is of link" in each for each in check(path, lambda *_: None, [anchor]).problems)


def test_an_anchor_is_a_line_in_any_file_and_holds_while_the_record_grows(path: Path, tmp_path: Path) -> None:
    with opened(path) as ledger:
        line = CliRunner().invoke(cli, ["ledger", "head", "--ledger", str(path)]).output.strip()
        record_all(ledger, *(observed(index) for index in range(1_000, 3_200)))
    (tmp_path / "mail").write_text(f"Dear supplier,\nfor October: {line}\nRegards\n")
    words = ["ledger", "check", "--ledger", str(path), "--anchor"]
    said = CliRunner().invoke(cli, [*words, str(tmp_path / "mail")])
    assert said.exit_code == 0, said.output
    assert "unchanged up to link" in said.output
    (tmp_path / "none").write_text("Dear supplier")
    assert "there is no head of a chain in it" in CliRunner().invoke(cli, [*words, str(tmp_path / "none")]).output


def test_a_head_may_be_signed() -> None:
    head = ChainHead(7, 1_234, "ab" * 32)
    line = head.line(T0, lambda message: message[:64])
    assert line.startswith(
        f"sla-monitor-head/1 link=7 observations=1234 digest={'ab' * 32} at=2026-01-01T00:00:00Z sig"
    )
    assert [one.head for one in heads_in(f"x {line} y".encode())] == [head]


def test_an_entry_that_is_made_while_a_daemon_starts_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with opened(path) as ledger:
        record_all(ledger, observed(0))
    register = Register.open(path, SystemClock())
    register.add(entries(ticket("A")))
    begun: list[str] = []

    def enter(statement: str) -> None:
        if "from register" in statement and not begun:
            begun.append(statement)
            register.add(entries(ticket("B")))

    with closing(connect_reader(path)) as database:
        database.conn.set_trace_callback(enter)
        assert verify_recent(database.conn) == []
        assert begun
