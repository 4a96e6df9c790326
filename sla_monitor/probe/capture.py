"""What a journey takes from an answer for its later steps. All of it is hostile text, and is bounded here."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from http.cookiejar import Cookie
from typing import Any

from sla_monitor.contract.journey_terms import Capture
from sla_monitor.contract.json_path import compile_path
from sla_monitor.contract.pattern import compile_group
from sla_monitor.probe.expectations import body_text
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

MOST_CHARACTERS = 16_384
"""Of one value: session tokens take some thousands, and the hidden field of a large form ten."""

MOST_JSON_MARKS = 10_000
"""Colons, commas and opening brackets in a body from which a JSON path captures: parsing it and walking through it
takes a few milliseconds, of which everybody's probes wait."""

_FOR_HEADERS = re.compile(r"[!-~]([ -~]*[!-~])?")
"""No control characters: a line break would begin another header."""


class Source:
    """What there is to capture from: an answer, and the journey's cookies. `body`: empty where it was not read."""

    def __init__(self, headers: Mapping[str, str], cookies: Sequence[Cookie], body: bytearray) -> None:
        self.headers, self.cookies, self.body = headers, cookies, body

    @cached_property
    def text(self) -> str:
        return body_text(self.body, self.headers.get("content-type", ""))

    @cached_property
    def document(self) -> Any:
        """Raises ValueError for what is not JSON, and Failure for too much of it."""
        if sum(map(self.body.count, (b",", b":", b"[", b"{"))) > MOST_JSON_MARKS:
            raise Failure(Reason.TOO_LARGE, f"there are more than {MOST_JSON_MARKS} values in the JSON to capture from")
        try:
            return json.loads(self.text)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None


class Captures:
    """What one step captures. `in_headers`: the names of values that a later step sends in a header."""

    __slots__ = ("_in_headers", "_several", "secrets")

    def __init__(self, terms: Mapping[str, Capture], in_headers: Collection[str] = ()) -> None:
        self._several = {name: _Finder(one) for name, one in terms.items()}
        self._in_headers = frozenset(in_headers)
        self.secrets = [name for name, one in terms.items() if one.secret]

    def take(self, source: Source) -> dict[str, str]:
        """The values by name. Raises Failure for one that is not there, or cannot be what it is wanted for."""
        return {name: self._taken(name, finder, source) for name, finder in self._several.items()}

    def secrets_in(self, source: Source) -> list[str] | None:
        """The secret values of an answer, also of one that is not as expected; None where looking for them costs too
        much."""
        found = []
        for name in self.secrets:
            try:
                found.append(self._several[name].find(source))
            except _NotThereError:
                continue
            except Failure:
                return None
        return found

    def _taken(self, name: str, finder: _Finder, source: Source) -> str:
        try:
            value = finder.find(source)
        except _NotThereError as error:
            raise Failure(finder.reason, f"{name} cannot be captured: {error}") from None
        if len(value) > MOST_CHARACTERS:
            raise Failure(Reason.TOO_LARGE, f"the value captured as {name} has more than {MOST_CHARACTERS} characters")
        if name in self._in_headers and not _FOR_HEADERS.fullmatch(value):
            raise Failure(finder.reason, f"the value captured as {name} cannot stand in a header")
        return value


NO_CAPTURES = Captures({})


class _NotThereError(Exception):
    """There is no such value. It says why."""


class _Finder:
    """Finds one value."""

    __slots__ = ("_match", "_path", "_terms")

    def __init__(self, terms: Capture) -> None:
        self._terms = terms
        self._path = compile_path(terms.json_path) if terms.json_path is not None else None
        self._match = compile_group(terms.matches) if terms.matches is not None else None

    @property
    def reason(self) -> Reason:
        """What it is where there is none."""
        return Reason.BODY_UNEXPECTED if self._path or self._match else Reason.HEADER_UNEXPECTED

    def find(self, source: Source) -> str:
        """The value, never empty and always text. Raises _NotThereError."""
        if self._path is not None:
            value = self._in_json(source)
        elif self._match is not None:
            found = self._match(source.text.encode())
            value = None if found is None else found.decode()
        elif self._terms.header is not None:
            value = source.headers.get(self._terms.header)
        else:  # the latest host's, where several have set one
            named = (cookie.value for cookie in reversed(source.cookies) if cookie.name == self._terms.cookie)
            value = next(named, None)
        if not value:
            raise _NotThereError(self._missing(is_empty=value == ""))
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _NotThereError("it is half a character")
        return value

    def _in_json(self, source: Source) -> str | None:
        path = self._path
        try:
            values = path(source.document) if path is not None else []
        except ValueError:
            raise _NotThereError("the body is not JSON, or is nested too deeply") from None
        value = values[0] if values else None
        if isinstance(value, dict | list):
            raise _NotThereError(f"{self._terms.json_path} is a structure")
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def _missing(self, *, is_empty: bool) -> str:
        terms = self._terms
        what = terms.json_path or terms.matches or f"the {'header' if terms.header else 'cookie'}"
        name = terms.header or terms.cookie
        what = f"{what} {name}" if name else what
        if terms.matches:
            return f"the body does not match {what!r}" if not is_empty else f"what {what!r} matches is empty"
        return f"{what} is {'empty' if is_empty else 'not there'}"
