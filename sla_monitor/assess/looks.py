"""Single looks of the running month, kept in memory so that each is read from the record once."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sla_monitor.assess.seen import Evidence, Sample
from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span

SETTLED_AFTER_MS = 600_000
"""Younger looks are read again: one that was late may still come in before one that was not."""

_OUTCOMES = tuple(Outcome)
_CODES = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
_NONE = -1


@dataclass(slots=True)
class Kept:
    """One endpoint's looks in `[start_ms, until_ms)`, in 25 bytes each. `wanted_ms`: the earliest that anybody has
    asked for in the assessment that goes on."""

    start_ms: int
    until_ms: int
    wanted_ms: int
    at: array[int] = field(default_factory=lambda: array("q"))
    outcome: array[int] = field(default_factory=lambda: array("b"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    first_byte: array[int] = field(default_factory=lambda: array("q"))

    def add(self, sample: Sample) -> None:
        at_ms, outcome, duration_us, first_byte_us = sample
        self.at.append(at_ms)
        self.outcome.append(_CODES[outcome])
        self.duration.append(duration_us)
        self.first_byte.append(_NONE if first_byte_us is None else first_byte_us)

    def between(self, start_ms: int, end_ms: int) -> Iterator[Sample]:
        begin, end = bisect_left(self.at, start_ms), bisect_left(self.at, end_ms)
        outcomes = map(_OUTCOMES.__getitem__, self.outcome[begin:end])
        first_bytes = (None if us == _NONE else us for us in self.first_byte[begin:end])
        return zip(self.at[begin:end], outcomes, self.duration[begin:end], first_bytes, strict=True)

    def trim(self) -> None:
        """Forget what the last assessment did not ask for, such as the month before."""
        start_ms, self.wanted_ms = self.wanted_ms, sys.maxsize
        if start_ms in {self.start_ms, sys.maxsize}:
            return
        cut = bisect_left(self.at, start_ms)
        for column in (self.at, self.outcome, self.duration, self.first_byte):
            del column[:cut]
        self.start_ms, self.until_ms = start_ms, max(self.until_ms, start_ms)


class Remembering:
    """An evidence whose looks at the present are remembered from one assessment to the next, in `memory`."""

    def __init__(self, evidence: Evidence, memory: dict[str, Kept], now_ms: int) -> None:
        self._evidence, self._memory = evidence, memory
        self._settled_ms = now_ms - SETTLED_AFTER_MS
        for kept in memory.values():
            kept.trim()

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        return self._evidence.spans(start_ms, end_ms)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        kept = self._memory.get(key)
        if kept is None or start_ms < kept.start_ms:
            kept = self._memory[key] = Kept(start_ms, start_ms, start_ms)
        kept.wanted_ms = min(kept.wanted_ms, start_ms)
        if self._settled_ms > kept.until_ms:
            for sample in self._evidence.samples(key, kept.until_ms, self._settled_ms):
                kept.add(sample)
            kept.until_ms = self._settled_ms
        yield from kept.between(start_ms, min(end_ms, kept.until_ms))
        yield from self._evidence.samples(key, max(start_ms, kept.until_ms), end_ms)

    def entries(self, contract: str) -> Sequence[Entry]:
        return self._evidence.entries(contract)

    def first_ms(self, contract: str) -> int | None:
        return self._evidence.first_ms(contract)
