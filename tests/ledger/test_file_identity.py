"""The files of an open ledger go from under it: nothing that was acknowledged is lost, and nothing is silent."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from sla_monitor.errors import LedgerError, LedgerLocked
from sla_monitor.ledger import Ledger, LedgerStats, read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.opening import make_ledger
from tests.ledger.recording.test_writer import wait_until
from tests.ledger.support import DEADLINE_S, EVERY_MS, FOREVER_MS, observed, opened, record_all

FILES = "", "-wal", "-shm", ".lock"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path / "var" / "ledger.db"


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def seen(path: Path) -> list[int]:
    with read_only(path) as reader:
        return [each.at_ms for each in reader.observations("custody/login", 0, FOREVER_MS)]


def observations(count: int) -> list[int]:
    return [observed(index).at_ms for index in range(count)]


def remove(path: Path, *endings: str) -> None:
    for ending in endings:
        beside(path, ending).unlink()


def replace_log(path: Path, text: str) -> None:
    remove(path, "-wal")
    beside(path, "-wal").write_text(text)


SAVED_ANEW: dict[str, Callable[[Path], None]] = {
    "all of it": lambda path: remove(path, *FILES),
    "the database alone": lambda path: remove(path, ""),
    "the log alone": lambda path: remove(path, "-wal"),
    "the log's index alone": lambda path: remove(path, "-shm"),
    "its folder": lambda path: shutil.rmtree(path.parent),
    "the log, replaced by an empty one": partial(replace_log, text=""),
    "the log, replaced by a foreign one": partial(replace_log, text="x" * 99),
}


@pytest.mark.parametrize("going", SAVED_ANEW.values(), ids=SAVED_ANEW.keys())
def test_a_ledger_whose_files_were_removed_is_saved_anew(
    path: Path, going: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1))
        going(path)
        record_all(ledger, observed(2), observed(3))
        stats = ledger.stats()
        assert (stats.saved_anew, stats.failing, stats.committed, stats.dropped) == (1, False, 4, 0)
        assert [each.at_ms for each in ledger.observations("custody/login", 0, FOREVER_MS)] == observations(4)
        assert seen(path) == observations(4)
        record_all(ledger, observed(4))
        with pytest.raises(Exception, match="is writing this ledger"), opened(path):
            pass
    assert seen(path) == observations(5)
    assert check(path, lambda *_: None).problems == ()
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert any("while" in each and "open" in each for each in told), told
    assert any("saved again" in each for each in told), told


def test_a_log_that_somebody_else_has_put_there_is_kept_aside(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        SAVED_ANEW["the log, replaced by a foreign one"](path)
        record_all(ledger, observed(1))
    (stray,) = path.parent.glob("*.stray-*")
    assert stray.read_text() == "x" * 99


def failing(ledger: Ledger) -> LedgerStats:
    wait_until(lambda: ledger.stats().failing)
    return ledger.stats()


def test_a_link_that_is_changed_after_a_ledger_was_saved_anew_is_noticed(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path.parent)
    with opened(link / path.name) as ledger:
        record_all(ledger, observed(0))
        remove(path, *FILES)
        record_all(ledger, observed(1))
        link.unlink()
        link.symlink_to(tmp_path / "nowhere")
        ledger.record(observed(2), EVERY_MS)
        assert "a link on this path was changed" in str(failing(ledger).last_error)
        link.unlink()
        link.symlink_to(path.parent)
        assert ledger.flush(DEADLINE_S)
    assert seen(path) == observations(3)


@pytest.mark.parametrize("endings", [("",), ("", "-wal"), ("", "-wal", "-shm")])
def test_a_ledger_that_was_moved_away_holds_what_comes_and_goes_on_when_it_is_back(
    path: Path, endings: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = path.with_name("moved.db")
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1))
        for ending in endings:
            beside(path, ending).rename(beside(elsewhere, ending))
        ledger.record(observed(2), EVERY_MS)
        stats = failing(ledger)
        assert f"moved away while it was open (it is {elsewhere} now)" in str(stats.last_error)
        assert (stats.committed, stats.pending, stats.saved_anew) == (2, 1, 0)
        assert not path.exists()
        # whoever takes the database alone has all that was acknowledged
        wait_until(lambda: _is_taken_alone(elsewhere, path.with_name("copy.db"), 2))
        for ending in endings:
            beside(elsewhere, ending).rename(beside(path, ending))
        assert ledger.flush(DEADLINE_S)
        assert not ledger.stats().failing
    assert seen(path) == observations(3)
    assert check(path, lambda *_: None).problems == ()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def _is_taken_alone(database: Path, copy: Path, count: int) -> bool:
    shutil.copyfile(database, copy)
    with closing(sqlite3.connect(copy)) as connection:
        try:
            found: list[tuple[int]] = connection.execute("select count(*) from observations").fetchall()
            return found == [(count,)]
        except sqlite3.Error:
            return False


def another_ledger(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(9))


@pytest.fixture(params=["a backup", "another ledger", "a file of something else"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    other = tmp_path / "other.db"
    if request.param == "a backup":
        another_ledger(tmp_path / "source.db")
        backup(tmp_path / "source.db", other, lambda *_: None)
    elif request.param == "another ledger":
        another_ledger(other)
    else:
        other.write_text("minutes of a meeting")
    return other


def test_a_file_that_was_put_in_its_place_is_left_alone_and_the_record_is_saved_beside_it(
    path: Path, other: Path
) -> None:
    content = other.read_bytes()
    with opened(path, close_s=1) as ledger:
        record_all(ledger, observed(0), observed(1))
        other.rename(path)
        ledger.record(observed(2), EVERY_MS)
        stats = failing(ledger)
        assert "another file was put in the place of the ledger that is open (it was removed)" in str(stats.last_error)
        wait_until(lambda: len(list(path.parent.glob("*.saved-*"))) == 1)
        assert (stats.committed, stats.pending) == (2, 1)
        assert ledger.close(1) is False  # what is held is not lost in silence
    assert path.read_bytes() == content
    (saved,) = path.parent.glob("*.saved-*")
    assert seen(saved) == observations(2)
    assert check(saved, lambda *_: None).problems == ()


def test_a_ledger_that_was_moved_and_replaced_is_whole_where_it_is_now(path: Path, other: Path) -> None:
    elsewhere = path.with_name("moved.db")
    with opened(path, close_s=1) as ledger:
        record_all(ledger, observed(0), observed(1))
        path.rename(elsewhere)
        other.rename(path)
        ledger.record(observed(2), EVERY_MS)
        assert f"it is {elsewhere} now" in str(failing(ledger).last_error)
        wait_until(lambda: _is_taken_alone(elsewhere, path.with_name("copy.db"), 2))
    assert list(path.parent.glob("*.saved-*")) == []


def test_a_backup_copied_over_the_open_ledger_is_noticed(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with opened(path, close_s=1) as ledger:
        record_all(ledger, observed(0), observed(1))
        backup(path, old, lambda *_: None)
        for index in range(2, 30):
            record_all(ledger, observed(index))
        ledger._writer.journal.checkpoint()
        shutil.copyfile(old, path)
        ledger.record(observed(30), EVERY_MS)
        assert "written over the ledger while it was open (link" in str(failing(ledger).last_error)
        assert ledger.stats().pending == 1


def test_a_backup_copied_over_it_while_the_log_holds_all_of_it_does_no_harm(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1))
        backup(path, old, lambda *_: None)
        record_all(ledger, *(observed(index) for index in range(2, 30)))
        shutil.copyfile(old, path)
        record_all(ledger, observed(30))
    assert seen(path) == observations(31)
    assert check(path, lambda *_: None).problems == ()


def test_a_checkpoint_of_somebody_else_is_no_trouble(path: Path) -> None:
    with opened(path) as ledger:
        for index in range(20):
            record_all(ledger, observed(index))
            with closing(sqlite3.connect(path)) as other:
                other.execute("pragma wal_checkpoint(passive)")
        assert not ledger.stats().failing
    assert seen(path) == observations(20)


def test_a_ledger_that_cannot_be_saved_anew_yet_is_saved_when_it_can(path: Path) -> None:
    """Its name is taken by a folder, which nothing replaces: what the kernel says is tried again."""
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        remove(path, *FILES)
        beside(path, ".anew").mkdir()
        ledger.record(observed(1), EVERY_MS)
        assert "removed while it was open" in str(failing(ledger).last_error)
        assert ledger.stats().pending == 1
        beside(path, ".anew").rmdir()
        assert ledger.flush(DEADLINE_S)
    assert seen(path) == observations(2)


def _stuff(folder: Path) -> None:
    """Fill a file system until it takes no more."""
    for _ in range(20_000):
        try:
            (folder / f"filler-{os.urandom(4).hex()}").write_bytes(bytes(4_096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return
    raise AssertionError("it takes everything")


@pytest.mark.parametrize("option", ["size=1500k", "size=40m,nr_inodes=10"], ids=["room", "inodes"])
def test_a_file_system_that_gives_nothing_more_loses_nothing(path: Path, option: str) -> None:
    """On a file system of our own: no room for the copy, or no inode, until somebody makes some."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", option, "tmpfs", path.parent], check=True)
    try:
        with opened(path) as ledger:
            record_all(ledger, observed(0))
            _stuff(path.parent)
            remove(path, "")
            _stuff(path.parent)
            ledger.record(observed(1), EVERY_MS)
            assert failing(ledger).pending == 1
            assert not path.exists()
            for filler in path.parent.glob("filler-*"):
                filler.unlink()
            assert ledger.flush(DEADLINE_S)
            assert ledger.stats().dropped == 0
        assert seen(path) == observations(2)
    finally:
        subprocess.run(["umount", "-l", path.parent], check=True)


