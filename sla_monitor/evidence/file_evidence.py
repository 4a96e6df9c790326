"""A file's evidence as the assessment asks for it: whole spans, single observations, entries."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.evidence.document import (
    EvidenceDocument,
    Filled,
    ImportRecord,
    ObservationRecord,
    ObservationsRecord,
    Outages,
    SampleBlock,
    SpanRecord,
    SpansRecord,
)
from sla_monitor.evidence.rules import endpoints_by_service
from sla_monitor.evidence.source import sites_of
from sla_monitor.periods.intervals import Intervals, intersect, normal, subtract
from sla_monitor.register.attachments import AttachedFile, EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Span, extend, joined

CONFIRMED = 1_000
"""Observations of an outage that somebody states: more than any contract asks to confirm one."""


class FileEvidence(Evidence):
    """What a file says of one contract. Keys of endpoints are those of the ledger."""

    def __init__(self, document: EvidenceDocument, contract: Contract) -> None:
        self.contract = contract.id
        self.as_of_ms = document.as_of_ms
        self._range = (document.seen.from_ms, document.seen.until_ms)
        self._entries = document.entries
        self._attachments = document.attachments
        self._clock_moves = [
            ClockMove(one.at_ms, one.at_ms - one.expected_ms, one.slept_ms) for one in document.clock_moves
        ]
        self._imports = document.imports
        self._services, self._keys = endpoints_by_service(contract), _KeysOf(contract)
        spans: dict[str, list[Span]] = {}
        for key, several in self._all_spans(document):
            spans.setdefault(key, []).extend(several)
        self._spans = {key: joined(sorted(several, key=_start)) for key, several in sorted(spans.items())}
        self._samples = _observations(document, self._keys)

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        """Whole spans that overlap `[start_ms, end_ms)`, ascending, for each endpoint key that has any."""
        cut = {key: _overlapping(several, start_ms, end_ms) for key, several in self._spans.items()}
        return {key: several for key, several in cut.items() if several}

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        """The endpoint's observations that began in `[start_ms, end_ms)`, ascending."""
        observations = self._samples.get(key, ())
        begin = bisect_left(observations, start_ms, key=_at)
        for observation in observations[begin : bisect_left(observations, end_ms, begin, key=_at)]:
            yield observation.at_ms, observation.outcome, observation.duration_us, observation.first_byte_us

    def entries(self, contract: str) -> Sequence[Entry]:
        return self._entries if contract == self.contract else ()

    def entry_files(self, contract: str) -> Sequence[EntryFile]:
        several = self._attachments if contract == self.contract else ()
        return [
            EntryFile(one.entry, one.at_ms, one.actor, AttachedFile(one.name, one.media_type, one.digest, one.size))
            for one in several
        ]

    def first_ms(self, contract: str) -> int | None:
        """Since when anything was seen."""
        return self._range[0] if contract == self.contract else None

    def clock_moves(self, start_ms: int, end_ms: int) -> list[ClockMove]:
        return [move for move in self._clock_moves if move.concerns(start_ms, end_ms)]

    def imports(self, contract: str) -> Sequence[Import]:
        """What the ledger that wrote the file had brought in from elsewhere."""
        return tuple(map(_import, self._imports)) if contract == self.contract else ()

    def imported(self, contract: str, start_ms: int, end_ms: int) -> dict[int, dict[str, Intervals]]:
        """By import and endpoint key, when what is known in `[start_ms, end_ms)` was brought in by it."""
        found: dict[int, dict[str, Intervals]] = {}
        for record in self._imports if contract == self.contract else ():
            when: dict[str, list[tuple[int, int]]] = {}
            for one in record.filled:
                when.setdefault(self._keys.of(one), []).append((one.start_ms, one.end_ms))
            cut = {key: intersect(normal(pairs), [(start_ms, end_ms)]) for key, pairs in when.items()}
            if seen := {key: several for key, several in cut.items() if several}:
                found[record.number] = seen
        return found

    @property
    def until_ms(self) -> int:
        """The end of the time that the file speaks of."""
        return self._range[1]

    def _all_spans(self, document: EvidenceDocument) -> Iterator[tuple[str, list[Span]]]:
        stated: dict[str, list[Outages]] = {}
        for observed in document.observed:
            if isinstance(observed, SpansRecord):
                yield self._keys.of(observed), [_span(record) for record in observed.spans]
            elif isinstance(observed, Outages):
                for endpoint in self._endpoints(observed):
                    for key in self._keys.stated(endpoint, observed.site):
                        stated.setdefault(key, []).append(observed)
        for key, several in _watched(document, self._keys).items():
            yield key, _extended(several)
        for key, outages in stated.items():
            yield key, _of_outages(outages, self._range)

    def _endpoints(self, observed: Outages) -> Sequence[str]:
        return self._services.get(observed.service or "", ()) if observed.service else (observed.endpoint or "",)


