"""Single observations of the running month, kept in memory so that each is read from the record once."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sla_monitor.contract.contract import Contract
from sla_monitor.evidence.source import sampled_keys
from sla_monitor.sla.evidence import EndpointSamples, Evidence, Forwarding
from sla_monitor.sla.samples import DAY_MS, Sample, Samples
from sla_monitor.sla.spans import Span

SETTLED_AFTER_MS = 600_000
"""Younger observations are read again: one that was late may still come in before one that was not."""


@dataclass(slots=True)
class CachedSamples:
    """One endpoint's observations in `[start_ms, until_ms)`, a day in each piece, in 25 bytes each. `wanted_ms`: the
    earliest that anybody has asked for in the assessment that goes on."""

    start_ms: int
    until_ms: int
    wanted_ms: int = sys.maxsize
    days: list[Samples] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.days))

    def add(self, samples: Samples) -> None:
        """Take in observations that follow, none of them across a midnight."""
        if self.days and samples and self.days[-1].at_ms[0] // DAY_MS == samples.at_ms[0] // DAY_MS:
            self.days[-1].extend(samples)
        elif samples:
            self.days.append(samples)

    def between(self, start_ms: int, end_ms: int) -> Iterator[Samples]:
        pieces = (day.between(start_ms, end_ms) for day in self.days)
        return (piece for piece in pieces if piece)

    def trim(self) -> None:
        """Forget what the last assessment did not ask for, such as the month before."""
        start_ms, self.wanted_ms = self.wanted_ms, sys.maxsize
        if start_ms in {self.start_ms, sys.maxsize}:
            return
        self.days = list(self.between(start_ms, sys.maxsize))
        self.start_ms, self.until_ms = start_ms, max(self.until_ms, start_ms)


@dataclass(slots=True)
class Memory:
    """What is kept of one contract's endpoints, by key; `together`: the keys of those whose observations matter at
    all."""

    kept: dict[str, CachedSamples] = field(default_factory=dict)
    together: Mapping[str, None] = field(default_factory=dict)

    def expect(self, contract: Contract) -> None:
        """The observations of this contract will be asked for."""
        self.together = dict.fromkeys(sampled_keys(contract))


class SampleCache(Forwarding):
    """An evidence whose observations at the present are remembered from one assessment to the next, in `memory`.

    Where the evidence can, it is asked for those at all endpoints at once, whichever is wanted first.
    """

    def __init__(self, evidence: Evidence, memory: Memory, now_ms: int) -> None:
        self._evidence, self._memory = evidence, memory.kept
        # While the disk takes nothing, observations wait in memory for as long as that lasts.
        held_ms = evidence.held_since_ms()
        self._settled_ms = min(now_ms, now_ms if held_ms is None else held_ms) - SETTLED_AFTER_MS
        self._together = memory.together if evidence.reads_together else {}
        self._young: dict[tuple[str, int, int], list[Samples]] = {}
        for kept in memory.kept.values():
            kept.trim()

    def behind(self) -> Evidence:
        return self._evidence

    def contract_spans(self, contract: str, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        return self._evidence.contract_spans(contract, start_ms, end_ms)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        for _, samples in self.columns((key,), start_ms, end_ms):
            yield from samples

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        self._read(keys, start_ms)
        for key in keys:
            kept = self._memory[key]
            kept.wanted_ms = min(kept.wanted_ms, start_ms)
            yield from ((key, samples) for samples in kept.between(start_ms, min(end_ms, kept.until_ms)))
            young = self._youngest(key, max(start_ms, kept.until_ms), end_ms)
            yield from ((key, samples) for samples in young)

    def worked_out(self, digest: str) -> str | None:
        """Nothing: of time of which not everything is in, each question is another one."""
        return None

    def keep(self, digest: str, body: str) -> None:
        """Not at all, as above: such answers would fill the ledger."""

    def _read(self, keys: Sequence[str], start_ms: int) -> None:
        """Have the observations from then on in memory, as far as they are settled."""
        new = [key for key in keys if key not in self._memory or start_ms < self._memory[key].start_ms]
        self._memory |= {key: CachedSamples(start_ms, start_ms) for key in new}
        if new:
            self._memory |= {
                key: CachedSamples(start_ms, start_ms) for key in self._together if key not in self._memory
            }
        known = self._memory.keys() & {*keys, *self._together}
        late = [key for key in known if self._memory[key].until_ms < self._settled_ms]
        for _, several in groupby(sorted(late, key=self._place), self._place):
            self._settle(tuple(several))

    def _place(self, key: str) -> tuple[int, int]:
        return self._memory[key].until_ms, self._memory[key].start_ms

    def _settle(self, keys: Sequence[str]) -> None:
        """Read on at endpoints that have been read from one instant to another."""
        until_ms, start_ms = self._place(keys[0])
        self._evidence.keep_samples(keys, start_ms, self._settled_ms)
        try:
            for key, samples in self._evidence.columns(keys, until_ms, self._settled_ms):
                self._memory[key].add(samples)
        except BaseException:
            for key in keys:  # half of it was read
                del self._memory[key]
            raise
        for key in keys:
            self._memory[key].until_ms = self._settled_ms

    def _youngest(self, key: str, start_ms: int, end_ms: int) -> list[Samples]:
        """Observations that are not settled, read once for all that ask for them now."""
        if (key, start_ms, end_ms) not in self._young:
            several = self._like(key)
            self._young |= {(other, start_ms, end_ms): [] for other in several}
            for name, samples in self._evidence.columns(several, start_ms, end_ms):
                self._young[name, start_ms, end_ms].append(samples)
        return self._young[key, start_ms, end_ms]

    def _like(self, key: str) -> Sequence[str]:
        """The endpoints that are read with one."""
        return tuple(self._together) if key in self._together else (key,)
