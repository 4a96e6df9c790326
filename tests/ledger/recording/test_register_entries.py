"""The register in the ledger: numbered, chained, append-only, beside a daemon that records."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerDamaged, LedgerError, LedgerLocked, LedgerTooNew
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.recording.register_entries import Overtaken, Register
from tests.ledger.support import DEADLINE_S, FOREVER_MS, observed, opened, record_all
from tests.register.saying import booking, claim, entries, entry, ticket

ROOT = Path(__file__).parents[3]
TICKETS = [entry(number, *ticket("A")[:1], **ticket(f"INC{number}")[1]) for number in range(1, 301)]


def ignore(done: int, total: int) -> None:
    """Nobody watches the progress here."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def register(path: Path) -> Register:
    return Register.open(path, SystemClock())


def spoil(path: Path, statement: str) -> None:
    """Change the file as its administrator could, who may drop a trigger."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute(statement)


def test_entries_come_back_as_they_were_said(register: Register) -> None:
    said = entries(booking(services=["cad"]), claim(kpis=["KPI1"]), ticket("INC1", stops=[]))
    assert register.add(said) == (1, 2, 3)
    assert list(register.entries("small")) == said
    assert not register.entries("another")


def test_an_entry_without_a_way_of_knowing_keeps_the_digest_of_earlier_versions(path: Path, register: Register) -> None:
    """By the rule of docs/ledger.md, worked out here: twelve columns, and a thirteenth where it says something."""
    old, new = entries(booking(), claim())
    register.add([old, new.model_copy(update={"known_by": "password"})])
    with closing(sqlite3.connect(path)) as database:
        names = "number, at_ms, actor, contract, kind, reference, evidence, note, about, start_ms, end_ms, body"
        rows = database.execute(f"select {names}, known_by, digest from register order by number").fetchall()
    before = ""
    for *columns, known_by, digest in rows:
        told = [before, *columns, *([known_by] if known_by else [])]
        before = sha256(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
        assert digest == before
    assert [one.known_by for one in register.entries("small")] == [None, "password"]


def test_a_submission_adds_its_entries_once(path: Path, register: Register) -> None:
    assert register.add(entries(booking(), claim()), once="key") == (1, 2)
    assert register.add(entries(booking(), claim()), once="key", read_to=0) == (1, 2)
    assert register.add(entries(claim()), once="another") == (3,)
    assert (register.submitted("key"), register.submitted("none")) == ((1, 2), ())
    assert len(register.entries("small")) == 3
    assert check(path, ignore).problems == ()


def test_numbers_count_through_all_contracts(register: Register) -> None:
    first, second = entries(booking(), claim())
    register.add([first])
    assert register.add([second.model_copy(update={"contract": "another"})]) == (2,)
    assert register.add([second]) == (3,)
    assert [each.number for each in register.entries("small")] == [1, 3]
    assert (register.last_number("small"), register.last_number("another"), register.last_number("third")) == (3, 2, 0)


def test_what_was_read_before_somebody_else_added_is_not_added_to(register: Register) -> None:
    register.add(entries(booking()))
    with pytest.raises(Overtaken):
        register.add(entries(claim()), read_to=0)
    assert register.last_number("small") == 1
    assert register.add(entries(claim()), read_to=1) == (2,)


def test_an_entry_of_another_contract_overtakes_nobody(register: Register) -> None:
    register.add([entry(1, *booking()[:1], **booking()[1]).model_copy(update={"contract": "another"})])
    assert register.add(entries(claim()), read_to=0) == (2,)


def test_of_several_entries_all_are_added_or_none(path: Path, register: Register) -> None:
    """The last one is about an entry whose number SQLite has no room for, which no file and no command gives."""
    undo = entry(3, "undo", about=1)
    unstorable = undo.model_copy(update={"body": undo.body.model_copy(update={"about": 2**70})})
    said = [*entries(booking(), claim()), unstorable]
    with pytest.raises((LedgerError, OverflowError)):
        register.add(said)
    assert not register.entries("small")


def test_a_daemon_and_a_register_stand_side_by_side(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        register = Register.open(path, SystemClock())
        for number in range(1, 21):
            ledger.record(observed(number), 10_000)
            assert register.add(entries(booking())) == (number,)
        assert ledger.flush(DEADLINE_S)
        assert ledger.stats().dropped == 0
        assert ledger.spans(0, FOREVER_MS)["custody/login"][0].probes == 21
    assert check(path, ignore).problems == ()


def test_a_register_made_before_the_first_start_is_the_daemons_ledger(path: Path) -> None:
    Register.open(path, SystemClock()).add(entries(booking()))
    with opened(path) as ledger:
        record_all(ledger, observed(0))
    assert check(path, ignore).problems == ()
    assert len(Register.open(path, SystemClock()).entries("small")) == 1


def test_a_ledger_of_the_version_before_is_brought_up_to_date(path: Path) -> None:
    Register.open(path, SystemClock())
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for table in ("register", "submissions", "audit"):
            database.execute(f"drop table {table}")
        database.execute("delete from _sqlite_migrations where name in ('m0002_register', 'm0013_desk')")
    assert Register.open(path, SystemClock()).add(entries(booking())) == (1,)


def test_what_is_no_ledger_is_not_made_one(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("minutes of the partnership board\n" * 500)
    with pytest.raises(LedgerDamaged):
        Register.open(notes, SystemClock())
    assert notes.read_text().startswith("minutes")


def test_a_lock_that_is_held_for_ever_is_a_clear_refusal(
    path: Path, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_monitor.ledger.recording.register_entries._PATIENCE_SECONDS", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("begin immediate")
        with pytest.raises(LedgerLocked, match="another program holds a lock"):
            register.add(entries(booking()))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update register set note = 'forged' where number = 2", "entry 2 was altered"),
        ("update register set known_by = 'password' where number = 1", "entry 1 was altered"),
        ("update register set known_by = '' where number = 2", "entry 2 was altered"),
        ("update register set body = replace(body, 'P1', 'P2') where number = 1", "entry 1 was altered"),
        ("delete from register where number = 2", "entry 2 is missing"),
        ("update register set number = 9 where number = 3", "entry 3 is missing"),
    ],
)
def test_an_entry_that_was_forged_is_found(path: Path, register: Register, change: str, words: str) -> None:
    first, second, third = entries(ticket("A"), ticket("B"), ticket("C"))
    register.add([first, second.model_copy(update={"known_by": "password"}), third])
    spoil(path, change)
    assert any(words in problem for problem in check(path, ignore).problems)
    with pytest.raises(LedgerDamaged, match="was altered"):
        register.entries("small")


def test_a_kind_of_a_later_version_is_said_to_be_one(path: Path, register: Register) -> None:
    register.add(entries(ticket("A")))
    from sla_monitor.ledger.chaining.register_chain import _digest

    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        (last,) = database.execute("select digest from register").fetchone()
        row = (2, 0, "ann", "small", "seance", "", "", "", None, None, None, '{"kind":"seance"}', "")
        columns = (*row[:-1], _digest(row, last), "")
        database.execute(f"insert into register values ({','.join('?' * 14)})", columns)
    with pytest.raises(LedgerTooNew, match="entry 2"):
        register.entries("small")


def test_a_backup_holds_the_register_and_a_rebuild_leaves_it_alone(path: Path, register: Register) -> None:
    register.add(entries(booking(), claim()))
    backup(path, path.with_name("copy.db"), ignore)
    assert rebuild_spans(path, ignore) == 0
    for each in (path, path.with_name("copy.db")):
        assert check(each, ignore).counts["register"] == 2
        assert len(Register.open(each, SystemClock()).entries("small")) == 2


def test_a_reader_tells_the_register_too(path: Path, register: Register) -> None:
    register.add(entries(booking(), claim()))
    with read_only(path) as reader:
        assert [each.number for each in reader.entries("small")] == [1, 2]
        assert [each.number for each in reader.newest_entries("small", 1)] == [2]
    with opened(path) as ledger:
        assert [each.number for each in ledger.entries("small")] == [1, 2]


def add_many(path: str, count: int) -> list[int]:
    register = Register.open(Path(path), SystemClock())
    return [number for _ in range(count) for number in register.add(entries(booking(), claim()))]


def test_processes_that_add_at_once_get_numbers_of_their_own(path: Path) -> None:
    """Also at the very beginning, when each of them finds no ledger."""
    with multiprocessing.get_context("fork").Pool(3) as pool:
        numbers = pool.starmap(add_many, [(str(path), 10)] * 3)
    assert sorted(number for each in numbers for number in each) == list(range(1, 61))
    assert all(first + 1 == second for each in numbers for first, second in zip(each[::2], each[1::2], strict=True))
    assert check(path, ignore).problems == ()


SCRIPT = """
import sys
from pathlib import Path
from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from tests.ledger.recording.test_register_entries import TICKETS
register = Register.open(Path(sys.argv[1]), SystemClock())
print("began", flush=True)
while True:
    print(register.add(TICKETS)[-1], flush=True)
