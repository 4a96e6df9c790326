"""What holds the record is for its user and group alone from the first instant, whatever the umask."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.ledger.file_identity import LARGEST_MODE
from tests.archive.support import EVERY_MS, FIRST, T0, Place, entry, observations
from tests.ledger.support import opened, record_all


@pytest.fixture(autouse=True)
def _everything_is_allowed() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


class Watch(threading.Thread):
    """The widest mode that any file was ever seen with, by path, until it is ended."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.modes, self.over = folder, dict[str, int](), threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.see()

    def see(self) -> None:
        for where, _, names in os.walk(self.folder):
            for name in names:
                path = Path(where, name)
                try:
                    mode = path.lstat().st_mode & 0o777
                except OSError:
                    continue
                self.modes[str(path)] = self.modes.get(str(path), 0) | mode


def run(place: Place, *words: str | Path) -> None:
    found = CliRunner().invoke(cli, [*map(str, words), "--config", str(place.settings)])
    assert found.exit_code == 0, (words, found.output, found.exception)


def test_nothing_of_the_record_is_ever_open_to_others(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path)
    given = {path for path in tmp_path.rglob("*") if path.is_file()}
    watch = Watch(tmp_path)
    watch.start()
    try:
        place.record(observations(2))
        place.say(entry("minute", T0, month="2026-01"))
        with opened(place.ledger) as ledger:
            last = list(observations(3))[-1]
            record_all(ledger, last)
            place.ledger.unlink()  # it is saved anew
            ledger.record(last.__class__(last.endpoint, last.at_ms + EVERY_MS, last.finding), EVERY_MS)
            assert ledger.flush(30)
            run(place, "ledger", "backup", tmp_path / "copy.db")
            run(place, "ledger", "export", "custody", "--output", tmp_path / "evidence.json")
        with opened(place.ledger, close_s=1) as ledger:
            record_all(ledger, last.__class__(last.endpoint, last.at_ms + 2 * EVERY_MS, last.finding))
            shutil.copy(tmp_path / "copy.db", tmp_path / "other.db")
            (tmp_path / "other.db").rename(place.ledger)  # what was recorded is saved beside it
            ledger.record(last.__class__(last.endpoint, last.at_ms + 3 * EVERY_MS, last.finding), EVERY_MS)
            while not list(tmp_path.glob("*.saved-*")):
                ledger.flush(0.1)
        run(place, "ledger", "restore", tmp_path / "copy.db")
        run(place, "ledger", "rebuild-spans")
        run(place, "ledger", "init", "--ledger", tmp_path / "new/ledger.db")
        place.seal(FIRST + timedelta(days=2))
        run(
            place, "assess", "custody", "--period", "2026-01", "--format", "json", "--output", tmp_path / "figures.json"
        )
        run(
            place,
            "review",
            "custody",
            "--period",
            "2026-01",
            "--output",
            tmp_path / "packs",
            "--format",
            "html,json,csv",
        )
        watch.see()
    finally:
        watch.over.set()
        watch.join()
    others = {str(path) for path in given} | {str(tmp_path / "other.db")}
    wide = {path: oct(mode) for path, mode in watch.modes.items() if path not in others and mode & ~LARGEST_MODE}
    assert wide == {}
    seen = {Path(path).name for path in watch.modes}
    assert {"ledger.db-wal", "ledger.db-shm", "ledger.db.lock", "copy.db", "evidence.json", "figures.json"} <= seen
    assert {"SHA256SUMS", "manifest.json"} <= seen
