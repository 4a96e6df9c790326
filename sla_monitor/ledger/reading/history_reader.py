"""Reads the history of single endpoints for a page: by the index, for what it costs, whatever else is in the record."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import partial

from sla_monitor.ledger.chaining.links import OBSERVATIONS
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.reading.reader import FROM_ENDED, FROM_LAST, SPAN_COLUMNS, Reader, reaching
from sla_monitor.ledger.recording.imports import Layer
from sla_monitor.sla.observation import Observation
from sla_monitor.sla.overlay import Layers, overlaid
from sla_monitor.sla.spans import Span

_OURS = "and e.key in (select value from json_each(:keys))"
_SPANS = (
    f"{SPAN_COLUMNS} {FROM_ENDED} {_OURS} order by e.id, s.start_ms",
    f"{SPAN_COLUMNS} {FROM_LAST} {_OURS}",
)
_NUMBERS = "select id, key from endpoints where key in (select value from json_each(?))"
_FIRST = """
select e.key, min(
  ifnull((select min(start_ms) from ended_spans where endpoint_id = e.id), 9e18),
  ifnull((select start_ms from last_spans where endpoint_id = e.id), 9e18))
from endpoints e where e.key in (select value from json_each(?))
"""
_AT = "select id from observations where at_ms = ? and endpoint_id = (select id from endpoints where key = ?)"


class HistoryReader(Reader):
    """A reader for pages. Its spans are those that the database keeps: unlike those that figures are made of, they are
    not held against the chain first, which reads the spans of all endpoints. Observations are."""

    def kept_spans(self, keys: Sequence[str], start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        """The whole spans of these endpoints that overlap `[start_ms, end_ms)`, ascending, imports included."""
        with self._proving() as proof:
            spans = self._kept(proof, keys, start_ms, end_ms)
            layers = self._layers(proof)
            for key in keys:
                if beneath := reaching(layers, key, (start_ms, end_ms)):
                    spans[key] = overlaid(partial(self._stacked, proof, key, beneath), start_ms, end_ms)
        return spans

    def first_seen_ms(self, keys: Sequence[str]) -> int | None:
        """When the first probe at any of these endpoints began, imports included; None: there is none."""
        with self._proving() as proof:
            layers = self._layers(proof)
            rows = proof.connection.execute(_FIRST, (json.dumps(list(keys)),)).fetchall()
        starts = [layer.endpoints[key][0] for layer in layers for key in keys if key in layer.endpoints]
        return min([*starts, *(int(ms) for _, ms in rows if ms < 9e18)], default=None)

    def observation_at(self, endpoint: str, at_ms: int) -> Observation | None:
        """The endpoint's observation that began at this very instant, verified, with its evidence; None: it is not in
        the ledger, but in the archive, say, or in an import."""
        with self._proving() as proof:
            ids = [number for (number,) in proof.connection.execute(_AT, (at_ms, endpoint))]
            rows = list(proof.keyed(OBSERVATIONS, ids[:1]).values())
            return next(iter(self._whole(proof, endpoint, rows)), None)

    def _kept(self, proof: Proof, keys: Iterable[str], start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        listed = json.dumps(list(keys))
        names = dict(proof.connection.execute(_NUMBERS, (listed,)))
        found: dict[str, list[Span]] = defaultdict(list)
        for query in _SPANS:
            for row in proof.connection.execute(query, {"keys": listed, "start_ms": start_ms, "end_ms": end_ms}):
                found[names[row[0]]].append(self._span(row))
        return dict(found)

    def _stacked(self, proof: Proof, key: str, layers: Sequence[Layer], start_ms: int, end_ms: int) -> Layers:
        own = self._kept(proof, (key,), start_ms, end_ms).get(key, [])
        return self._over(proof, key, own, layers, (start_ms, end_ms))