"""


def test_kill_leaves_all_of_what_was_added_together_or_nothing(path: Path) -> None:
    """Three hundred entries at a time, killed at any moment, five times."""
    for attempt in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "began\n"
            time.sleep(0.01 * attempt)
            os.kill(process.pid, signal.SIGKILL)
            told = [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        kept = len(Register.open(path, SystemClock()).entries("small"))
        assert kept % len(TICKETS) == 0
        assert kept >= max(told, default=0)
        assert check(path, ignore).problems == ()


def test_two_daemons_are_still_refused_while_the_register_is_in_use(path: Path, register: Register) -> None:
    with opened(path):
        register.add(entries(booking()))
        with pytest.raises(LedgerLocked):
            Ledger.open(path, SystemClock())


def test_what_somebody_fills_is_counted_back_from_now_of_them_alone(register: Register) -> None:
    """Each entry takes 500 bytes and its texts, in bytes of UTF-8; what is older, later or of others counts nothing."""
    kind, words, *_ = ticket("INC1")
    said = [
        entry(number, kind, **words).model_copy(update={"at_ms": at_ms, "actor": actor, "note": "€" * 1000})
        for number, (at_ms, actor) in enumerate([(10, "sue"), (20, "sue"), (30, "carl"), (40, "sue"), (90, "sue")], 1)
    ]
    register.add(said)
    assert register.filled_since("sue", 3_500, 0, 50) == 40
    assert register.filled_since("sue", 7_000, 0, 50) == 20
    assert register.filled_since("sue", 10_500, 0, 50) == 10
    assert register.filled_since("sue", 10_500, 10, 50) is None, "the first is too old by now"
    assert register.filled_since("sue", 14_000, 0, 50) is None, "what is dated later is not of this day"
    assert register.filled_since("nobody", 1, 0, 50) is None