def test_its_files_are_for_its_user_and_group_alone_from_the_first_instant(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        assert [oct(beside(path, each).stat().st_mode & 0o777) for each in FILES] == ["0o640"] * 4
        path.chmod(0o666)
    with opened(path):
        assert oct(path.stat().st_mode & 0o777) == "0o640"


@pytest.mark.parametrize("share", [0, 2], ids=["to nothing", "to a half"])
def test_a_ledger_that_is_truncated_is_noticed_and_its_log_is_left(path: Path, share: int) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(500)))
    with opened(path, close_s=1) as ledger:
        record_all(ledger, observed(500))
        os.truncate(path, path.stat().st_size // share if share else 0)
        ledger.record(observed(501), EVERY_MS)
        assert "written over the ledger while it was open" in str(failing(ledger).last_error)
        assert beside(path, "-wal").stat().st_size > 0
        assert (ledger.stats().committed, ledger.stats().saved_anew) == (1, 0)
        assert ledger.close(1) is False


def test_somebody_elses_vacuum_is_no_trouble(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(3_000)))
        ledger.keep("digest", "x" * 500_000)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("delete from worked_out")
            other.execute("vacuum")
            other.execute("pragma wal_checkpoint(truncate)")
        record_all(ledger, observed(3_000))
        assert not ledger.stats().failing
    assert seen(path) == observations(3_001)


