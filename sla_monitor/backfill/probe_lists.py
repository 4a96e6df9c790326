"""Probes that somebody else made, in whatever order and however many, as spans and single observations of ours.

They wait in a temporary database on the disk, sorted there: a file of years need not be in memory.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, groupby, islice, pairwise
from operator import itemgetter
from typing import Any, NamedTuple, Self

from sla_monitor.errors import BackfillError
from sla_monitor.ledger.recording.imports import ROWS_LIMIT
from sla_monitor.register.importing import abridged
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.samples import CODES, NONE, Samples
from sla_monitor.sla.spans import Span, extend

AT_ONCE = 10_000
_EXAMINED = 1_000
"""Samples from which the usual distance between them is taken."""

_TABLE = """
create table probes (
  endpoint text, at_ms integer, outcome text, reason text, every_ms integer, duration_us integer, place integer
)
"""
_SORTED = """
select endpoint, at_ms, outcome, reason, every_ms, duration_us, place from probes order by endpoint, at_ms, place
"""


class Probe(NamedTuple):
    """One of them. `every_ms`: for how long it vouches. `place`: the line or row on which it stands."""

    endpoint: str
    at_ms: int
    outcome: Outcome
    reason: Reason | None
    every_ms: int
    duration_us: int | None = None
    place: int = 0


@dataclass(slots=True)
class BackfillRecord:
    """What somebody else's record tells, by endpoint id."""

    spans: dict[str, list[Span]] = field(default_factory=dict)
    samples: dict[str, Samples] = field(default_factory=dict)

    @property
    def range_ms(self) -> tuple[int, int]:
        """From when until when. Raises BackfillError for a record that tells nothing."""
        reach = [(spans[0].start_ms, spans[-1].end_ms) for spans in self.spans.values() if spans]
        if not reach:
            raise BackfillError(["no data to import (check the range and the query)"])
        return min(one[0] for one in reach), max(one[1] for one in reach)

    def of(self, endpoints: Iterable[str]) -> None:
        """Raises BackfillError where nothing is told of one of these."""
        silent = [name for name in endpoints if not self.spans.get(name)]
        if silent:
            raise BackfillError([f"{name}: there is nothing on record of it in that time" for name in silent])

    def until(self, end_ms: int) -> BackfillRecord:
        """The same up to an instant: what vouches for longer ends there."""
        cut = {
            name: [span._replace(end_ms=min(span.end_ms, end_ms)) for span in spans if span.start_ms < end_ms]
            for name, spans in self.spans.items()
        }
        return BackfillRecord(cut, self.samples)


class Probes:
    """A record on its way in. Give it back with `close`."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # a file that SQLite removes by itself
        self._database.execute("pragma journal_mode = off")
        self._database.execute("pragma synchronous = off")
        self._database.execute(_TABLE)

    def add(self, several: Iterator[Probe]) -> int:
        """Take them in; how many there were."""
        count = 0
        while some := list(islice(several, AT_ONCE)):
            self._database.execute("begin")
            self._database.executemany("insert into probes values (?, ?, ?, ?, ?, ?, ?)", map(tuple, some))
            self._database.execute("commit")
            count += len(some)
        return count

    def collected(self, name: str, single: Collection[str]) -> BackfillRecord:
        """What they come to, with the single observations at some endpoints. The same probe twice is one; raises
        BackfillError where two of one instant differ. `name`: what messages call a probe's place: `file.csv:`, say."""
        told, problems = BackfillRecord(), list[str]()
        with closing(self._database.execute(_SORTED)) as rows:
            for endpoint, several in groupby(rows, itemgetter(0)):
                spans, samples = list[Span](), Samples()
                for row in _once(several, name, problems):
                    _, at_ms, outcome, reason, every_ms, duration_us, _ = row
                    found = Outcome(outcome)
                    last = spans.pop() if spans else None
                    spans += extend(last, at_ms, found, Reason(reason) if reason else None, every_ms)
                    if endpoint in single:
                        samples.at_ms.append(at_ms)
                        samples.outcomes.append(CODES[found])
                        samples.duration_us.append(NONE if duration_us is None else duration_us)
                        samples.first_byte_us.append(NONE)
                    if len(spans) > ROWS_LIMIT:
                        raise BackfillError([f"{endpoint} changes more than {ROWS_LIMIT:,} times (take a part of it)"])
                told.spans[endpoint] = spans
                if samples:
                    told.samples[endpoint] = samples
        if problems:
            raise BackfillError(abridged(problems))
        return told

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _once(rows: Iterator[tuple[Any, ...]], name: str, problems: list[str]) -> Iterator[tuple[Any, ...]]:
    """Each instant once; what differs there is a problem, because nobody can know which of them is right."""
    last: tuple[Any, ...] | None = None
    for row in rows:
        if last is None or row[1] != last[1]:
            yield row
            last = row
        elif row[2:6] != last[2:6]:
            problems.append(
                f"{name}{row[6]}: {row[0]} has another probe at {format_utc(row[1])}, which found something else:"
                f" {last[6]} (keep one of the two)"
            )


VALUES = {"1": Outcome.UP, "0": Outcome.DOWN}
_SHORTEST_MS = 1_000


def of_values(endpoint: str, samples: Iterable[tuple[int, str]], every_ms: int | None) -> Iterator[Probe]:
    """Samples of a series, which is 1 where all was well and 0 where it was not, as probes. Without an interval each
    vouches for the usual distance between them, in whole seconds. Raises BackfillError for any other value."""
    coming = iter(samples)
    first = list(islice(coming, _EXAMINED))
    vouches_ms = every_ms or _usual_ms([at_ms for at_ms, _ in first])
    for at_ms, value in chain(first, coming):
        outcome = VALUES.get(value)
        if outcome is not None:
            yield Probe(endpoint, at_ms, outcome, None, vouches_ms)
        elif value != "NaN":
            found = f"{endpoint}: the series is {value[:20]} at {format_utc(at_ms)}, and not 0 or 1"
            raise BackfillError([f"{found} (ask what is true or not, such as `errors < bool 0.05`)"])


def _usual_ms(at_ms: Sequence[int]) -> int:
    """The distance that occurs most often."""
    found = Counter(max(_SHORTEST_MS, round(later - at, -3)) for at, later in pairwise(at_ms))
    return found.most_common(1)[0][0] if found else _SHORTEST_MS