class _KeysOf:
    """The record keys of what a file says of a contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def of(self, said: SpansRecord | ObservationsRecord | SampleBlock | Filled) -> str:
        return endpoint_key(self._contract.id, said.endpoint, said.site)

    def stated(self, endpoint: str, site: str | None) -> list[str]:
        """Of an outage that is stated without a site, those of all sites: it was down, whoever looked."""
        sites = sites_of(self._contract, endpoint) if site is None else (site,)
        return [endpoint_key(self._contract.id, endpoint, one) for one in sites]


def _import(record: ImportRecord) -> Import:
    return Import(
        record.number, record.at_ms, record.actor, record.kind, record.source, record.digest,
        record.from_ms, record.until_ms,
    )  # fmt: skip


def _start(span: Span) -> int:
    return span.start_ms


def _at(observation: ObservationRecord) -> int:
    return observation.at_ms


def _overlapping(spans: Sequence[Span], start_ms: int, end_ms: int) -> list[Span]:
    """Spans of one endpoint lie apart, so that their ends ascend as their starts do."""
    begin = bisect_right(spans, start_ms, key=lambda span: span.end_ms)
    return list(spans[begin : bisect_left(spans, end_ms, begin, key=_start)])


def _span(record: SpanRecord) -> Span:
    seen_ms = record.end_ms if record.seen_ms is None else record.seen_ms
    return Span(record.start_ms, record.end_ms, seen_ms, record.outcome, record.reason, record.probes or CONFIRMED)


def _watched(document: EvidenceDocument, keys: _KeysOf) -> dict[str, list[ObservationsRecord]]:
    found: dict[str, list[ObservationsRecord]] = {}
    for observed in document.observed:
        if isinstance(observed, ObservationsRecord):
            found.setdefault(keys.of(observed), []).append(observed)
    return found


def _extended(several: Sequence[ObservationsRecord]) -> list[Span]:
    """Observations made into spans as the ledger does it."""
    observations = sorted(
        ((observation, block.every_ms) for block in several for observation in block.observations),
        key=lambda pair: _at(pair[0]),
    )
    spans: list[Span] = []
    for observation, every_ms in observations:
        last = spans.pop() if spans else None
        spans += extend(last, observation.at_ms, observation.outcome, observation.reason, every_ms)
    return spans


def _of_outages(several: Sequence[Outages], seen: tuple[int, int]) -> list[Span]:
    """What several lists of an endpoint's outages say together."""
    outages = [(one.start_ms, one.end_ms, one.reason) for o in several for one in o.outages]
    return stated_spans(outages, normal((gap.start_ms, gap.end_ms) for o in several for gap in o.unseen), seen)


def stated_spans(
    outages: Sequence[tuple[int, int | None, Reason | None]], unseen: Intervals, seen: tuple[int, int]
) -> list[Span]:
    """UP in a range but for outages (from, to, why), which stay whole, and for what nobody saw.

    Outages that touch or overlap are one, and their reason is that of the first. One without an end went on to the end
    of the range; nobody says what came after.
    """
    down: Intervals = normal((start_ms, seen[1] if end_ms is None else end_ms) for start_ms, end_ms, _ in outages)
    reasons: dict[int, Reason | None] = {}
    for start_ms, _, reason in outages:
        reasons.setdefault(start_ms, reason)
    spans = [_stated(pair, Outcome.DOWN, reasons.get(pair[0])) for pair in down]
    unseen = intersect(subtract(unseen, down), [seen])
    spans += [_stated(pair, Outcome.UNKNOWN) for pair in unseen]
    return spans + [_stated(pair, Outcome.UP) for pair in subtract(subtract([seen], down), unseen)]


def _stated(pair: tuple[int, int], outcome: Outcome, reason: Reason | None = None) -> Span:
    return Span(pair[0], pair[1], pair[1], outcome, reason, CONFIRMED)


def _observations(document: EvidenceDocument, keys: _KeysOf) -> dict[str, list[ObservationRecord]]:
    """By record key, ascending, each once."""
    lists: list[ObservationsRecord | SampleBlock] = [*document.samples]
    lists += [observed for observed in document.observed if isinstance(observed, ObservationsRecord)]
    found: dict[str, dict[int, ObservationRecord]] = {}
    for one in lists:
        found.setdefault(keys.of(one), {}).update((observation.at_ms, observation) for observation in one.observations)
    return {key: sorted(observations.values(), key=_at) for key, observations in found.items()}
