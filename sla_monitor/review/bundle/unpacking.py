"""A ZIP from somebody else, unpacked into a folder of our own: what is no plain file of a plain name is refused, and
so is more than a bundle can hold. Nothing is written before the whole list of contents is found to be in order."""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.errors import BundleError

MOST_FILES = 100_000
"""17 years of sealed days have some 20,000 in a bundle."""
LARGEST_FILE = 1 << 30
LARGEST = 2 << 30
"""Bytes of all files together, unpacked."""
LONGEST_NAME = 300
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_CHUNK = 1 << 20
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
BROKEN = (
    OSError, EOFError, ValueError, LookupError, NotImplementedError, RuntimeError, OverflowError, MemoryError,
    struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""All that the library raises for a ZIP that is none, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`name`: of the one folder in the ZIP; `files`: by its name in that folder, where each file is now."""

    name: str
    files: Mapping[str, Path]


def unpacked(bundle: Path, folder: Path) -> Unpacked:
    """Unpack a bundle into an empty folder. Raises BundleError."""
    try:
        with os.fdopen(os.open(bundle, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BundleError("is no regular file")
            with zipfile.ZipFile(file) as archive:
                top, members = _listed(archive)
                return Unpacked(top, {name: _put(archive, about, folder / name) for name, about in members.items()})
    except BundleError as error:
        raise BundleError(f"{bundle}: {error}") from None
    except BROKEN as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise BundleError(f"{bundle}: cannot be read as a ZIP: {why or type(error).__name__}") from None


def _listed(archive: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The folder, and what is in it by name. Raises BundleError."""
    several = archive.infolist()
    if len(several) > MOST_FILES:
        raise BundleError(f"holds {len(several):,} files (a bundle has {MOST_FILES:,} at most)")
    whole = sum(about.file_size for about in several)
    if whole > LARGEST:
        raise BundleError(f"would be {whole:,} bytes unpacked (a bundle has {LARGEST:,} at most)")
    tops, members, seen = set[str](), dict[str, zipfile.ZipInfo](), set[str]()
    for about in several:
        _refuse_odd(about)
        top, _, name = about.filename.partition("/")
        tops.add(top)
        if name in members or name.lower() in seen:
            raise BundleError(f"holds {about.filename!r} twice, or two names that some systems take for one")
        members[name] = about
        seen.add(name.lower())
    if len(tops) != 1:
        raise BundleError("is no bundle: its files are not in one folder")
    for name in seen:
        if any(above in seen for above in _above(name)):
            raise BundleError(f"holds {name!r}, and a file in the place of its folder")
    return tops.pop(), members


def _refuse_odd(about: zipfile.ZipInfo) -> None:
    """Whatever could lead out of the folder, or is no plain file."""
    # The library cuts a name at its first NUL, and takes some strokes for others: what stood there is asked.
    name = about.orig_filename
    parts = name.split("/")
    if name != about.filename or len(name) > LONGEST_NAME or len(parts) < 2 or not all(map(_PART.fullmatch, parts)):
        raise BundleError(f"holds {name[:LONGEST_NAME]!r}, which is no name of a bundle's file")
    kind = stat.S_IFMT(about.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise BundleError(f"holds {name!r}, which is no plain file")
    if about.flag_bits & _ENCRYPTED:
        raise BundleError(f"holds {name!r} encrypted")
    if about.compress_type not in _PACKED:
        raise BundleError(f"holds {name!r}, packed in another way than deflate")
    if about.file_size > LARGEST_FILE:
        raise BundleError(f"holds {name!r} of {about.file_size:,} bytes ({LARGEST_FILE:,} at most)")


def _above(name: str) -> list[str]:
    """The folders that it is in: of `a/b/c`, `a` and `a/b`."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _put(archive: zipfile.ZipFile, about: zipfile.ZipInfo, path: Path) -> Path:
    """One file, no longer than the list of contents said. The library compares its checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = about.file_size
    with archive.open(about) as packed, path.open("xb") as file:
        while piece := packed.read(_CHUNK):
            left -= len(piece)
            if left < 0:
                raise BundleError(f"holds more of {about.filename!r} than it says")
            file.write(piece)
    if left:
        raise BundleError(f"holds less of {about.filename!r} than it says")
    return path
