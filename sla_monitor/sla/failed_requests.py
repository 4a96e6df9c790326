"""Availability by failed requests: a service is down in the slots of time in which so many of its requests fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import repeat
from operator import floordiv
from typing import NamedTuple

from sla_monitor.contract.kpis.counting import FailedRequests
from sla_monitor.periods.intervals import Intervals, intersect, length, normal, subtract
from sla_monitor.sla.availability import KnownState
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Samples


class SlotCounts(NamedTuple):
    """Requests by slot, counted from midnight UTC on 1 January 1970, and the failed ones of them."""

    requests: Counter[int]
    failed: Counter[int]


def slot_counts(samples: Samples, slot_ms: int) -> SlotCounts:
    """Every observation that saw something is a request, in the slot in which it began."""
    seen = samples.seen()
    return SlotCounts(*(Counter(map(floordiv, at_ms, repeat(slot_ms))) for at_ms in (seen.at_ms, seen.failed_at_ms())))


def together(several: Iterable[SlotCounts]) -> SlotCounts:
    """The requests of several endpoints."""
    requests, failed = Counter[int](), Counter[int]()
    for one in several:
        requests.update(one.requests)
        failed.update(one.failed)
    return SlotCounts(requests, failed)


def slot_outcome(failed: int, requests: int, rule: FailedRequests) -> Outcome:
    """DOWN where at least the rule's share of the requests failed; UNKNOWN where there are none."""
    if not requests:
        return Outcome.UNKNOWN
    return Outcome.DOWN if Fraction(failed * 100, requests) >= Fraction(rule.percent) else Outcome.UP


def known_by_slots(
    counts: SlotCounts, endpoints: Sequence[KnownState], rule: FailedRequests, until_ms: int
) -> KnownState:
    """What a service was, slot by slot. In a slot without single observations, as in a file that tells of outages
    alone, the time for which the endpoints were seen stands for the requests."""
    slots = {slot: slot_outcome(counts.failed[slot], requests, rule) for slot, requests in counts.requests.items()}
    # Probes decide a slot as a whole. Where time stands for them, what nobody saw of a slot stays unseen.
    up = normal(_span(slot, rule.slot_ms) for slot, outcome in slots.items() if outcome is Outcome.UP)
    for slot in _touched([pair for one in endpoints for pair in one.down], rule.slot_ms):
        if slot not in slots:
            slots[slot] = _by_time(slot, endpoints, rule, until_ms)
    down = normal(_span(slot, rule.slot_ms) for slot, outcome in slots.items() if outcome is Outcome.DOWN)
    unseen = reduce(intersect, [one.unseen for one in endpoints]) if endpoints else []
    ended: Intervals = [(-(2**62), until_ms)]
    return KnownState(intersect(down, ended), intersect(subtract(subtract(unseen, down), up), ended), [])


def _by_time(slot: int, endpoints: Sequence[KnownState], rule: FailedRequests, until_ms: int) -> Outcome:
    start_ms, end_ms = _span(slot, rule.slot_ms)
    within = [(start_ms, max(start_ms, min(end_ms, until_ms)))]
    seen_ms = sum(length(within) - length(intersect(one.unseen, within)) for one in endpoints)
    return slot_outcome(sum(length(intersect(one.down, within)) for one in endpoints), seen_ms, rule)


def _touched(several: Intervals, slot_ms: int) -> Iterable[int]:
    return {slot for start_ms, end_ms in several for slot in range(start_ms // slot_ms, -(-end_ms // slot_ms))}


def _span(slot: int, slot_ms: int) -> tuple[int, int]:
    return slot * slot_ms, (slot + 1) * slot_ms


def of_text(requests: Mapping[str, Sequence[int]]) -> SlotCounts:
    """Counts that were kept as text: by slot, requests and failed ones."""
    return SlotCounts(
        Counter({int(slot): made for slot, (made, _) in requests.items()}),
        Counter({int(slot): failed for slot, (_, failed) in requests.items() if failed}),
    )
