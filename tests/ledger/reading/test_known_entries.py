"""What is known of a register: read once for all readers, and held against the chain whoever asks."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.errors import LedgerDamaged
from sla_monitor.ledger import HistoryReader, KnownEntries
from sla_monitor.ledger.recording.register_entries import Register
from tests.register.saying import booking, claim, entries


def spoil(path: Path, number: int) -> None:
    """Change an entry as the file's administrator could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute("update register set note = 'forged' where number = ?", (number,))


def other(*said: tuple[str, dict[str, object]]) -> list:  # type: ignore[type-arg]
    return [one.model_copy(update={"contract": "other"}) for one in entries(*said)]


def test_all_readers_have_the_same_entries_and_each_sees_what_is_new(tmp_path: Path) -> None:
    known, path = KnownEntries(), tmp_path / "ledger.db"
    register = Register.open(path, SystemClock(), known)
    register.add(entries(booking(), claim()))
    assert not known.has("small")
    said = register.entries("small")
    assert (len(said), known.has("small"), known.has("other")) == (2, True, False)
    with HistoryReader(path, known=known) as reader:
        assert reader.entries("small") is said
        register.add(other(claim()))
        assert reader.entries("small") is said, "none was added of this contract"
        register.add(entries(claim()))
        assert reader.entries("small")[:2] == said
        assert [one.number for one in register.entries("small")] == [1, 2, 4]
        assert [one.number for one in reader.entries("other")] == [3]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_altered_entry_is_refused_to_whoever_asks_first_for_what_is_behind_it(tmp_path: Path, number: int) -> None:
    """Entries 1 and 2 are of the contract that is asked for, 3 and 4 of another one."""
    known, path = KnownEntries(), tmp_path / "ledger.db"
    register = Register.open(path, SystemClock(), known)
    register.add([*entries(booking(), claim()), *other(booking(), claim())])
    spoil(path, number)
    told = f"entry {number} was|not as they were"
    for _ in range(2):
        with HistoryReader(path, known=known) as reader, pytest.raises(LedgerDamaged, match=told):
            reader.entries("small")
        with pytest.raises(LedgerDamaged):
            register.entries("other")
    assert not known.has("small")
    assert not known.has("other")


def test_what_a_backup_lacks_that_was_put_back_is_known_no_more(tmp_path: Path) -> None:
    known, path = KnownEntries(), tmp_path / "ledger.db"
    register = Register.open(path, SystemClock(), known)
    register.add(entries(booking()))
    shutil.copy(path, tmp_path / "backup.db")
    register.add(entries(claim()))
    assert len(register.entries("small")) == 2
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", path)
    with HistoryReader(path, known=known) as reader:
        assert [one.body.kind for one in reader.entries("small")] == ["maintenance"]
    register.add(entries(booking()))
    assert [one.body.kind for one in register.entries("small")] == ["maintenance", "maintenance"]
