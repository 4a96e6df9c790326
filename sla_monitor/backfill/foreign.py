"""Somebody else's file, which is only read, and must not change meanwhile."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Self

from sla_monitor.errors import BackfillError


class Foreign:
    """A file while it is read. `digest`: SHA-256 of its bytes, in hex. Raises BackfillError where it cannot be read,
    and at the end when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            with self._path.open("rb") as file:
                self._before = _identity(os.fstat(file.fileno()))
                self.digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise self._unreadable(error) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, OSError):
            raise self._unreadable(error) from None
        if kind is None and _identity(self._path.stat()) != self._before:
            raise BackfillError([f"{self._path}: was written to while it was read (make a copy, and read that)"])

    def _unreadable(self, error: OSError) -> BackfillError:
        return BackfillError([f"{self._path}: cannot be read: {error.strerror} (check the path and its permissions)"])


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
