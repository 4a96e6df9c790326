"""Observations of one endpoint as columns, so that a million of them are processed in C, column by column."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import or_
from typing import Any, Self, TypeVar

from sla_monitor.periods.intervals import Intervals, intersect
from sla_monitor.sla.observation import Outcome

Sample = tuple[int, Outcome, int | None, int | None]
"""When an observation began (UTC ms), what it found, how long it took and its first byte was in coming (both in µs;
None: that is not known, or never came)."""

T = TypeVar("T")

NONE = -1
"""Stands for a first byte that never came, and for a time that nobody took down."""

DAY_MS = 86_400_000

_ANSWERS = 16
"""Remembered at once: more than the terms ask of a day, and no hoard of what a register that changes has asked."""

OUTCOMES = tuple(Outcome)
CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_DOWN, _UNKNOWN = CODES[Outcome.DOWN], CODES[Outcome.UNKNOWN]
_ARE_DOWN = bytes(code == _DOWN for code in range(256))
_ARE_SEEN = bytes(code != _UNKNOWN for code in range(256))
_ANSWERED = bytes(code != _DOWN for code in range(256))


def _integers() -> array[int]:
    return array("q")


def _times(several: Iterable[int | None]) -> array[int]:
    return array("q", (NONE if us is None else us for us in several))


@dataclass(slots=True)
class Samples:
    """Ascending by when they began: UTC milliseconds, places in OUTCOMES, microseconds twice."""

    at_ms: array[int] = field(default_factory=_integers)
    outcomes: bytearray = field(default_factory=bytearray)
    duration_us: array[int] = field(default_factory=_integers)
    first_byte_us: array[int] = field(default_factory=_integers)
    _answers: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Self:
        """The same observations, given one by one."""
        rows = list(samples)
        if not rows:
            return cls()
        at_ms, outcomes, duration_us, first_byte_us = zip(*rows, strict=True)
        codes = bytearray(map(CODES.__getitem__, outcomes))
        return cls(array("q", at_ms), codes, _times(duration_us), _times(first_byte_us))

    def __len__(self) -> int:
        return len(self.at_ms)

    def __iter__(self) -> Iterator[Sample]:
        outcomes = map(OUTCOMES.__getitem__, self.outcomes)
        times = ((None if us == NONE else us for us in column) for column in (self.duration_us, self.first_byte_us))
        return zip(self.at_ms, outcomes, *times, strict=True)

    def extend(self, others: Samples) -> None:
        """Add observations that follow."""
        self._answers.clear()
        self.at_ms += others.at_ms
        self.outcomes += others.outcomes
        self.duration_us += others.duration_us
        self.first_byte_us += others.first_byte_us

    def once(self, question: object, answer: Callable[[], T]) -> T:
        """What was made of these observations, for as long as none are added: a day that is over is asked the same at
        every assessment. The question names all that the answer depends on beside them."""
        if question not in self._answers:
            if len(self._answers) >= _ANSWERS:
                self._answers.clear()
            self._answers[question] = answer()
        found: T = self._answers[question]
        return found

    def between(self, start_ms: int, end_ms: int) -> Samples:
        """Those that began in `[start_ms, end_ms)`: these themselves where that is all of them."""
        if self.at_ms and start_ms <= self.at_ms[0] and self.at_ms[-1] < end_ms:
            return self
        begin = bisect_left(self.at_ms, start_ms)
        end = bisect_left(self.at_ms, end_ms, begin)
        return Samples(
            self.at_ms[begin:end], self.outcomes[begin:end], self.duration_us[begin:end], self.first_byte_us[begin:end]
        )

    def inside(self, intervals: Intervals) -> Samples:
        """Those that began inside."""
        touched = self.touched(intervals)
        if len(touched) == 1:
            return self.between(*touched[0])
        found = Samples()
        for start_ms, end_ms in touched:
            found.extend(self.between(start_ms, end_ms))
        return found

    def touched(self, intervals: Intervals) -> Intervals:
        """The parts of intervals that these observations lie in or between."""
        return intersect(intervals, [(self.at_ms[0], self.at_ms[-1] + 1)]) if self.at_ms else []

    def corrected(self, corrections: Sequence[tuple[int, int, Outcome]]) -> Samples:
        """As somebody says that it was, from when to when; later words win."""
        if not corrections:
            return self
        outcomes = bytearray(self.outcomes)
        for start_ms, end_ms, said in corrections:
            begin, end = bisect_left(self.at_ms, start_ms), bisect_left(self.at_ms, end_ms)
            outcomes[begin:end] = bytes([CODES[said]]) * (end - begin)
        return Samples(self.at_ms, outcomes, self.duration_us, self.first_byte_us)

    def seen(self) -> Samples:
        """Those that saw something."""
        if _UNKNOWN not in self.outcomes:
            return self
        are_seen = self.outcomes.translate(_ARE_SEEN)
        return Samples(
            array("q", compress(self.at_ms, are_seen)),
            bytearray(compress(self.outcomes, are_seen)),
            array("q", compress(self.duration_us, are_seen)),
            array("q", compress(self.first_byte_us, are_seen)),
        )

    def answer_times_us(self) -> Iterator[int]:
        """How long answers took. An observation that found the endpoint down is a time if an answer had begun: what was
        refused at once, or never answered, is the business of availability, and would make the mean better or worse
        than it was."""
        has_begun = map(NONE.__lt__, self.first_byte_us)
        answered = compress(self.duration_us, map(or_, has_begun, self.outcomes.translate(_ANSWERED)))
        return filter(NONE.__lt__, answered)

    def first_bytes_us(self) -> Iterator[int]:
        """How long first bytes were in coming, where they came."""
        return filter(NONE.__lt__, self.first_byte_us)

    def failed_at_ms(self) -> Iterator[int]:
        """When the observations that found the endpoint down began."""
        return compress(self.at_ms, self.outcomes.translate(_ARE_DOWN))

    def by_day(self) -> Iterator[Samples]:
        """The same in pieces, none of them across a midnight of UTC: what works through one piece at a time never
        keeps the interpreter for long."""
        begin = 0
        while begin < len(self.at_ms):
            start_ms = self.at_ms[begin]
            piece = self.between(start_ms, (start_ms // DAY_MS + 1) * DAY_MS)
            yield piece
            begin += len(piece)
