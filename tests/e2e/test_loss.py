"""The loss suite: whatever becomes of the ledger's files under a daemon that runs, nothing that it acknowledged is lost
and nothing is silent: state, metric, /-/ready and log tell it. On an ext4 file system of its own.

What needs no daemon is in tests/ledger (test_place, test_kill*, recording/test_writer, housekeeping/test_restoring).
"""

from __future__ import annotations

import mmap
import os
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sla_monitor.ledger.file_identity import INDEX_BYTES
from sla_monitor.ledger.housekeeping.checking import backup, check
from tests.support.running import Monitor, calm_estate
from tests.support.waiting import wait_until

COMMITTED = "sla_ledger_committed_observations_total"
LONG_S = 90.0
"""A full disk is noticed when the log needs more room than it has: up to a hundred commits later."""


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Place:
    """A daemon whose ledger is at `link/ledger.db`, where `link` leads into a disk of its own."""

    folder: Path
    monitor: Monitor
    kept_open: ExitStack = field(default_factory=ExitStack)

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def link(self) -> Path:
        return self.folder / "link"

    @property
    def var(self) -> Path:
        return self.disk / "var"

    @property
    def ledger(self) -> Path:
        return self.var / "ledger.db"

    def beside(self, ending: str) -> Path:
        return self.ledger.with_name(self.ledger.name + ending)

    def ready(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor.port}/-/ready", timeout=60) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name: str) -> int:
        return int(self.monitor.metric(name) or 0)

    def logged(self) -> str:
        return self.monitor.log.read_text()

    def rows(self) -> int:
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as database:
            return int(database.execute("select count(*) from observations").fetchone()[0])

    def restart(self) -> None:
        """With a log that has no room to spare."""
        assert self.monitor.stop() == 0
        self.monitor.start()

    def is_told(self, what: str) -> bool:
        """Not ready, failing, held, and logged as an error."""
        code, text = self.ready()
        is_logged = any(what in line for line in self.logged().splitlines() if "level=error" in line)
        counted = self.metric("sla_ledger_failing"), self.metric("sla_ledger_pending_observations") > 0
        return (code, counted) == (503, (1, True)) and what in text and is_logged

    def is_well(self) -> bool:
        return self.ready()[0] == 200 and self.metric("sla_ledger_failing") == 0

    def goes_on(self) -> None:
        """It records again, and all that was acknowledged is in the ledger at its path."""
        wait_until(self.is_well, LONG_S)
        before = self.metric(COMMITTED)
        wait_until(lambda: self.metric(COMMITTED) > before + 1)
        assert self.metric("sla_ledger_dropped_observations_total") == 0


@contextmanager
def ext4(image: Path, at: Path) -> Iterator[None]:
    with image.open("wb") as file:
        file.truncate(24 * 2**20)
    run("mkfs.ext4", "-q", "-m", "0", "-N", "64", image)
    at.mkdir()
    run("mount", "-o", "loop", image, at)
    try:
        yield
    finally:
        run("umount", "-l", at)


