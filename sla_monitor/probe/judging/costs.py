"""Upper bounds for the cost of judging a body, which decide where it is judged (`judging.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sla_monitor.contract.endpoints.pattern import NS_PER_WEIGHT
from sla_monitor.probe.exchange.json_body import MOST_NODES, nodes_in

_NS_PER_BYTE = 75
"""Decoding: UTF-16 of half surrogate pairs; the usual takes a hundredth of it."""

_NS_PER_BYTE_SOUGHT = 4
_NS_PER_NODE, _NS_PER_STEP = 1_200, 2_000
"""Parsing, and a JSON path's steps. Numbers next to nothing take a microsecond, where they are parsed twice."""


class Costs:
    """`weight`: of all patterns, on the body's text; `sought`: how many texts are looked for; `steps`: for each JSON
    path, how many steps it takes in a document of so many values."""

    __slots__ = ("_json_ns", "_nodes", "_ns_per_byte", "_steps")

    def __init__(self, weight: float, sought: int, steps: Sequence[Callable[[int], int]]) -> None:
        self._ns_per_byte = _NS_PER_BYTE + _NS_PER_BYTE_SOUGHT * sought + NS_PER_WEIGHT * weight
        self._steps = steps
        self._nodes, self._json_ns = -1, 0

    def most_ns(self, body: bytes | bytearray, enough_ns: int) -> float:
        """Nanoseconds, whatever stands in the body. Above `enough_ns` it is not exact."""
        most_ns = len(body) * self._ns_per_byte
        if not self._steps or most_ns > enough_ns:
            return most_ns
        nodes = min(nodes_in(body), MOST_NODES)
        if nodes != self._nodes:  # an endpoint's answers mostly have as many as the last
            steps = sum(count(nodes) for count in self._steps)
            self._nodes, self._json_ns = nodes, _NS_PER_NODE * nodes + _NS_PER_STEP * steps
        return most_ns + self._json_ns
