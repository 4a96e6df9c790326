"""Files that go with an entry: of which types they may be, by what they hold, and how they are handed out again.

All of it is hostile: a name is shown and never becomes a path, a type is believed only where the content says the same,
and no browser is to do anything with a file but save it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Protocol
from urllib.parse import quote

from sla_monitor.contract.terms_files import digest_of
from sla_monitor.errors import RegisterError

NAME_LIMIT = 120
MEMBERS_LIMIT = 10_000
"""Files in an office document: it is looked at, and never unpacked."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file as it was attached: the name that it had, its media type, its SHA-256 and its bytes."""

    name: str
    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class EntryFile:
    """That a file goes with an entry: by its number, since when, by whom."""

    entry: int
    at_ms: int
    actor: str
    file: AttachedFile


class Room(Protocol):
    """How many bytes one file may have, and all of them together (`attachments` in the settings)."""

    @property
    def file(self) -> int: ...
    @property
    def total(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Papers:
    """Files that are to be attached, and their contents by digest."""

    files: tuple[AttachedFile, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(marks)


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not _CONTROL.search(content)


def _is_mail(content: bytes) -> bool:
    if _CONTROL.search(content.replace(b"\x1b", b"")):
        return False
    headers = BytesHeaderParser().parsebytes(content[:65_536])
    return bool(headers.get("From")) and bool(headers.get("Date") or headers.get("Message-ID"))


def _has_member(wanted: str, told: bytes = b"") -> Callable[[bytes], bool]:
    """Whether a ZIP has a member, which says what it is told to."""

    def holds(content: bytes) -> bool:
        if not content.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if len(archive.infolist()) > MEMBERS_LIMIT:
                    return False
                about = archive.getinfo(wanted)
                if not told:
                    return True
                return about.file_size == len(told) and archive.read(about) == told
        except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
            return False

    return holds


TYPES: Mapping[str, tuple[str, Callable[[bytes], bool]]] = MappingProxyType(
    {
        "pdf": ("application/pdf", _begins(b"%PDF-")),
        "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
        "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
        "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
        "txt": ("text/plain", _is_text),
        "csv": ("text/csv", _is_text),
        "eml": ("message/rfc822", _is_mail),
        "docx": (f"{_OFFICE}.wordprocessingml.document", _has_member("word/document.xml")),
        "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _has_member("xl/workbook.xml")),
        "odt": (
            "application/vnd.oasis.opendocument.text",
            _has_member("mimetype", b"application/vnd.oasis.opendocument.text"),
        ),
    }
)
"""By the ending of a name: its media type, and whether a content is of that type. Macros have other endings."""


def papers(named: Iterable[tuple[str, bytes]], room: Room, there: int) -> Papers:
    """Files as somebody gives them, each with its name. `there`: how many bytes are kept of others. Raises
    RegisterError with a line for each that is not taken; then none is."""
    files, contents, problems = list[AttachedFile](), dict[str, bytes](), list[str]()
    for name, content in named:
        try:
            files.append(attached_file(name, content, room.file))
        except RegisterError as error:
            problems += error.problems
        else:
            contents[files[-1].digest] = content
    if there + sum(map(len, contents.values())) > room.total:
        problems.append(f"attach: there is no room for more: {there:,} bytes are kept (see attachments.total)")
    if problems:
        raise RegisterError(problems)
    return Papers(tuple(dict.fromkeys(files)), contents)


def attached_file(name: str, content: bytes, limit: int) -> AttachedFile:
    """A file that is to be attached. `limit`: how many bytes it may have. Raises RegisterError."""
    shown = shown_name(name)
    ending = shown.rpartition(".")[2].casefold() if "." in shown else ""
    if len(content) > limit:
        raise RegisterError([f"attach: {shown} has {len(content):,} bytes, more than {limit:,} (see attachments.file)"])
    if not content:
        raise RegisterError([f"attach: {shown} is empty (attach what it should hold)"])
    if ending not in TYPES:
        raise RegisterError([f"attach: {shown} is of a type that is not kept (known: {', '.join(TYPES)})"])
    media_type, is_so = TYPES[ending]
    if not is_so(content):
        really = next((one for one, (_, fits) in TYPES.items() if one not in {"txt", "csv"} and fits(content)), None)
        remedy = f"it is a {really}: call it so" if really else "save it in the format that its name says"
        raise RegisterError([f"attach: {shown} does not hold what its ending says ({remedy})"])
    return AttachedFile(shown, media_type, digest_of(content), len(content))


def shown_name(name: str) -> str:
    """The last part of a name, of whichever system it is, without what could move a reader's eye or cursor."""
    bare = PureWindowsPath(PurePosixPath(name).name).name
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in bare).split()).lstrip(".")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > NAME_LIMIT and dot:
        plain = f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending[:10]}"
    return plain[:NAME_LIMIT] or "file"


def inert_headers(file: AttachedFile) -> dict[str, str]:
    """The headers with which a file goes to a browser, which saves it and does nothing else with it, whatever it
    holds."""
    ending = file.name.rpartition(".")[2].casefold()
    plain = f"{file.digest[:12]}.{ending if ending in TYPES else 'bin'}"
    return {
        "Content-Type": file.media_type if not file.media_type.startswith("text/") else "application/octet-stream",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Length": f"{file.size}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