@contextmanager
def placed(folder: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        (folder / "monitor").mkdir(parents=True)
        monitor = Monitor(folder / "monitor", stack.enter_context(calm_estate(folder / "estate")))
        place = Place(folder, monitor)
        stack.enter_context(ext4(folder / "image", place.disk))
        place.var.mkdir()
        place.link.symlink_to(place.var)
        monitor.write(ledger={"path": str(place.link / "ledger.db")})
        stack.callback(end, monitor)
        monitor.start()
        yield place


def end(monitor: Monitor) -> None:
    if monitor.process is not None and monitor.process.poll() is None:
        monitor.process.kill()
        monitor.process.wait()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One daemon for everything that it outlives. What it has acknowledged in all is in the ledger in the end."""
    with placed(tmp_path_factory.mktemp("loss")) as place:
        yield place
        place.restart()
        assert place.monitor.stop() == 0
        report = check(place.ledger, lambda *_: None)
        assert report.problems == ()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """For what ends badly."""
    with placed(tmp_path / "own") as one:
        yield one


# What is held until somebody undoes it: (the trouble, what is told, its end)

Act = Callable[[Place], None]


def moves(*endings: str) -> tuple[Act, str, Act]:
    def away(place: Place) -> None:
        for ending in endings:
            place.beside(ending).rename(place.beside(ending + ".away"))

    def back(place: Place) -> None:
        for ending in endings:
            place.beside(ending + ".away").rename(place.beside(ending))

    return away, "moved away while it was open", back


def unmount(place: Place) -> None:
    (place.folder / "spare").mkdir(exist_ok=True)
    run("mount", "--bind", place.disk, place.folder / "spare")
    run("umount", "-l", place.disk)


def mount_again(place: Place) -> None:
    run("mount", "--bind", place.folder / "spare", place.disk)
    run("umount", place.folder / "spare")


def turn(place: Place, to: Path) -> None:
    place.link.unlink()
    place.link.symlink_to(to)


def turn_away(place: Place) -> None:
    other = place.folder / "other"
    other.mkdir(exist_ok=True)
    shutil.copytree(place.var, other, dirs_exist_ok=True)
    turn(place, other)


def fill(place: Place, size: int = 4_096) -> None:
    for _ in range(20_000):
        try:
            (place.disk / f"filler-{os.urandom(6).hex()}").write_bytes(bytes(size))
        except OSError:
            return
    raise AssertionError("it takes everything")


def fill_disk(place: Place) -> None:
    place.restart()
    with (place.disk / "filler-0").open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(65_536))
            file.flush()


def clear(place: Place) -> None:
    for filler in place.disk.glob("filler-*"):
        filler.unlink()


def lock(place: Place) -> None:
    other = place.kept_open.enter_context(closing(sqlite3.connect(place.ledger, isolation_level=None)))
    other.execute("begin immediate")


def mount_over(place: Place) -> None:
    run("mount", "-t", "tmpfs", "tmpfs", place.var)


HELD: dict[str, tuple[Act, str, Act]] = {
    "renamed": moves(""),
    "renamed with its log": moves("", "-wal", "-shm"),
    "its directory renamed": (
        lambda place: run("mv", place.var, place.disk / "away"),
        "moved away while it was open",
        lambda place: run("mv", place.disk / "away", place.var),
    ),
    "its file system unmounted": (unmount, "its file system was unmounted", mount_again),
    "something mounted over its directory": (
        mount_over,
        "something was mounted over it",
        lambda place: run("umount", place.var),
    ),
    "a link on its path turned to a copy": (turn_away, "a link on this path was changed", lambda p: turn(p, p.var)),
    "a link on its path turned to nothing": (
        lambda place: turn(place, place.folder / "nowhere"),
        "a link on this path was changed",
        lambda place: turn(place, place.var),
    ),
    "the disk full": (fill_disk, "full", clear),
    "locked by another writer": (lock, "locked", lambda place: place.kept_open.close()),
}


@pytest.mark.parametrize(("trouble", "told", "undo"), HELD.values(), ids=HELD.keys())
def test_what_is_held_is_told_and_recorded_when_it_is_over(shared: Place, trouble: Act, told: str, undo: Act) -> None:
    shared.goes_on()
    trouble(shared)
    try:
        wait_until(lambda: shared.is_told(told), LONG_S)
        before = shared.metric(COMMITTED)
        wait_until(lambda: shared.metric("sla_ledger_pending_observations") > 2)
        assert shared.metric(COMMITTED) == before
    finally:
        undo(shared)
    shared.goes_on()
    assert shared.rows() >= before


def unlink(place: Place, *endings: str) -> None:
    for ending in endings:
        place.beside(ending).unlink()


SAVED_ANEW: dict[str, Act] = {
    "the database unlinked": lambda place: unlink(place, ""),
    "all of it unlinked": lambda place: unlink(place, "", "-wal", "-shm", ".lock"),
    "the log unlinked": lambda place: unlink(place, "-wal"),
    "the log's index unlinked": lambda place: unlink(place, "-shm"),
    "its directory removed": lambda place: shutil.rmtree(place.var),
}


@pytest.mark.parametrize("going", SAVED_ANEW.values(), ids=SAVED_ANEW.keys())
def test_what_is_removed_is_saved_anew_and_told(shared: Place, going: Act) -> None:
    shared.goes_on()
    before, saved = shared.rows(), shared.metric("sla_ledger_saved_anew_total")
    going(shared)
    wait_until(lambda: shared.metric("sla_ledger_saved_anew_total") == saved + 1)
    shared.goes_on()
    assert shared.rows() > before
    errors = [line for line in shared.logged().splitlines() if "level=error" in line]
    assert any("while the ledger was open" in line or "while it was open" in line for line in errors)
    assert "the ledger was saved again" in errors[-1]


def make_immutable(place: Place) -> None:
    run("chattr", "+i", place.var)


ROOMLESS: dict[str, tuple[Act, Act]] = {
    "no inode is left": (lambda place: fill(place, 0), clear),
    "no room is left": (fill, clear),
    "its directory is read-only": (make_immutable, lambda place: run("chattr", "-i", place.var)),
}


@pytest.mark.parametrize(("trouble", "undo"), ROOMLESS.values(), ids=ROOMLESS.keys())
def test_what_cannot_be_saved_anew_is_held_until_it_can(shared: Place, trouble: Act, undo: Act) -> None:
    shared.goes_on()
    before = shared.rows()
    shared.ledger.unlink()
    trouble(shared)
    try:
        with suppress(AssertionError):  # it may have been faster than we
            wait_until(lambda: shared.is_told("removed while it was open"), 3)
    finally:
        undo(shared)
    shared.goes_on()
    assert shared.rows() > before


def test_a_full_disk_cannot_end_the_process(shared: Place) -> None:
    """Each block of what SQLite maps into memory is found before it is needed, on blocks smaller than a page too."""
    shared.goes_on()
    index = shared.beside("-shm").stat()
    assert os.statvfs(shared.disk).f_bsize < mmap.PAGESIZE
    assert index.st_blocks * 512 >= index.st_size == INDEX_BYTES


def test_a_long_reader_stops_nothing(shared: Place) -> None:
    shared.goes_on()
    with closing(sqlite3.connect(f"file:{shared.ledger}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from observations").fetchone()
        size = shared.metric("sla_ledger_log_bytes")
        wait_until(lambda: shared.metric("sla_ledger_log_bytes") > size + 50_000)
        shared.goes_on()


def test_a_lock_file_that_is_removed_is_there_again_and_keeps_others_out(shared: Place) -> None:
    shared.goes_on()
    unlink(shared, ".lock")
    wait_until(lambda: shared.beside(".lock").exists())
    assert "which keeps a second daemon out, was removed; it is made again" in shared.logged()
    command = ["flock", "--nonblock", "--conflict-exit-code", "9", str(shared.beside(".lock")), "true"]
    assert subprocess.run(command, check=False).returncode == 9


# What a person has to decide about.


def put_in_its_place(place: Place, copy: Path) -> None:
    copy.rename(place.ledger)


def write_over(place: Place, copy: Path) -> None:
    shutil.copyfile(copy, place.ledger)


def truncate(place: Place, _: Path) -> None:
    os.truncate(place.ledger, 0)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        pytest.param(put_in_its_place, "another file was put in the place of the ledger", id="replaced by a backup"),
        pytest.param(write_over, "somebody has written over the ledger", id="a backup written over it"),
        pytest.param(truncate, "somebody has written over the ledger", id="truncated"),
    ],
)
def test_what_is_put_in_its_place_is_told_and_left(
    place: Place, trouble: Callable[[Place, Path], None], told: str
) -> None:
    copy = place.var / "copy.db"
    backup(place.ledger, copy, lambda *_: None)
    place.goes_on()
    place.restart()  # or the log has every page of the database, and nothing that is done to that does any harm
    place.goes_on()
    rows = place.rows()
    trouble(place, copy)
    wait_until(lambda: place.is_told(told), LONG_S)
    place.monitor.stop()
    saved = list(place.var.glob("*.saved-*"))
    if trouble is put_in_its_place:
        assert check(saved[0], lambda *_: None).counts["observations"] >= rows
    assert "what was not committed is lost" in place.logged()


def test_a_file_system_that_becomes_read_only_is_told_and_keeps_what_was_acknowledged(place: Place) -> None:
    """As ext4 does it by itself when its disk fails."""
    place.goes_on()
    run("mount", "-o", "remount,abort", place.disk)
    wait_until(lambda: place.is_told("ledger"), LONG_S)
    committed = place.metric(COMMITTED)
    end(place.monitor)
    run("umount", place.disk)
    run("mount", "-o", "loop", place.folder / "image", place.disk)
    assert place.rows() >= committed
    place.monitor.start()
    place.goes_on()
