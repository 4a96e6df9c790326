"""What a good HTTP answer looks like: every line of `expect:` must hold, and the first that does not is the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sla_monitor.contract.http_terms import HttpExpectations, JsonCondition
from sla_monitor.contract.json_path import compile_path
from sla_monitor.contract.pattern import compile_pattern
from sla_monitor.probe.verdict import Verdict
from sla_monitor.sla.observation import Reason

Test = Callable[[str], bool]

_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9._-]+)", re.IGNORECASE)
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-16"})
"""What a supplier may choose from: some of Python's codecs take time in proportion to the square of the text."""


class Expectations:
    """Made once for an endpoint; judging one answer costs what its own lines cost."""

    __slots__ = ("_contains", "_headers", "_json", "_lacks", "_matches", "_status", "reads_body")

    def __init__(self, terms: HttpExpectations) -> None:
        self._status = terms.status
        self._headers = [(name, pattern, compile_pattern(pattern)) for name, pattern in terms.headers.items()]
        self._contains = terms.body_contains
        self._lacks = terms.body_lacks
        self._matches = (terms.body_matches, compile_pattern(terms.body_matches)) if terms.body_matches else None
        self._json = [Condition(condition) for condition in terms.json_path]
        self.reads_body = bool(self._contains or self._lacks or self._matches or self._json)

    def of_head(self, status: int, headers: Mapping[str, str]) -> Verdict | None:
        """What is wrong with the status and the headers; None: nothing."""
        if not any(first <= status <= last for first, last in self._status):
            return Verdict(Reason.STATUS_UNEXPECTED, f"the status is {status}, expected {self._expected()}")
        for name, pattern, found in self._headers:
            value = headers.get(name)
            if value is None:
                return Verdict(Reason.HEADER_UNEXPECTED, f"there is no header {name}")
            if not found(value):
                return Verdict(Reason.HEADER_UNEXPECTED, f"the header {name} does not match {pattern!r}: {value}")
        return None

    def of_body(self, body: bytearray, content_type: str) -> Verdict | None:
        """What is wrong with the body; None: nothing."""
        text = body_text(body, content_type)
        for wanted in self._contains:
            if wanted not in text:
                return _unexpected(f"the body does not contain {wanted!r}")
        for unwanted in self._lacks:
            if unwanted in text:
                return _unexpected(f"the body contains {unwanted!r}")
        if self._matches and not self._matches[1](text):
            return _unexpected(f"the body does not match {self._matches[0]!r}")
        return self._of_json(text) if self._json else None

    def _of_json(self, text: str) -> Verdict | None:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return _unexpected("the body is not JSON")
        return next(filter(None, (condition.judge(document) for condition in self._json)), None)

    def _expected(self) -> str:
        return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self._status)


class Condition:
    """One JSON path (RFC 9535) and what it must find: something, of which everything satisfies the condition."""

    __slots__ = ("_find", "_holds", "_path", "_terms")

    def __init__(self, terms: JsonCondition) -> None:
        """Raises ValueError for what is no JSON path."""
        self._find = compile_path(terms.path)
        self._path = terms.path
        self._terms = terms
        self._holds = _test(terms)

    def judge(self, document: Any) -> Verdict | None:
        try:
            found = self._find(document)
        except ValueError as error:
            return _unexpected(f"{error}")
        if self._terms.exists is not None:
            if bool(found) is self._terms.exists:
                return None
            return _unexpected(f"{self._path} {'is not there' if self._terms.exists else 'is there'}")
        if not found:
            return _unexpected(f"{self._path} is not there")
        wrong = [value for value in found if not self._holds(value)]
        return _unexpected(f"{self._path} is {_shown(wrong[0])}, expected {self._wanted()}") if wrong else None

    def _wanted(self) -> str:
        name = next(iter(self._terms.model_fields_set - {"path"}))
        value = getattr(self._terms, name)
        return _shown(value) if name == "equals" else f"{name.replace('_', ' ')} {value}"


def _test(terms: JsonCondition) -> Callable[[Any], bool]:
    """The condition as a test of one value. JSON knows true from 1; Python would call them equal."""
    if terms.matches is not None:
        found = compile_pattern(terms.matches)
        return lambda value: isinstance(value, str) and found(value)
    if terms.at_least is not None:
        least = terms.at_least
        return lambda value: _is_number(value) and value >= least
    if terms.at_most is not None:
        most = terms.at_most
        return lambda value: _is_number(value) and value <= most
    wanted = terms.equals
    return lambda value: isinstance(value, bool) is isinstance(wanted, bool) and value == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80] if not isinstance(value, dict | list) else "a structure"


def _unexpected(detail: str) -> Verdict:
    return Verdict(Reason.BODY_UNEXPECTED, detail)


def body_text(body: bytearray, content_type: str) -> str:
    """The body as text: what cannot be decoded becomes the replacement character."""
    match = _CHARSET.search(content_type)
    charset = match[1].lower() if match else "utf-8"
    return body.decode(charset if charset in _CHARSETS else "utf-8", "replace")
