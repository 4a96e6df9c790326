"""Captures from a body, by JSON path or pattern: the costly part of `capture.py`, bounded here and in `judging.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from sla_monitor.contract.endpoints.journey_terms import Capture
from sla_monitor.contract.endpoints.json_path import JsonPath, TooDeep, compile_path
from sla_monitor.contract.endpoints.pattern import compile_group, weight
from sla_monitor.probe.exchange.charset import text_of
from sla_monitor.probe.exchange.expectations import too_costly
from sla_monitor.probe.exchange.json_body import MOST_NODES, NotJson, TooManyNodes, parse
from sla_monitor.probe.judging.costs import Costs
from sla_monitor.probe.verdict import Failure

MOST_CHARACTERS = 16_384
"""Of one value: session tokens take some thousands, and the hidden field of a large form ten."""


class Captured(msgspec.Struct, frozen=True, array_like=True):
    """A value, or why there is none; `is_long`: it has more than MOST_CHARACTERS and is left out."""

    value: str | None
    why: str = ""
    is_long: bool = False


def found_or_not(value: str | None, missing: str, empty: str) -> Captured:
    """`missing`, `empty`: what is wrong where it is one of these."""
    if not value:
        return Captured(None, missing if value is None else empty)
    if len(value) > MOST_CHARACTERS:
        return Captured(None, f"it has more than {MOST_CHARACTERS} characters", is_long=True)
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        return Captured(None, "it is half a character")
    return Captured(value)


class BodyCaptures:
    """What one step captures from its answer's body. Made once."""

    __slots__ = ("_paths", "_patterns", "most_ns", "terms")

    def __init__(self, terms: Mapping[str, Capture]) -> None:
        """`terms`: those with a JSON path or a pattern."""
        self.terms = dict(terms)
        self._paths = {name: compile_path(one.json_path) for name, one in terms.items() if one.json_path is not None}
        self._patterns = {
            name: (one.matches, compile_group(one.matches)) for name, one in terms.items() if one.matches is not None
        }
        weights = sum(weight(text) for text, _ in self._patterns.values()) + sum(
            path.text_weight for path in self._paths.values()
        )
        self.most_ns = Costs(weights, 0, [path.steps for path in self._paths.values()]).most_ns

    def find(self, body: bytes | bytearray, content_type: str) -> dict[str, Captured]:
        """Every value by its name. Raises Failure for a body that overruns a bound."""
        text = text_of(body, content_type, is_json=bool(self._paths))
        found = {}
        for name, (pattern, take) in self._patterns.items():
            held = take(text.encode())
            value = None if held is None else held.decode()
            found[name] = found_or_not(
                value, f"the body does not match {pattern!r}", f"what {pattern!r} matches is empty"
            )
        return found | (self._in_json(text) if self._paths else {})

    def _in_json(self, text: str) -> dict[str, Captured]:
        try:
            document = parse(text)
            return {name: _first(document, path, f"{self.terms[name].json_path}") for name, path in self._paths.items()}
        except NotJson as error:
            return dict.fromkeys(self._paths, Captured(None, f"{error}"))
        except TooManyNodes:
            raise Failure.of(too_costly(f"its JSON has more than {MOST_NODES:,} values")) from None
        except (RecursionError, TooDeep):
            raise Failure.of(too_costly("its JSON is nested too deeply")) from None


def _first(document: Any, path: JsonPath, spelled: str) -> Captured:
    """The first value that a path finds, as text. Raises TooDeep and RecursionError."""
    value = next(path.find(document), None)
    if isinstance(value, dict | list):
        return Captured(None, f"{spelled} is a structure")
    text = value if value is None or isinstance(value, str) else json.dumps(value)
    return found_or_not(text, f"{spelled} is not there", f"{spelled} is empty")
