"""Spans as they are to be, by what the chain says of them and by the observations since it last did.

Spans are worked out from observations as these come in, and what was told of them then is chained (`span_states`). To
know whether the spans of a month are as they were, its rows of that table are read, and the observations after the
last time that all endpoints were told of: a day's at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from sla_monitor.ledger.chaining.links import Row
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.span_states import SpanRow, StateRow, put
from sla_monitor.ledger.recording.tally import Meanings
from sla_monitor.sla.spans import Span, extend

_FIRST = "select min(id) from span_states where end_ms > ?"
_COMPLETE = "select id, observation_id from span_states where is_complete = 1 order by id desc limit 1"
_LAST = "select ifnull(max(id), 0) from span_states"
_SEEN = "select ifnull(max(id), 0) from observations"
_STATE = "select max(id) from span_states where endpoint_id = ?"
_OLDEST = "select id from span_states where endpoint_id = ? order by start_ms, id limit 1"
_EVERY = """
select observation_id from intervals where endpoint_id = ? and observation_id <= ? order by observation_id desc limit 1
"""


class FirstSpans:
    """When the first span of each endpoint began, as far as the chain has been read for it."""

    def __init__(self) -> None:
        self._row = 0
        self._begun: dict[int, int] = {}

    def read_to(self, proof: Proof, last: int) -> dict[int, int]:
        """By endpoint, from the first row of `span_states` to `last` at least. Raises LedgerDamaged."""
        if last <= self._row:
            return self._begun
        begun = dict(self._begun)
        for row in proof.rows("span_states", self._row + 1, last):
            begun[row[1]] = min(begun.get(row[1], row[3]), row[3])
        self._row, self._begun = max(self._row, last), begun
        return begun


class SpanProof:
    """The spans that end after `since_ms`, kept and read on from one call to the next."""

    def __init__(self, since_ms: int, meanings: Meanings, begun: FirstSpans) -> None:
        self.since_ms = since_ms
        self._begun = begun
        self._meanings = meanings
        self._codes = {name: number for number, name in meanings.outcomes.items()}
        self._reasons = {name: number for number, name in meanings.reasons.items()}
        self._spans: dict[int, list[SpanRow]] = defaultdict(list)
        self._told_at: dict[int, int] = {}
        self._every_ms: dict[int, int] = {}
        self._row, self._seen, self._is_begun = 0, 0, False

    def read_on(self, proof: Proof) -> None:
        """Take in what has come since. Raises LedgerDamaged."""
        ask = proof.connection.execute
        if not self._is_begun:
            complete, self._seen = ask(_COMPLETE).fetchone() or (1, 0)
            first = ask(_FIRST, (self.since_ms,)).fetchone()[0]
            self._row = min(complete, complete if first is None else first) - 1
            self._is_begun = True
        last, seen = ask(_LAST).fetchone()[0], ask(_SEEN).fetchone()[0]
        for row in proof.rows("span_states", self._row + 1, last):
            self._take(row)
        self._row = last
        every = {row[1]: row[2] for row in proof.rows("intervals", self._seen + 1, seen)}
        for observation in proof.rows("observations", self._seen + 1, seen):
            self._extend(proof, observation, every.get(observation[0]))
        self._seen = max(self._seen, seen)

    def spans(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, list[SpanRow]]]:
        """Those of each endpoint that overlap a range."""
        for endpoint, several in self._spans.items():
            if found := [span for span in several if span[1] < end_ms and span[2] > start_ms]:
                yield endpoint, found

    def forget(self, before_ms: int) -> None:
        """Keep no more than what ends after an instant."""
        self.since_ms = before_ms
        for several in self._spans.values():
            place = next((at for at, span in enumerate(several) if span[2] > before_ms), len(several) - 1)
            del several[:place]

    def first_ms(self, proof: Proof, endpoints: Iterable[int]) -> int | None:
        """When the first span of any of these endpoints began."""
        first = {endpoint: proof.connection.execute(_OLDEST, (endpoint,)).fetchone() for endpoint in endpoints}
        told = {endpoint: row[0] for endpoint, row in first.items() if row is not None}
        # All that was told up to the last of them is read, once: nothing that was told before is missing.
        begun = self._begun.read_to(proof, max(told.values(), default=0))
        new = [self._spans[endpoint][0][1] for endpoint in first if endpoint not in told and self._spans.get(endpoint)]
        return min((*(begun[endpoint] for endpoint in told), *new), default=None)

    def _take(self, row: StateRow) -> None:
        endpoint = row[1]
        put(self._spans[endpoint], row)
        self._told_at[endpoint] = row[2]
        if row[8]:  # of one observation at least: the last of them vouches for so long
            self._every_ms[endpoint] = row[4] - row[5]
        else:
            self._every_ms.pop(endpoint, None)

    def _extend(self, proof: Proof, observation: Row, every_ms: int | None) -> None:
        number, endpoint, at_ms, outcome, reason = observation[:5]
        if endpoint not in self._told_at:
            self._recall(proof, endpoint)
        if number <= self._told_at[endpoint]:
            return
        if every_ms is not None:
            self._every_ms[endpoint] = every_ms
        elif endpoint not in self._every_ms:
            self._every_ms[endpoint] = self._interval(proof, endpoint, number)
        several = self._spans[endpoint]
        last = self._meanings.span(several[-1][1:]) if several else None
        names = self._meanings.outcomes[outcome], self._meanings.reasons[reason]
        extended = extend(last, at_ms, *names, self._every_ms[endpoint])
        if extended[-1] is not last:
            several[-1:] = [self._row_of(endpoint, span) for span in extended]

    def _recall(self, proof: Proof, endpoint: int) -> None:
        """What was told last of an endpoint that nothing was told of since."""
        self._told_at[endpoint] = 0
        (newest,) = proof.connection.execute(_STATE, (endpoint,)).fetchone()
        if newest is not None:
            self._take(proof.keyed("span_states", [newest])[newest])

    def _interval(self, proof: Proof, endpoint: int, number: int) -> int:
        place = proof.connection.execute(_EVERY, (endpoint, number)).fetchone()
        if place is None:
            raise proof.refused(f"observation {number} has no interval")
        return int(proof.keyed("intervals", place)[place[0]][2])

    def _row_of(self, endpoint: int, span: Span) -> SpanRow:
        start_ms, end_ms, seen_ms, outcome, reason, probes = span
        return endpoint, start_ms, end_ms, seen_ms, self._codes[outcome], self._reasons[reason], probes
