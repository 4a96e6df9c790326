"""A body as JSON: what RFC 8259 calls JSON is, however odd, within a bound on its values.

A number beyond what a double holds is infinite, half of a surrogate pair stays one, and of equal keys the last counts.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec

MOST_NODES = 100_000
"""Values that a document may have: with more it is not judged."""

# A float's text is read by Python: msgspec takes 10 µs for one near the end of the range, and refuses one beyond.
_DECODER = msgspec.json.Decoder(float_hook=float)
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class NotJson(Exception):  # noqa: N818 - it says what the body is
    """What is wrong with it, in words."""


class TooManyNodes(Exception):  # noqa: N818
    """A document of more than MOST_NODES values."""


def nodes_in(text: str | bytes | bytearray) -> int:
    """The values of a JSON document, at most: what stands in its texts is counted too."""
    if isinstance(text, str):
        return text.count(",") + text.count("[") + text.count("{") + 1
    return text.count(b",") + text.count(b"[") + text.count(b"{") + 1


def parse(text: str) -> Any:
    """Raises NotJson, TooManyNodes, and RecursionError for a document that is nested too deeply."""
    if nodes_in(text) > MOST_NODES and nodes_in(_STRING.sub("", text)) > MOST_NODES:
        raise TooManyNodes
    try:
        return _DECODER.decode(text)
    except msgspec.DecodeError:
        return _parse_odd(text)


def _parse_odd(text: str) -> Any:
    """What msgspec refuses and the RFC does not: numbers of thousands of digits, and halves of surrogate pairs."""
    try:
        return json.loads(text, parse_int=_whole, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise NotJson("the body is not JSON") from None


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # Python's own bound: reading a number takes time in proportion to the square of its digits
        return float(digits)


def _refuse(name: str) -> NoReturn:
    raise NotJson(f"the body is not JSON ({name} is no number there)")
