"""Seals one contract's days, one after the other: a day is on disk completely, or not at all.

A day is written beside its place, checked against what it was made from, and renamed when all of it is on the disk.
Whoever is killed meanwhile leaves a folder that nobody takes for a day, and that the next run throws away.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from sla_monitor import __version__
from sla_monitor.archive import table
from sla_monitor.archive.checkpoint import Checkpoint
from sla_monitor.archive.merkle import Tree
from sla_monitor.archive.sealed import (
    ABOUT,
    CHECKPOINT,
    FORMAT,
    HEARTBEATS,
    OBSERVATIONS,
    SCRIPT,
    SUMS,
    VERSION,
    SealedDay,
    digest_of,
    line_before,
    sealed_days,
    unfinished,
)
from sla_monitor.errors import ArchiveError
from sla_monitor.signing import SigningKey, VerifyingKey

DAY_MS = 86_400_000
_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


@dataclass(frozen=True, slots=True)
class Day:
    """What a day is made of. `rows` and `heartbeats` are read twice, and give the same each time; `files`: by name, the
    pieces of every other file; `last_observation`, `last_entry`: how far the record had been read."""

    contract: str
    on: date
    phases: table.Precision
    last_observation: int
    last_entry: int
    rows: Callable[[], Iterable[tuple[Any, ...]]]
    heartbeats: Callable[[], Iterable[tuple[Any, ...]]]
    files: Mapping[str, Iterable[bytes]]

    def table_rows(self) -> Iterator[table.Row]:
        return (table.Row(*row) for row in self.rows())


class Sealer:
    """Adds days to the archive of one contract. `opened` makes one; nobody else adds to it meanwhile."""

    def __init__(self, folder: Path, origin: str, key: SigningKey, former: tuple[VerifyingKey, ...]) -> None:
        """Raises ArchiveError where what is there is not what one of these keys signed: nothing is built on it."""
        self._folder, self._origin, self._key = folder, origin, key
        self._tree = Tree()
        days = sealed_days(folder)
        for day in days:
            self._tree.append(day.sums)
        self.last = days[-1] if days else None
        if self.last is not None:
            _check_head(self.last, self._tree, (key.public, *former))

    @classmethod
    @contextmanager
    def opened(
        cls, folder: Path, origin: str, key: SigningKey, former: tuple[VerifyingKey, ...] = ()
    ) -> Iterator[Sealer]:
        """`former`: keys that signed before this one. Raises ArchiveError, also while somebody else is at it."""
        try:
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise ArchiveError(f"{folder}: {error.strerror}; choose a folder that this user may write") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ArchiveError(f"{folder}: another process is sealing days here; wait for it to end") from None
            for left in unfinished(folder):
                shutil.rmtree(left)
            _write_script(folder)
            yield cls(folder, origin, key, former)
        except OSError as error:
            raise ArchiveError(f"{error.filename or folder}: {error.strerror}; the day is not sealed") from error
        finally:
            os.close(descriptor)

    def seal(self, day: Day) -> SealedDay:
        """Write, check and name the day after the last one. Raises ArchiveError and OSError; nothing is left then."""
        place = self._folder / day.on.isoformat()
        if self.last is not None and day.on != self.last.on + timedelta(days=1):
            raise ArchiveError(f"{place}: the day after {self.last.on} is to be sealed next")
        part = self._folder / f".{day.on}.part"
        part.mkdir(mode=_FOLDER_MODE)
        try:
            sums = self._write(part, day)
            self._tree.append(sums)
            checkpoint = Checkpoint(self._origin, self._tree.size, self._tree.root).signed(self._key)
            _write(part / CHECKPOINT, [checkpoint.content])
            sync(part)
            part.rename(place)
            sync(self._folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        self.last = SealedDay(place)
        return self.last

    def _write(self, part: Path, day: Day) -> bytes:
        """Everything but the checkpoint; the content of SHA256SUMS."""
        counts = {
            "observations": _write_table(part / OBSERVATIONS, table.SHAPES[day.phases], day.table_rows),
            "heartbeats": _write_table(part / HEARTBEATS, table.HEARTBEATS, day.heartbeats),
        }
        for name, pieces in day.files.items():
            _write(part / name, pieces)
        _write(part / ABOUT, [_about(day, counts)])
        names = sorted([OBSERVATIONS, HEARTBEATS, ABOUT, *day.files])
        lines = [*(f"{digest_of(part / name)}  {name}" for name in names), line_before(self.last)]
        sums = ("\n".join(lines) + "\n").encode("ascii")
        _write(part / SUMS, [sums])
        return sums


def _about(day: Day, counts: dict[str, int]) -> bytes:
    """day.json: a key a line, so that a shell can read it too."""
    start_ms = int(datetime.combine(day.on, datetime.min.time(), UTC).timestamp()) * 1000
    about = {
        "format": FORMAT,
        "version": VERSION,
        "contract": day.contract,
        "day": day.on.isoformat(),
        "from_ms": start_ms,
        "until_ms": start_ms + DAY_MS,
        "phases": day.phases,
        **counts,
        "last_observation": day.last_observation,
        "last_entry": day.last_entry,
        "written_by": f"sla-monitor {__version__}",
    }
    return (json.dumps(about, indent=1) + "\n").encode("ascii")


def _write_table(path: Path, shape: table.Shape, rows: Callable[[], Iterable[Any]]) -> int:
    """Write it, and read it again: what a library has written is believed once it has been compared."""
    _write(path, ())  # the library would make it with any mode
    count = table.write(path, shape, rows())
    sync(path)
    if problem := table.difference(path, shape, rows()):
        raise ArchiveError(f"{path}: was not written as it should be: {problem}")
    return count


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, whole or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    _write(part, [content])
    part.rename(path)
    sync(path.parent)


def _write_script(folder: Path) -> None:
    """Lay the verifier beside the days."""
    script, path = files("sla_monitor.archive").joinpath(SCRIPT).read_bytes(), folder / SCRIPT
    (folder / f".{SCRIPT}.part").unlink(missing_ok=True)
    if not path.is_file() or path.read_bytes() != script:
        replace(path, script)


def _check_head(last: SealedDay, tree: Tree, keys: tuple[VerifyingKey, ...]) -> None:
    head = last.checkpoint
    if (head.size, head.root) != (tree.size, tree.root):
        raise ArchiveError(f"{last.folder}: its checkpoint is not that of the days up to it; see `archive verify`")
    if not head.is_signed_by(keys):
        raise ArchiveError(
            f"{last.folder}: its checkpoint was signed with another key; name the key's public half in archive.former"
        )


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
