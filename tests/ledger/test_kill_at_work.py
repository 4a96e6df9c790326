"""kill -9 in the middle of what is done to a ledger by hand: nothing is lost, and it can be done again to the end.

`python -m tests.ledger.test_kill_at_work --rounds 200 --seed 7` does it as often as one likes (`make kill-loop`).
Migration and first start are in test_kill_at_start, sealing and pruning in tests/archive, a daemon in test_kill.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import pytest

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.housekeeping.checking import backup, check
from sla_monitor.ledger.housekeeping.increment import undo_unfinished
from tests.ledger.support import DOWN, UP, observed, opened, record_all
from tests.ledger.worker import nothing, work

ROOT = Path(__file__).parents[2]
BEFORE, AFTER = 1_500, 300
"""Observations in the backup, and those that only a killed daemon's log holds."""


@dataclass(frozen=True)
class Place:
    """A ledger with the log of a killed daemon, and a backup of what was before."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def copy(self) -> Path:
        return self.folder / "copy.db"


def observations(first: int, last: int) -> list[object]:
    return [observed(index, DOWN if index % 7 < 2 else UP) for index in range(first, last)]


def furnish(folder: Path) -> Place:
    source, place = Place(folder / "source"), Place(folder / "whole")
    for one in (source, place):
        one.folder.mkdir(parents=True)
    with opened(source.path, commit_within_ms=50) as ledger:
        record_all(ledger, *observations(0, BEFORE))  # type: ignore[arg-type]
        backup(source.path, place.copy, nothing)
        record_all(ledger, *observations(BEFORE, BEFORE + AFTER))  # type: ignore[arg-type]
        for ending in ("", "-wal"):  # as a daemon leaves them that is killed now
            shutil.copy(source.path.with_name(f"ledger.db{ending}"), place.folder)
    return place


def counted(path: Path) -> int:
    """Observations of a ledger that is whole."""
    report = check(path, nothing)
    assert report.problems == ()
    return report.counts["observations"]


def after_restore(place: Place) -> str:
    """The ledger is there, or aside and the start refused: never an empty one, and all of it is somewhere."""
    kept = [one for one in place.folder.glob("*.before-*") if not one.name.endswith(("-wal", "-shm"))]
    if place.path.exists() and not kept:
        assert counted(place.path) == BEFORE + AFTER
        return "not begun"
    assert not kept or counted(kept[0]) in {BEFORE + AFTER, BEFORE}  # its log may not have followed it yet
    if place.path.exists():
        assert counted(place.path) == BEFORE
        return "done"
    with pytest.raises(LedgerError, match="was interrupted"), opened(place.path):
        pass
    return "half-way"


def after_backup(place: Place) -> str:
    assert counted(place.path) == BEFORE + AFTER
    with suppress(FileNotFoundError):
        place.copy.with_name("copy.db.part").unlink()
    return f"made {counted(place.copy)}" if place.copy.exists() else "not made"


def after_increment(place: Place) -> str:
    """The backup is as it was, or has all of it."""
    undo_unfinished(place.copy)
    found = counted(place.copy)
    assert found in {BEFORE, BEFORE + AFTER}
    return "not added" if found == BEFORE else "added"


def after_rebuild(place: Place) -> str:
    assert counted(place.path) == BEFORE + AFTER
    return "whole"


def after_init(place: Place) -> str:
    is_there = place.path.exists()
    with opened(place.path) as ledger:
        record_all(ledger, observed(0))
    assert counted(place.path) == 1
    return "made" if is_there else "not made"


ACTS: dict[str, Callable[[Place], str]] = {
    "restore": after_restore,
    "backup": after_backup,
    "increment": after_increment,
    "rebuild": after_rebuild,
    "init": after_init,
}


class Workshop:
    """Somebody who is killed at what he does."""

    def __init__(self, process: subprocess.Popen[str], whole: Place, folder: Path) -> None:
        self._process, self._whole, self._folder = process, whole, folder
        self.count = 0

    def round(self, what: str, after_s: float) -> str:
        """One kill, what was found, and that it can be done to the end."""
        self.count += 1
        place = Place(self._folder / f"{what}-{self.count}")
        shutil.copytree(self._whole.folder, place.folder)
        if what == "init":
            for one in place.folder.iterdir():
                one.unlink()
        if what == "backup":
            place.copy.unlink()
        found = self._kill(what, place, after_s)
        if what == "backup":
            place.copy.unlink(missing_ok=True)
        if what != "init" and found != "done":
            work(what, place.path, place.copy)
        if what == "restore":
            assert counted(place.path) == BEFORE
            with opened(place.path) as ledger:
                record_all(ledger, observed(BEFORE + AFTER))
        shutil.rmtree(place.folder)
        return found

    def _kill(self, what: str, place: Place, after_s: float) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what}\t{place.path}\t{place.copy}\n")
        self._process.stdin.flush()
        number = int(self._process.stdout.readline())
        time.sleep(after_s)
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        assert self._process.stdout.readline() == "dead\n"
        return ACTS[what](place)


@contextmanager
def opened_workshop(folder: Path) -> Iterator[Workshop]:
    command = [sys.executable, "-m", "tests.ledger.worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        yield Workshop(process, furnish(folder), folder)
        process.communicate()


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with opened_workshop(tmp_path_factory.mktemp("work")) as one:
        yield one


@pytest.mark.parametrize("what", ACTS)
def test_killed_at_any_instant_nothing_is_lost_and_it_can_be_done_again(workshop: Workshop, what: str) -> None:
    choose = random.Random()
    for _ in range(6):
        workshop.round(what, choose.uniform(0, 0.25))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = arguments.parse_args()
    choose, began = random.Random(chosen.seed), time.monotonic()
    print(f"seed {chosen.seed}", flush=True)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, opened_workshop(Path(folder)) as workshop:
        for _ in range(chosen.rounds):
            what = choose.choice(sorted(ACTS))
            found[f"{what}: {workshop.round(what, choose.uniform(0, 0.25))}"] += 1
    for line, count in sorted(found.items()):
        print(f"{count:5} {line}")
    print(f"{chosen.rounds} kills in {time.monotonic() - began:.0f} s: nothing lost")


if __name__ == "__main__":
    main()
