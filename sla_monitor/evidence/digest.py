"""One number for all that went into an assessment: who has the same one worked from the same evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from sla_monitor.contract.contract import Contract
from sla_monitor.evidence.source import Source, endpoint_keys
from sla_monitor.evidence.writing import entry_json
from sla_monitor.register.entries import Entry
from sla_monitor.sla.looks import Sample
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span


class Digested:
    """Evidence that keeps account of the looks that are read from it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._looks: dict[tuple[str, int, int], str] = {}

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        return self._source.spans(start_ms, end_ms)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        digest = sha256()
        for sample in self._source.samples(key, start_ms, end_ms):
            digest.update(_look_line(sample).encode())
            yield sample
        self._looks[key, start_ms, end_ms] = digest.hexdigest()

    def entries(self, contract: str) -> Sequence[Entry]:
        return self._source.entries(contract)

    def first_ms(self, contract: str) -> int | None:
        return self._source.first_ms(contract)

    def digest(self, contract: Contract, start_ms: int, end_ms: int) -> str:
        """SHA-256, in hex, of the contract's spans in a range, of the looks that were read, and of its entries."""
        digest = sha256()
        for line in self._lines(contract, start_ms, end_ms):
            digest.update(line.encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def _lines(self, contract: Contract, start_ms: int, end_ms: int) -> Iterable[str]:
        spans = self._source.spans(start_ms, end_ms)
        for key in endpoint_keys(contract):
            yield from (_span_line(key, span, start_ms, end_ms) for span in spans.get(key, ()))
        for (key, begin_ms, stop_ms), looks in sorted(self._looks.items()):
            yield f"looks {key} {begin_ms} {stop_ms} {looks}\n"
        for entry in self._source.entries(contract.id):
            yield f"entry {json.dumps(entry_json(entry), sort_keys=True, separators=(',', ':'))}\n"


def _span_line(key: str, span: Span, start_ms: int, end_ms: int) -> str:
    """Of an outage all of it, since it is judged as a whole; of any other span what lies in the range, so that a
    span that goes on after it does not make another number of the same month."""
    if span.outcome is Outcome.DOWN:
        return f"span {key} {span.start_ms} {span.end_ms} down {span.reason or '-'} {span.looks}\n"
    return f"span {key} {max(span.start_ms, start_ms)} {min(span.end_ms, end_ms)} {span.outcome}\n"


def _look_line(sample: Sample) -> str:
    at_ms, outcome, duration_us, first_byte_us = sample
    return f"{at_ms} {outcome} {duration_us} {'-' if first_byte_us is None else first_byte_us}\n"
