"""A backup is put back; a ledger is where daemon and commands agree that it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.errors import LedgerError, LedgerLocked
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.settings import load_settings
from tests.ledger.support import DOWN, FOREVER_MS, observed, opened, record_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path / "var" / "ledger.db"


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    """A backup of two observations; the ledger goes on to have three."""
    copy = tmp_path / "copy.db"
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1, DOWN))
        backup(path, copy, lambda *_: None)
        record_all(ledger, observed(2))
    return copy


def seen(path: Path) -> int:
    with read_only(path) as reader:
        return len(list(reader.observations("custody/login", 0, FOREVER_MS)))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["ledger", *map(str, words)])


def test_a_backup_takes_the_ledgers_place_and_what_was_there_is_kept(path: Path, copy: Path) -> None:
    os.chown(path, 12_345, 23_456)
    path.chmod(0o600)
    said = run("restore", copy, "--ledger", path)
    assert said.exit_code == 0, said.output
    assert "restored, 2 observations, the last of 2026-01-01T00:00:10Z" in said.output
    assert "1 observations were recorded after that: they are in what was kept and nowhere else" in said.output
    found = path.stat()
    assert (found.st_uid, found.st_gid, oct(found.st_mode & 0o777)) == (12_345, 23_456, "0o600")
    (kept,) = path.parent.glob("ledger.db.before-*")
    assert (seen(path), seen(kept)) == (2, 3)
    assert copy.exists()
    with opened(path) as ledger:
        record_all(ledger, observed(3))
    assert check(path, lambda *_: None).problems == ()


def test_after_a_loss_it_gets_the_owner_of_its_folder(path: Path, copy: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    os.chown(path.parent, 12_345, 23_456)
    said = run("restore", copy, "--ledger", path)
    assert said.exit_code == 0, said.output
    assert "what was recorded after that is lost" in said.output
    assert "there was no ledger here" in said.output
    found = path.stat()
    assert (found.st_uid, found.st_gid, oct(found.st_mode & 0o777)) == (12_345, 23_456, "0o640")
    assert path.with_name("ledger.db.lock").stat().st_uid == 12_345
    assert seen(path) == 2


def test_a_log_of_the_ledger_that_was_there_goes_aside_with_it(path: Path, copy: Path) -> None:
    path.with_name("ledger.db-wal").write_bytes(b"left by a killed daemon")
    assert run("restore", copy, "--ledger", path).exit_code == 0
    (kept,) = path.parent.glob("ledger.db.before-*-wal")
    assert kept.read_bytes() == b"left by a killed daemon"
    assert seen(path) == 2


def test_beside_a_running_daemon_it_is_refused(path: Path, copy: Path) -> None:
    with opened(path):
        assert isinstance(run("restore", copy, "--ledger", path).exception, LedgerLocked)
    assert seen(path) == 3


def test_a_damaged_copy_is_refused_and_nothing_is_touched(path: Path, copy: Path) -> None:
    content = bytearray(copy.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    copy.write_bytes(content)
    assert isinstance(run("restore", copy, "--ledger", path).exception, LedgerError)
    assert sorted(each.name for each in path.parent.iterdir()) == ["ledger.db", "ledger.db.lock"]
    assert seen(path) == 3


def test_of_a_ledger_that_cannot_be_read_nobody_can_say_how_much_is_lost(path: Path, copy: Path) -> None:
    path.write_bytes(b"SQLite format 3" + bytes(9_000))
    said = run("restore", copy, "--ledger", path)
    assert said.exit_code == 0, said.output
    assert "how much cannot be determined: the ledger that was here cannot be read" in said.output
    assert run("restore", copy, "--ledger", path.with_name("second.db")).exit_code == 0


def test_a_restore_of_all_that_there_is_lacks_nothing(path: Path, copy: Path) -> None:
    backup(path, path.with_name("whole.db"), lambda *_: None)
    said = run("restore", path.with_name("whole.db"), "--ledger", path)
    assert "nothing was recorded after that" in said.output


def test_a_restore_that_was_interrupted_is_told_and_can_be_done_again(path: Path, copy: Path) -> None:
    """Killed between two names: the ledger is aside, and the backup not yet in its place."""
    path.with_name("ledger.db.restoring").write_bytes(copy.read_bytes())
    path.rename(path.with_name("ledger.db.before-20260101T000000Z"))
    path.with_name("ledger.db.lock").unlink()
    with pytest.raises(LedgerError, match="was interrupted; run `sla-monitor ledger restore` again"), opened(path):
        pass
    assert not path.exists()
    assert run("restore", copy, "--ledger", path).exit_code == 0
    assert not path.with_name("ledger.db.restoring").exists()
    with opened(path) as ledger:
        record_all(ledger, observed(5))
    assert seen(path) == 3


def test_a_ledger_in_use_is_no_backup(path: Path, copy: Path) -> None:
    copy.with_name("copy.db-wal").write_bytes(b"x")
    error = run("restore", copy, "--ledger", path).exception
    assert "it is no backup, but a ledger in use" in str(error)
    assert seen(path) == 3


def test_a_ledger_is_made_when_it_is_asked_for_and_only_once(path: Path) -> None:
    assert run("init", "--ledger", path).exit_code == 0
    assert "there is a ledger already" in str(run("init", "--ledger", path).exception)
    assert check(path, lambda *_: None).problems == ()


@pytest.mark.parametrize("words", [("check",), ("backup", "copy.db"), ("rebuild-spans",), ("show",)])
def test_a_command_that_finds_no_ledger_says_where_it_looked(path: Path, words: tuple[str, ...]) -> None:
    assert f"{path}: there is no ledger here" in str(run(*words, "--ledger", path).exception)
    assert list(path.parent.iterdir()) == []


def test_daemon_and_commands_mean_the_same_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_monitor.settings.settings.CONFIGURATION", tmp_path / "etc")
    monkeypatch.setattr("sla_monitor.settings.settings.STATE", tmp_path / "lib")
    settings = tmp_path / "etc/monitor/sla-monitor.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text("ledger: {path: ../var/ledger.db}\n")
    daemons = load_settings(settings, {"STATE_DIRECTORY": str(tmp_path / "lib/monitor")}).ledger.path
    assert load_settings(settings, {}).ledger.path == tmp_path / "etc/var/ledger.db"  # no such daemon has been started
    with opened(daemons):
        assert load_settings(settings, {}).ledger.path == daemons
        assert load_settings(settings, {}).reviews.folder == tmp_path / "lib/monitor/reviews"
    for left in daemons.parent.iterdir():
        left.unlink()
    assert load_settings(settings, {}).ledger.path == daemons  # there a backup is to be put back, and nowhere else
