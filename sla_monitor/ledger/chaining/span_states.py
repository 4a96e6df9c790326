"""States of spans in the chain (`span_states`), and the spans that they add up to.

Each row is the state of an endpoint's latest span after an observation. It replaces all earlier states of that endpoint
from the span's start on: of the same span while it lasted, and of others where the clock was corrected or spans were
rebuilt.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.reading.pruned_days import last_observation

SpanRow: TypeAlias = tuple[Any, ...]
"""`endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks`, as in `ended_spans` and `last_spans`."""

StateRow: TypeAlias = Sequence[Any]
"""A row of `span_states`: `id`, `endpoint_id`, `observation_id`, the rest of a SpanRow, `is_complete`."""

_ALL = "select * from span_states order by id"
_INSERT = "insert into span_states values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id"
_UNTOLD = """
select endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks from last_spans l where not exists (
  select 1 from span_states s where s.endpoint_id = l.endpoint_id and s.start_ms = l.start_ms and s.seen_ms = l.seen_ms)
"""
_SPANS = """
select endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks from {0}.ended_spans
union all select endpoint_id, start_ms, end_ms, seen_ms, outcome, reason, looks from {0}.last_spans
order by endpoint_id, start_ms
"""


def replayed(rows: Iterable[StateRow]) -> dict[int, list[SpanRow]]:
    """The spans of each endpoint that these rows come to, in their order; the last of each as it was told last."""
    spans: dict[int, list[SpanRow]] = defaultdict(list)
    for row in rows:
        put(spans[row[1]], row)
    return dict(spans)


def put(several: list[SpanRow], row: StateRow) -> None:
    """Take a row into the spans of its endpoint."""
    _, endpoint, _, start_ms, *rest, _ = row
    while several and several[-1][1] >= start_ms:
        several.pop()
    several.append((endpoint, start_ms, *rest))


def chained_spans(connection: sqlite3.Connection) -> dict[int, list[SpanRow]]:
    """All that was told."""
    return replayed(connection.execute(_ALL))


def spans_in(connection: sqlite3.Connection, schema: str = "main") -> dict[int, list[SpanRow]]:
    """The spans of each endpoint in `ended_spans` and `last_spans`."""
    spans: dict[int, list[SpanRow]] = defaultdict(list)
    for row in connection.execute(_SPANS.format(schema)):
        spans[row[0]].append(row)
    return dict(spans)


def chain_spans(connection: sqlite3.Connection) -> None:
    """Tell in the chain what spans are now, where it is not what was told of them, inside the transaction that is
    open. Whoever writes spans that no observation has made calls it."""
    told = chained_spans(connection)
    rows: list[SpanRow] = []
    for endpoint, several in sorted(spans_in(connection).items()):
        known = told.get(endpoint, [])
        if known == several:
            continue
        pairs = enumerate(zip(known, several, strict=False))
        same = next((place for place, pair in pairs if pair[0] != pair[1]), min(len(known), len(several)))
        rows += several[max(0, same - 1) :]  # from one before on: it takes out whatever was told after it
    _chain(connection, rows)


def chain_latest_spans(connection: sqlite3.Connection) -> None:
    """The same of the latest span of each endpoint alone, for what was seen since: then no observation is needed any
    more to know that they are right."""
    _chain(connection, connection.execute(_UNTOLD).fetchall())


def _chain(connection: sqlite3.Connection, rows: Sequence[SpanRow]) -> None:
    seen_to, added = last_observation(connection), []
    for place, (endpoint, *rest) in enumerate(rows, start=1):
        values = endpoint, seen_to, *rest, int(place == len(rows))
        added.append((connection.execute(_INSERT, values).fetchone()[0], *values))
    append(connection, rows[-1][3] if rows else 0, {"span_states": added})