def test_a_removed_lock_is_taken_again_before_anything_is_committed(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
        remove(path, ".lock")
        record_all(ledger, observed(1))
        with pytest.raises(LedgerLocked), opened(path):
            pass
        assert "which keeps a second daemon out" in caplog.text


def test_one_who_was_overtaken_while_its_lock_was_gone_writes_nothing(path: Path) -> None:
    with opened(path, close_s=1) as ledger:
        record_all(ledger, observed(0))
        remove(path, ".lock")
        with opened(path) as second:
            ledger.record(observed(1), EVERY_MS)
            assert "is writing this ledger" in str(failing(ledger).last_error)
            record_all(second, observed(2))
        assert ledger.flush(DEADLINE_S)  # the second has gone
    assert check(path, lambda *_: None).counts["observations"] == 3


def test_one_ledger_has_one_lock_by_whatever_name_it_is_opened(path: Path, tmp_path: Path) -> None:
    link, folder = tmp_path / "link.db", tmp_path / "folder"
    link.symlink_to(path)
    folder.symlink_to(path.parent)
    with opened(link) as ledger:
        record_all(ledger, observed(0))
        for name in (path, folder / path.name):
            with pytest.raises(LedgerLocked), opened(name):
                pass
        assert oct(path.stat().st_mode & 0o777) == "0o640"
        assert ledger.stats().log_bytes > 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "link.db", "var"]


@pytest.mark.parametrize("is_empty", [False, True], ids=["gone", "empty"])
def test_a_ledger_that_went_while_nobody_had_it_open_is_not_made_anew_in_silence(path: Path, is_empty: bool) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0))
    os.truncate(path, 0) if is_empty else path.unlink()
    with pytest.raises(LedgerError, match="the ledger that was here is gone"), opened(path):
        pass
    assert not path.exists() or not path.stat().st_size
    make_ledger(path)  # as `ledger init` does
    with opened(path) as ledger:
        record_all(ledger, observed(1))


def test_a_log_that_cannot_be_reused_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_monitor.ledger.recording.writer.LARGE_LOG_BYTES", 2**20)
    with opened(path) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as reader:
        record_all(ledger, observed(0))
        reader.execute("begin")
        reader.execute("select count(*) from observations").fetchone()
        for part in range(4):
            record_all(ledger, *(observed(part * 10_000 + index) for index in range(1, 10_001)))
        assert ledger.stats().log_bytes > 2**20
        told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert len(told) == 1
        assert "somebody keeps a transaction open" in told[0]
        reader.execute("rollback")
        for part in range(4, 6):
            record_all(ledger, *(observed(part * 10_000 + index) for index in range(1, 10_001)))
        assert ledger.stats().dropped == 0
    assert check(path, lambda *_: None).problems == ()
