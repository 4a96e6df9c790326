"""Forms: what was posted, the token that proves that our own page posted it, and the key by which it counts once."""

from __future__ import annotations

import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

from tornado.httputil import HTTPFile, HTTPInputError, parse_body_arguments

from sla_monitor.web.identity.desk_state import digest_of

CSRF, ONCE, AGAIN, NEXT = "_csrf", "_once", "_password", "next"
"""Fields of ours: the token, the key of the submission, a password shown again, and where to go afterwards."""

CONFIRMED, READ_TO, BACK, SEE = "_confirmed", "_read_to", "_back", "_see"
"""The mark of what was shown before it is entered, the last entry that it was made from, that it is not meant, and that
the button only shows: what says so enters nothing."""

ENTERED, IS_AGAIN = "entered", "again"
"""What the page is told to which somebody comes back: the entry that was made, and that it had come in before."""

FIELDS = 400
_DESK_PATH = re.compile(r"/desk(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*(\?[A-Za-z0-9_.~%&=+-]*)?(#[A-Za-z0-9_-]*)?", re.ASCII)

FILES, KEPT = "attach", "kept"
"""Fields of files: as they are chosen, and as a page between hands them back, name and content."""

Upload = tuple[str, bytes]
"""A file as it came in: the name that it had, and its content."""


@dataclass(frozen=True)
class PostedForm:
    """The fields of a form, each with its values as they were typed, without spaces around them."""

    values: Mapping[str, Sequence[str]]
    files: Mapping[str, Sequence[HTTPFile]]
    kept: Sequence[Upload] = ()

    def text(self, name: str) -> str:
        """The first value; empty: there is none."""
        return next(iter(self.values.get(name, ())), "").strip()

    def texts(self, name: str) -> list[str]:
        """All values that say something."""
        return [text for value in self.values.get(name, ()) if (text := value.strip())]

    @property
    def uploads(self) -> list[Upload]:
        """The files that go with an entry: those that were handed back, and those that were chosen now, each once."""
        chosen = [(file.filename, file.body) for file in self.files.get(FILES, ())]
        return list(dict.fromkeys([*self.kept, *chosen]))

    def typed(self) -> list[tuple[str, str]]:
        """What was typed, without fields of ours."""
        return [(name, value) for name, several in self.values.items() if name[:1] != "_" for value in several]

    def own(self) -> list[tuple[str, str]]:
        """The same with the files, as hidden inputs carry it."""
        return [*self.typed(), *((KEPT, packed(one)) for one in self.uploads)]

    def carried(self) -> list[tuple[str, str]]:
        """The same with what was confirmed, for a page between."""
        return [*self.own(), *((name, self.text(name)) for name in (CONFIRMED, READ_TO, SEE) if self.text(name))]

    def once(self, name: str, path: str) -> str:
        """The key of this submission by somebody: the same form with the same words is the same submission, whenever
        and however often it comes in."""
        files = [
            [field, file.filename, sha256(file.body).hexdigest()]
            for field, several in self.files.items()
            if field != FILES
            for file in several
        ]
        files += [[FILES, called, sha256(content).hexdigest()] for called, content in self.uploads]
        return digest_of(json.dumps([name, path, self.text(ONCE), sorted(self.typed()), sorted(files)]))


def packed(upload: Upload) -> str:
    """A file as a field of a form hands it back."""
    name, content = upload
    return f"{urlsafe_b64encode(name.encode(errors='replace')).decode()}.{urlsafe_b64encode(content).decode()}"


def unpacked(text: str) -> Upload:
    """Raises ValueError for what no page of ours has handed out."""
    name, dot, content = text.partition(".")
    if not dot:
        raise ValueError("no file")
    return (
        b64decode(name.encode(), altchars=b"-_", validate=True).decode(),
        b64decode(content.encode(), altchars=b"-_", validate=True),
    )


def read_form(content_type: str, body: bytes) -> PostedForm | None:
    """A form as a browser posts it; None: it is none."""
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[HTTPFile]] = {}
    try:
        parse_body_arguments(content_type, body, arguments, files)
        kept = [unpacked(value.decode()) for value in arguments.pop(KEPT, [])]
    except (HTTPInputError, ValueError):
        return None
    if sum(map(len, arguments.values())) + len(kept) > FIELDS:
        return None
    values = {
        name: [value.decode(errors="replace").replace("\r\n", "\n") for value in several]
        for name, several in arguments.items()
    }
    return PostedForm(values, files, kept)


def local_path(wanted: str) -> str:
    """Where to go within this site: what is wanted, or the desk. Nothing leads elsewhere, however it is spelled."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/desk"
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted and " " not in wanted
    is_ours = wanted.startswith("/") and not wanted.startswith("//") and not parts.scheme and not parts.netloc
    is_loop = parts.path.startswith(("/sign-", "/-/", "//"))
    return wanted if is_plain and is_ours and not is_loop and len(wanted) <= 2000 else "/desk"


def desk_path(wanted: str) -> str:
    """A page of the desk to come back to; empty for everything else, however it is spelled."""
    return wanted if len(wanted) <= 1000 and _DESK_PATH.fullmatch(wanted) else ""


def came_back(path: str, number: int, *, is_again: bool = False) -> str:
    """A page of the desk, told what was entered."""
    parts = urlsplit(path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {ENTERED, IS_AGAIN}]
    told = [*kept, (ENTERED, f"{number}"), *([(IS_AGAIN, "1")] if is_again else [])]
    return parts._replace(query=urlencode(told)).geturl()
