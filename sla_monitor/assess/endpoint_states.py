"""Endpoint states over a stretch of time: spans as they stand now, corrected by the register."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.result_cache import VERSION
from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.kpis.counting import FailedRequests, SlowAsDown
from sla_monitor.periods.intervals import Intervals, normal, subtract
from sla_monitor.periods.terms_slices import MARGIN_MS, reach_ms
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Correction, Entry
from sla_monitor.sla.aggregation import from_places
from sla_monitor.sla.availability import KnownState, known, seen_from_places
from sla_monitor.sla.failed_requests import SlotCounts, known_by_slots, of_text, slot_counts, together
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.slow_responses import timed_spans
from sla_monitor.sla.spans import Span, held

Corrected: TypeAlias = dict[str, list[tuple[int, int, Outcome]]]
"""By endpoint key: from, to, and what it was."""


@dataclass(frozen=True, slots=True)
class DownSpan:
    """`[start_ms, end_ms)` in which an endpoint was seen down, and why."""

    start_ms: int
    end_ms: int
    endpoint: str
    reason: Reason | None


class Endpoints:
    """The endpoints of one contract in `[start_ms, end_ms)`, as known at the context's instant."""

    def __init__(self, contract_context: ContractContext, start_ms: int, end_ms: int) -> None:
        now_ms = contract_context.now_ms
        self.start_ms, self.end_ms, self.now_ms = start_ms, min(end_ms, now_ms), now_ms
        self._contract_context, self._contract = contract_context, contract_context.contract
        self._corrected = corrections(contract_context.contract, contract_context.effective)
        self._read_ms = start_ms - MARGIN_MS, min(end_ms + MARGIN_MS, now_ms)
        read = contract_context.spans(*self._read_ms) if self._read_ms[1] > start_ms else {}
        self._spans = {key: held(several, now_ms) for key, several in read.items()}
        self._known: dict[object, KnownState] = {}

    def known(self, endpoint: Endpoint, failures: int, rule: SlowAsDown | None = None) -> KnownState:
        """What its sites make of an endpoint, as the register corrects it; worked out once, asked for several times.
        `rule`: an answer that is too slow is none."""
        question = endpoint.id, endpoint.seen_from, failures, rule
        if question not in self._known:
            key, found = self._key(endpoint), self._seen(endpoint, failures, rule)
            for start_ms, end_ms, outcome in self._corrected.get(key, ()):
                found = found.corrected(start_ms, min(end_ms, self.now_ms), outcome)
            self._known[question] = found
        return self._known[question]

    def known_from(self, endpoint: Endpoint, site: str, failures: int, rule: SlowAsDown | None = None) -> KnownState:
        """What one site saw of an endpoint, whatever the register says of it."""
        key = self._key(endpoint, site)
        if (key, failures, rule) not in self._known:
            spans = self._spans.get(key, ()) if rule is None else self._by_time(key, endpoint.every_ms, failures, rule)
            # Unseen beyond the edges too: a quorum counts who probes.
            self._known[key, failures, rule] = known(spans, failures, *self._read_ms)
        return self._known[key, failures, rule]

    def outvoted(self, endpoint: Endpoint, site: str, failures: int) -> Intervals:
        """When a site saw an endpoint down and its sites together did not: it is the path's outage, or nobody knows
        whose. Of an endpoint that is seen from one place alone: never."""
        if endpoint.seen_from is None or site not in endpoint.sites:
            return []
        return subtract(self.known_from(endpoint, site, failures).down, self._seen(endpoint, failures).down)

    def known_by_slots(self, several: Sequence[Endpoint], failures: int, rule: FailedRequests) -> KnownState:
        """What several endpoints together were, by how many of their observations in a slot failed, at all their sites
        together. Those of a site that is outvoted are none."""
        question = tuple((endpoint.id, endpoint.seen_from) for endpoint in several), failures, rule
        if question not in self._known:
            counts = together([self._counts(one, site, failures, rule) for one in several for site in one.sites])
            states = [self.known(endpoint, 1) for endpoint in several]
            self._known[question] = known_by_slots(counts, states, rule, self.now_ms)
        return self._known[question]

    def observed_time(self, key: str, start_ms: int, end_ms: int) -> Intervals:
        """When an endpoint was seen at all in a range, by its key: whatever is made of its observations is made again
        when later ones have come in, from a site that was cut off, say."""
        several = ((max(one.start_ms, start_ms), min(one.end_ms, end_ms)) for one in self._spans.get(key, ()))
        return normal(pair for pair in several if pair[0] < pair[1])

    def downs(self, endpoint: Endpoint) -> list[DownSpan]:
        """When an endpoint was seen down, confirmed or not: by enough of its sites, where it has several, and then for
        the reason that the first of them gave."""
        several = sorted(span for site in endpoint.sites for span in self._downs(endpoint, site))
        if endpoint.seen_from is None:
            return [DownSpan(span.start_ms, span.end_ms, endpoint.id, span.reason) for span in several]
        return [
            DownSpan(start_ms, end_ms, endpoint.id, _first_reason(several, start_ms, end_ms))
            for start_ms, end_ms in self._seen(endpoint, 1).down
        ]

    def latest(self, endpoint: Endpoint) -> Outcome | None:
        """What the last span of an endpoint says, confirmed or not: by its quorum, where several sites probe it, of
        those that see it now. None: it was never seen here, or none of several does now."""
        last = [spans[-1] for site in endpoint.sites if (spans := self._spans.get(self._key(endpoint, site)))]
        if endpoint.seen_from is None:
            return last[0].outcome if last else None
        seen = [span.outcome for span in last if span.end_ms >= self.now_ms]
        unseen = [Outcome.UNKNOWN] * (len(endpoint.sites) - len(seen))
        return from_places([*seen, *unseen], endpoint.seen_from) if seen else None

    def down_since(self, endpoint: Endpoint) -> int | None:
        """When the run of failed probes began that goes on now, confirmed or not; None: there is none."""
        going = [span for span in self.downs(endpoint) if span.end_ms >= self.now_ms]
        return going[-1].start_ms if going else None

    def corrected(self, endpoint: Endpoint) -> Sequence[tuple[int, int, Outcome]]:
        """What the register says of an endpoint instead of what was seen, the last word last."""
        return self._corrected.get(self._key(endpoint), ())

    def _key(self, endpoint: Endpoint, site: str = MAIN) -> str:
        return endpoint_key(self._contract.id, endpoint.id, site)

    def _seen(self, endpoint: Endpoint, failures: int, rule: SlowAsDown | None = None) -> KnownState:
        """What its sites together saw of an endpoint."""
        states = [self.known_from(endpoint, site, failures, rule) for site in endpoint.sites]
        if endpoint.seen_from is None:
            return states[0]
        question = endpoint.id, endpoint.seen_from, failures, rule, "seen"
        if question not in self._known:
            self._known[question] = seen_from_places(states, endpoint.seen_from, *self._read_ms)
        return self._known[question]

    def _downs(self, endpoint: Endpoint, site: str) -> Iterator[Span]:
        down = Outcome.DOWN
        return (span for span in self._spans.get(self._key(endpoint, site), ()) if span.outcome is down)

    def _by_time(self, key: str, every_ms: int, failures: int, rule: SlowAsDown) -> list[Span]:
        """Spans made of every single observation. Where there are none, as in a file that tells of outages alone, the
        spans on record stand."""
        timed = held(self._timed(key, every_ms, failures, rule), self.now_ms)
        probed = normal((span.start_ms, span.end_ms) for span in timed)
        others = (piece for span in self._spans.get(key, ()) for piece in _outside(span, probed))
        return sorted([*timed, *others], key=lambda span: span.start_ms)

    def _timed(self, key: str, every_ms: int, failures: int, rule: SlowAsDown) -> list[Span]:
        """With observations enough on both sides to tell whether a run over the edge is confirmed: an outage is the
        same wherever the month ends."""
        margin_ms = reach_ms(failures, every_ms)
        range_ms = self.start_ms - margin_ms, min(self.end_ms + margin_ms, self.now_ms)
        rules = key, every_ms, rule.promised_ms, f"{rule.multiple}"
        others = self._contract_context.imports_in(*range_ms)
        question = ("slow", VERSION, *rules, range_ms, self.observed_time(key, *range_ms), *others)

        def answer() -> str:
            return json.dumps(list(self._judged(key, every_ms, range_ms, rule)))

        is_in = self.end_ms + margin_ms <= self.now_ms
        kept = self._contract_context.recall(question, answer) if is_in else answer()
        rows = json.loads(kept)
        return [Span(start, end, seen, Outcome(outcome), None, probes) for start, end, seen, outcome, _, probes in rows]

    def _counts(self, endpoint: Endpoint, site: str, failures: int, rule: FailedRequests) -> SlotCounts:
        """A site's observations of an endpoint by slot, as the register corrects them, with whole slots and a margin on
        both sides."""
        key, slot_ms = self._key(endpoint, site), rule.slot_ms
        start_ms = (self.start_ms - MARGIN_MS) // slot_ms * slot_ms
        until_ms = min(-(-(self.end_ms + MARGIN_MS) // slot_ms) * slot_ms, self.now_ms)
        outvoted = [(*pair, Outcome.UNKNOWN) for pair in self.outvoted(endpoint, site, failures)]
        said = (*outvoted, *self.corrected(endpoint))
        others = self._contract_context.imports_in(start_ms, until_ms)
        observed = self.observed_time(key, start_ms, until_ms)
        corrections = [(start, end, f"{outcome}") for start, end, outcome in said]
        question = ("failed requests", VERSION, key, slot_ms, start_ms, until_ms, corrections, observed, *others)

        def answer() -> str:
            found = self._contract_context.evidence.columns((key,), start_ms, until_ms)
            counts = together(
                samples.once(("slots", slot_ms, said), partial(_slots, samples, said, slot_ms)) for _, samples in found
            )
            return json.dumps({slot: (made, counts.failed[slot]) for slot, made in sorted(counts.requests.items())})

        is_in = self.end_ms + 2 * MARGIN_MS <= self.now_ms
        return of_text(json.loads(self._contract_context.recall(question, answer) if is_in else answer()))

    def _judged(self, key: str, every_ms: int, range_ms: tuple[int, int], rule: SlowAsDown) -> Iterator[Span]:
        """The spans of single observations, each judged by how long it took."""
        found = self._contract_context.evidence.columns((key,), *range_ms)
        return timed_spans((samples for _, samples in found), every_ms, rule)


def _first_reason(downs: Sequence[Span], start_ms: int, end_ms: int) -> Reason | None:
    """Why the first of some sites that saw it down in a range did."""
    return next((span.reason for span in downs if span.start_ms < end_ms and span.end_ms > start_ms), None)


def _slots(samples: Samples, said: Sequence[tuple[int, int, Outcome]], slot_ms: int) -> SlotCounts:
    return slot_counts(samples.corrected(said), slot_ms)


def _outside(span: Span, probed: Intervals) -> Iterator[Span]:
    for start_ms, end_ms in subtract([(span.start_ms, span.end_ms)], probed):
        yield span._replace(start_ms=start_ms, end_ms=end_ms)


def corrections(contract: Contract, effective: EffectiveEntries) -> Corrected:
    """The corrections that stand, and have been granted where the contract asks for that; later entries win."""
    found: Corrected = {}
    for entry, said in effective.of(Correction):
        span = granted_span(contract, effective, entry, said)
        if span is not None:
            for key in _keys(contract, said):
                found.setdefault(key, []).append((*span, Outcome(said.outcome)))
    return found


def granted_span(
    contract: Contract, effective: EffectiveEntries, entry: Entry, said: Correction
) -> tuple[int, int] | None:
    """From when to when a correction holds; None: it waits for a decision, or was refused."""
    decision = effective.decision_on(entry.number)
    if decision is None:
        return None if said.asks_for_decision(contract) else (said.start_ms, said.end_ms)
    ruling = decision[1]
    start_ms = max(said.start_ms, ruling.start_ms or said.start_ms)
    end_ms = min(said.end_ms, ruling.end_ms or said.end_ms)
    return (start_ms, end_ms) if ruling.granted and start_ms < end_ms else None


def _keys(contract: Contract, said: Correction) -> list[str]:
    """The endpoints that a correction names, and all that its services had in that time."""
    names = dict.fromkeys(said.endpoints)
    for version in contract.versions_in(said.start_ms, said.end_ms):
        meant = (service for service in version.terms.services if service.id in said.services)
        names |= dict.fromkeys(endpoint.id for service in meant for endpoint in service.endpoints)
    return [endpoint_key(contract.id, name) for name in names]
