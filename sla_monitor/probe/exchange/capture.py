"""Captures of a journey's step, from headers, cookies and body: hostile text, bounded before a later step sends it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from http.cookiejar import Cookie

from sla_monitor.contract.endpoints.journey_terms import Capture
from sla_monitor.probe.exchange.body_capture import MOST_CHARACTERS, BodyCaptures, Captured, found_or_not
from sla_monitor.probe.judging.judging import Capturing
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

_FOR_HEADERS = re.compile(r"[!-~]([ -~]*[!-~])?")
"""No control characters: a line break would begin another header."""


class CaptureSource:
    """What there is to capture from: an answer, and the journey's cookies. `body`: empty where it was not read."""

    def __init__(self, headers: Mapping[str, str], cookies: Sequence[Cookie], body: bytearray) -> None:
        self.headers, self.cookies, self.body = headers, cookies, body

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


class Captures:
    """What one step captures. `in_headers`: the names of values that a later step sends in a header."""

    __slots__ = ("_from_body", "_from_head", "_in_headers", "secrets")

    def __init__(self, terms: Mapping[str, Capture], in_headers: Collection[str] = ()) -> None:
        body = {name: one for name, one in terms.items() if one.json_path is not None or one.matches is not None}
        self._from_body = Capturing(BodyCaptures(body)) if body else None
        self._from_head = {name: one for name, one in terms.items() if name not in body}
        self._in_headers = frozenset(in_headers)
        self.secrets = [name for name, one in terms.items() if one.secret]

    async def find(self, watch: Stopwatch, source: CaptureSource) -> dict[str, Captured]:
        """All that is to be captured, be it there or not. Raises Failure where looking for it costs too much."""
        found = {name: _in_head(one, source) for name, one in self._from_head.items()}
        if self._from_body is not None:
            found |= await self._from_body.find(watch, source.body, source.content_type)
        return found

    def take(self, found: Mapping[str, Captured]) -> dict[str, str]:
        """The values by name. Raises Failure for one that is not there, or cannot be what it is wanted for."""
        return {name: self._taken(name, one) for name, one in found.items()}

    def secrets_in(self, found: Mapping[str, Captured] | None) -> list[str] | None:
        """The secret values of an answer, also of one that is not as expected; None where they are not known."""
        if not self.secrets:
            return []
        if found is None or any(found[name].is_long for name in self.secrets):
            return None
        values = (found[name].value for name in self.secrets)
        return [value for value in values if value is not None]

    def _taken(self, name: str, one: Captured) -> str:
        reason = Reason.HEADER_UNEXPECTED if name in self._from_head else Reason.BODY_UNEXPECTED
        if one.is_long:
            raise Failure(Reason.TOO_LARGE, f"the value captured as {name} has more than {MOST_CHARACTERS} characters")
        if one.value is None:
            raise Failure(reason, f"{name} cannot be captured: {one.why}")
        if name in self._in_headers and not _FOR_HEADERS.fullmatch(one.value):
            raise Failure(reason, f"the value captured as {name} cannot stand in a header")
        return one.value


NO_CAPTURES = Captures({})


def _in_head(terms: Capture, source: CaptureSource) -> Captured:
    if terms.header is not None:
        what, value = f"the header {terms.header}", source.headers.get(terms.header)
    else:  # the latest host's, where several have set one
        named = (cookie.value for cookie in reversed(source.cookies) if cookie.name == terms.cookie)
        what, value = f"the cookie {terms.cookie}", next(named, None)
    return found_or_not(value, f"{what} is not there", f"{what} is empty")
