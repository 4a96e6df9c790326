"""Packs on disk: a folder each, replaced as one piece, and the list of those that are there."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sla_monitor.errors import ReviewError
from sla_monitor.ledger.file_identity import LARGEST_MODE

MANIFEST = "manifest.json"
TOLD = ("contract", "month", "status", "copy", "assessment_sha256")
AT_FDCWD, RENAME_EXCHANGE = -100, 2


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
LARGEST = 64 << 20
"""Bytes of a file that is handed out as a whole."""

FOLDER_MODE = 0o750


@dataclass(frozen=True, slots=True)
class Shelved:
    """A pack that was made. `digests`: the SHA-256 of each of its files as they were made, by name."""

    folder: Path
    contract: str
    month: str
    status: str
    copy: str
    digest: str
    digests: Mapping[str, str]

    @property
    def files(self) -> tuple[str, ...]:
        """The names that a pack can have made: none leads out of its folder."""
        return tuple(name for name in self.digests if _is_ours(name))

    @property
    def changed(self) -> tuple[str, ...]:
        """Files that are not as they were made, or are gone. Reads them all."""
        return tuple(name for name, digest in self.digests.items() if _digest(self.folder / name) != digest)

    def content(self, name: str) -> bytes | None:
        """A file exactly as it was made; None where it is no part of the pack, is gone, changed or huge, or lies
        somewhere else by way of a link."""
        path = self.folder / name
        if name not in self.files or path.resolve() != self.folder.parent.resolve() / self.folder.name / name:
            return None
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == self.digests[name] else None


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a pack in a folder, in place of the pack that is there. Whoever looks sees the old files or the new ones.

    Raises ReviewError where the folder holds anything that no pack put there, and where it cannot be written.
    """
    strangers = sorted(_strangers(folder)) if folder.exists() else []
    if strangers:
        raise ReviewError(f"{folder}: holds {strangers[0]!r}, which is no part of a pack (move it, or name another)")
    fresh = folder.parent / f".{folder.name}.{os.getpid()}"
    try:
        folder.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        for name, content in files.items():
            _write(fresh / name, content)
        _swap(fresh, folder)
    except OSError as error:
        raise ReviewError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def shelved(shelf: Path) -> Iterator[Shelved]:
    """Every pack in the folders of a folder, by name. What has no manifest of ours is passed over, and so is a pack
    that is just being put there."""
    for found in sorted(shelf.glob(f"*/{MANIFEST}")):
        said = None if found.parent.name.startswith(".") else _read(found)
        if said is not None:
            digests = {str(name): str(digest) for name, digest in said["files"].items()}
            contract, month, status, copy, digest = (str(said.get(key, "")) for key in TOLD)
            yield Shelved(found.parent, contract, month, status, copy, digest, digests)


def register_number(folder: Path) -> int | None:
    """The last entry of the register that a pack was made with; None: there is no pack."""
    said = _read(folder / MANIFEST)
    return None if said is None else int(said.get("register_number") or 0)


def _is_ours(name: str) -> bool:
    return all(NAME.fullmatch(part) for part in name.split("/"))


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
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, LARGEST_MODE), "wb") as file:
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
