"""Packs on disk: a folder each, replaced as one piece, and the list of those that are there."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sla_monitor.errors import ReviewError

MANIFEST = "manifest.json"
TOLD = ("contract", "month", "status", "copy", "assessment_sha256")
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True, slots=True)
class Shelved:
    """A pack that was made. `changed`: files that are not as they were made, or are gone."""

    folder: Path
    contract: str
    month: str
    status: str
    copy: str
    digest: str
    files: tuple[str, ...]
    changed: tuple[str, ...]


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a pack in a folder, in place of the pack that is there. Whoever looks sees the old files or the new ones.

    Raises ReviewError where the folder holds anything that no pack put there, and where it cannot be written.
    """
    strangers = sorted(_strangers(folder)) if folder.exists() else []
    if strangers:
        raise ReviewError(f"{folder}: holds {strangers[0]!r}, which is no part of a pack (move it, or name another)")
    fresh = folder.parent / f".{folder.name}.{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        for name, content in files.items():
            _write(fresh / name, content)
        _swap(fresh, folder)
    except OSError as error:
        raise ReviewError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def shelved(shelf: Path) -> Iterator[Shelved]:
    """Every pack in the folders of a folder, by name. What has no manifest of ours is passed over."""
    for found in sorted(shelf.glob(f"*/{MANIFEST}")):
        said = _read(found)
        if said is not None:
            files = dict(said["files"])
            changed = tuple(name for name, digest in files.items() if _digest(found.parent / name) != digest)
            contract, month, status, copy, digest = (str(said.get(key, "")) for key in TOLD)
            yield Shelved(found.parent, contract, month, status, copy, digest, tuple(files), changed)


def register_number(folder: Path) -> int | None:
    """The last entry of the register that a pack was made with; None: there is no pack."""
    said = _read(folder / MANIFEST)
    return None if said is None else int(said.get("register_number") or 0)


def _strangers(folder: Path) -> set[str]:
    """Files that no manifest of ours names."""
    said = _read(folder / MANIFEST)
    ours = {MANIFEST, *said["files"]} if said is not None else set()
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()} - ours


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    is_ours = isinstance(said, dict) and said.get("format") == "sla-monitor-review" and said.get("version") == 1
    return said if is_ours and isinstance(said.get("files"), dict) else None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _write(path: Path, content: bytes) -> None:
    """A file that is on the disk, not only on its way there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _swap(fresh: Path, folder: Path) -> None:
    """Put the new folder in the old one's place. Linux exchanges two names in one step; where the file system cannot,
    there is a moment without a folder, but never one with files of both."""
    if not folder.exists():
        fresh.rename(folder)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(fresh), AT_FDCWD, os.fsencode(folder), RENAME_EXCHANGE) == 0:
        return
    old = fresh.with_name(f"{fresh.name}.old")
    folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
