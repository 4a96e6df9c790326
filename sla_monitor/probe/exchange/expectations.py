"""What a good HTTP answer looks like: every line of `expect:` must hold, and the first that does not is the reason.

Judging takes time in proportion to what was sent, but for JSON paths that search a document again for each of its
values. What it takes at most is known beforehand (`most_ns_of_headers`, `most_ns_of_body`), and decides where it is
judged (`judging.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sla_monitor.contract.endpoints.http_terms import HttpExpectations, JsonCondition
from sla_monitor.contract.endpoints.json_path import TooDeep, compile_path
from sla_monitor.contract.endpoints.pattern import NS_PER_WEIGHT, compile_pattern, weight
from sla_monitor.probe.exchange.charset import text_of
from sla_monitor.probe.exchange.json_body import MOST_NODES, NotJson, TooManyNodes, parse
from sla_monitor.probe.judging.costs import Costs
from sla_monitor.probe.verdict import Verdict
from sla_monitor.sla.observation import Reason

Test = Callable[[Any], bool]


class Expectations:
    """Made once for an endpoint; judging one answer costs what its own lines cost."""

    __slots__ = (
        "_contains", "_headers", "_json", "_lacks", "_matches", "_status", "most_ns_of_body", "reads_body", "terms",
    )  # fmt: skip

    def __init__(self, terms: HttpExpectations) -> None:
        self.terms = terms
        self._status = terms.status
        self._headers = [(name, text, compile_pattern(text), weight(text)) for name, text in terms.headers.items()]
        self._contains = terms.body_contains
        self._lacks = terms.body_lacks
        self._matches = (terms.body_matches, compile_pattern(terms.body_matches)) if terms.body_matches else None
        self._json = [BodyCondition(condition) for condition in terms.json_path]
        self.reads_body = bool(self._contains or self._lacks or self._matches or self._json)
        weights = weight(terms.body_matches or "") + sum(condition.text_weight for condition in self._json)
        sought = len(self._contains) + len(self._lacks)
        self.most_ns_of_body = Costs(weights, sought, [condition.steps for condition in self._json]).most_ns

    def most_ns_of_headers(self, headers: Mapping[str, str]) -> int:
        """Nanoseconds that judging the headers takes at most, whatever stands in them."""
        weights = (heavy * len(headers.get(name, "")) for name, _, _, heavy in self._headers)
        return NS_PER_WEIGHT * sum(weights)

    def of_status(self, status: int) -> Verdict | None:
        """What is wrong with the status; None: nothing."""
        if any(first <= status <= last for first, last in self._status):
            return None
        return Verdict(Reason.STATUS_UNEXPECTED, f"the status is {status}, expected {self._expected()}")

    def of_headers(self, headers: Mapping[str, str]) -> Verdict | None:
        """What is wrong with the headers; None: nothing."""
        for name, pattern, found, _ in self._headers:
            value = headers.get(name)
            if value is None:
                return Verdict(Reason.HEADER_UNEXPECTED, f"there is no header {name}")
            if not found(value):
                return Verdict(Reason.HEADER_UNEXPECTED, f"the header {name} does not match {pattern!r}: {value}")
        return None

    def of_body(self, body: bytes | bytearray, content_type: str | None) -> Verdict | None:
        """What is wrong with the body; None: nothing. Without a type it is UTF-8, whatever it begins with."""
        text = text_of(body, content_type, is_json=bool(self._json))
        for wanted in self._contains:
            if wanted not in text:
                return _unexpected(f"the body does not contain {wanted!r}")
        for unwanted in self._lacks:
            if unwanted in text:
                return _unexpected(f"the body contains {unwanted!r}")
        if self._matches and not self._matches[1](text):
            return _unexpected(f"the body does not match {self._matches[0]!r}")
        return self._of_json(text) if self._json else None

    def headers_in(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those of an answer's headers that are judged."""
        return {name: headers[name] for name, *_ in self._headers if name in headers}

    def _of_json(self, text: str) -> Verdict | None:
        try:
            document = parse(text)
            return next(filter(None, (condition.judge(document) for condition in self._json)), None)
        except NotJson as error:
            return _unexpected(f"{error}")
        except TooManyNodes:
            return too_costly(f"its JSON has more than {MOST_NODES:,} values")
        except (RecursionError, TooDeep):
            return too_costly("its JSON is nested too deeply")

    def _expected(self) -> str:
        return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self._status)


class BodyCondition:
    """One JSON path (RFC 9535) and what it must find: something, of which everything satisfies the condition.

    `text_weight`: of its patterns, on a document's text.
    """

    __slots__ = ("_holds", "_path", "_terms", "steps", "text_weight")

    def __init__(self, terms: JsonCondition) -> None:
        """Raises ValueError for what is no JSON path."""
        self._path = compile_path(terms.path)
        self._terms = terms
        self._holds = _test(terms)
        self.steps = self._path.steps
        self.text_weight = self._path.text_weight
        if terms.matches is not None:
            self.text_weight += weight(terms.matches) * self._path.visits

    def judge(self, document: Any) -> Verdict | None:
        """Raises TooDeep and RecursionError."""
        path, found = self._terms.path, self._path.find(document)
        if self._terms.exists is not None:
            is_there = any(True for _ in found)
            return (
                None if is_there is self._terms.exists else _unexpected(f"{path} is {'' if is_there else 'not '}there")
            )
        is_there = False
        for value in found:
            is_there = True
            if not self._holds(value):
                return _unexpected(f"{path} is {_shown(value)}, expected {self._wanted()}")
        return None if is_there else _unexpected(f"{path} is not there")

    def _wanted(self) -> str:
        name = next(iter(self._terms.model_fields_set - {"path"}))
        value = getattr(self._terms, name)
        return _shown(value) if name == "equals" else f"{name.replace('_', ' ')} {value}"


def too_costly(why: str) -> Verdict:
    """The verdict on an answer that overruns a bound."""
    return Verdict(Reason.TOO_COSTLY, f"the answer costs more to judge than allowed: {why}")


def _test(terms: JsonCondition) -> Test:
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
    if isinstance(value, dict | list):
        return "a structure"
    return json.dumps(value[:80] if isinstance(value, str) else value, ensure_ascii=False)[:80]


def _unexpected(detail: str) -> Verdict:
    return Verdict(Reason.BODY_UNEXPECTED, detail)
