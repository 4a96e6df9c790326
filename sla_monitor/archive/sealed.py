"""Sealed days as they lie on disk: one folder for each day of a contract, none missing from the first to the last."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from hashlib import file_digest, sha256
from io import BufferedReader
from itertools import pairwise
from pathlib import Path
from typing import Any

from sla_monitor.archive.checkpoint import LARGEST, Checkpoint
from sla_monitor.errors import ArchiveError

SUMS, CHECKPOINT, ABOUT, OBSERVATIONS, HEARTBEATS = (
    "SHA256SUMS",
    "checkpoint",
    "day.json",
    "observations.parquet",
    "heartbeats.parquet",
)
SCRIPT = "verify.sh"
FORMAT, VERSION = "sla-monitor-archive", 1
NOTHING = f"{sha256(b'').hexdigest()}  /dev/null"
"""The last line of the first day's sums: no day is before it."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PART = re.compile(rf"\.{_DAY.pattern}\.part", re.ASCII)
_STAMP = re.compile(rf"stamp-{_DAY.pattern}\.tsr", re.ASCII)
_FILE = re.compile(r"([0-9a-f]{64})  ([a-z0-9][A-Za-z0-9._-]{0,99})", re.ASCII)
_BEFORE = re.compile(rf"([0-9a-f]{{64}})  \.\./({_DAY.pattern})/{SUMS}", re.ASCII)
_LARGEST_SUMS = 1024 * 1024
_ABOUT_KEYS = {"format", "version", "contract", "day", "phases", "observations", "last_observation", "last_entry"}


@dataclass(frozen=True)
class SealedDay:
    """One day's folder. Everything raises ArchiveError for what is not there, or is not what it should be."""

    folder: Path

    @property
    def on(self) -> date:
        return date.fromisoformat(self.folder.name)

    @cached_property
    def sums(self) -> bytes:
        """The file of digests: the day's leaf in the tree."""
        return contents(self.folder / SUMS, _LARGEST_SUMS)

    @property
    def digest(self) -> str:
        """What the day after says of this one, in hex."""
        return sha256(self.sums).hexdigest()

    @cached_property
    def files(self) -> dict[str, str]:
        """By name, the digest of each file."""
        lines = self._lines[:-1]
        found = [_FILE.fullmatch(line) for line in lines]
        named = {match[2]: match[1] for match in found if match}
        if len(named) != len(lines) or CHECKPOINT in named or any(map(_STAMP.fullmatch, named)):
            raise ArchiveError(f"{self.folder / SUMS}: is no list of digests")
        return named

    @property
    def before(self) -> str:
        """The last line: what it says of the day before."""
        return self._lines[-1]

    @cached_property
    def checkpoint(self) -> Checkpoint:
        try:
            return Checkpoint.read(contents(self.folder / CHECKPOINT, LARGEST))
        except ArchiveError as error:
            raise ArchiveError(f"{self.folder / CHECKPOINT}: {str(error).rpartition(': ')[2]}") from None

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the day says of itself, its file checked against its digest."""
        path = self.path(ABOUT)
        try:
            about = json.loads(contents(path, LARGEST))
        except ValueError:
            about = None
        if not isinstance(about, dict) or about.keys() < _ABOUT_KEYS or about["format"] != FORMAT:
            raise ArchiveError(f"{path}: does not describe a sealed day")
        if about["version"] != VERSION:
            raise ArchiveError(f"{path}: is of version {about['version']}, which only a later sla-monitor reads")
        return about

    def path(self, name: str) -> Path:
        """The path of a file that is exactly as it was sealed."""
        path = self.folder / name
        if name not in self.files:
            raise ArchiveError(f"{path}: is not among the files of {SUMS}")
        if digest_of(path) != self.files[name]:
            raise ArchiveError(f"{path}: was changed after the day was sealed")
        return path

    @property
    def stamps(self) -> list[Path]:
        """Time stamps of the checkpoint, the oldest first."""
        return sorted(path for path in self.folder.iterdir() if _STAMP.fullmatch(path.name))

    def strangers(self) -> list[str]:
        """Names in the folder that nothing accounts for."""
        known = {SUMS, CHECKPOINT, *self.files}
        return sorted(n for n in _names(self.folder) if n not in known and not _STAMP.fullmatch(n))

    @cached_property
    def _lines(self) -> list[str]:
        text = self.sums.decode("ascii", "replace")
        if not text.endswith("\n"):
            raise ArchiveError(f"{self.folder / SUMS}: is no list of digests")
        return text.removesuffix("\n").split("\n")


def line_before(day: SealedDay | None) -> str:
    """The last line of the sums of the day after `day`."""
    return NOTHING if day is None else f"{day.digest}  ../{day.folder.name}/{SUMS}"


def sealed_days(folder: Path) -> list[SealedDay]:
    """The days of one contract, ascending, without a gap. Raises ArchiveError."""
    try:
        names = sorted(name for name in _names(folder) if _DAY.fullmatch(name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ArchiveError(f"{folder}: {error.strerror}") from None
    days = [SealedDay(folder / name) for name in names]
    for day in days:
        if day.folder.is_symlink() or not day.folder.is_dir():
            raise ArchiveError(f"{day.folder}: is no folder")
    for day, after in pairwise(days):
        missing = _date(day.folder) + timedelta(days=1)
        if _date(after.folder) != missing:
            raise ArchiveError(f"{folder / missing.isoformat()}: the day is missing")
    return days


def strangers(folder: Path) -> list[str]:
    """What lies beside the days of a contract and does not belong there."""
    known = re.compile(rf"{_DAY.pattern}|{_PART.pattern}|{re.escape(SCRIPT)}", re.ASCII)
    return sorted(name for name in _names(folder) if not known.fullmatch(name))


def unfinished(folder: Path) -> Iterator[Path]:
    """Days that were being written when somebody was killed."""
    return (folder / name for name in _names(folder) if _PART.fullmatch(name))


def contents(path: Path, limit: int) -> bytes:
    """A small regular file, never through a symbolic link. Raises ArchiveError."""
    with _regular(path) as file:
        found = file.read(limit + 1)
    if len(found) > limit:
        raise ArchiveError(f"{path}: is longer than {limit} bytes")
    return found


def digest_of(path: Path) -> str:
    """SHA-256 of a regular file, in hex. Raises ArchiveError."""
    with _regular(path) as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _regular(path: Path) -> Iterator[BufferedReader]:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ArchiveError(f"{path}: is no regular file")
            yield file
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror}") from None


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _date(folder: Path) -> date:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        raise ArchiveError(f"{folder}: is no day") from None
