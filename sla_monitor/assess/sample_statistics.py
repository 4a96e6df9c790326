"""What the looks that count come to, for a response time or an error rate, in one view."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from sla_monitor.assess.answer_cache import VERSION
from sla_monitor.assess.assessment import View
from sla_monitor.assess.counted_samples import Corrections, Piece, Sampled, made_of_pieces, statistic
from sla_monitor.assess.period_context import Ground
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.periods.intervals import Intervals, subtract
from sla_monitor.periods.terms_slices import MARGIN_MS
from sla_monitor.sla.measure import Made

Counting: TypeAlias = tuple[str, Intervals, Corrections]
"""An endpoint's key, the time in which its looks count, and how the register corrects them."""


def made_of_looks(ground: Ground, kpi: Sampled, view: View) -> Made:
    """The statistic of a measurement period so far. For months that are over, the evidence may have kept it."""
    counting = list(_counting(ground, kpi, view))
    world, period = ground.world, ground.period
    seen = [(key, ground.endpoints.looked_at(key, period.start_ms, period.end_ms)) for key, _, _ in counting]
    others = world.imports_in(period.start_ms, period.end_ms)
    question = (VERSION, *statistic(kpi, period.start_ms), [_told(one) for one in counting], seen, *others)

    def answer() -> str:
        made = made_of_pieces(kpi, period.start_ms, _pieces(ground, kpi, counting))
        return f"{made.of} {'-' if made.value is None else made.value}"

    is_in = period.end_ms + MARGIN_MS <= world.now_ms
    of, value = (world.recall(question, answer) if is_in else answer()).split()
    return Made(int(of), None if value == "-" else Fraction(value))


def _counting(ground: Ground, kpi: Sampled, view: View) -> Iterator[Counting]:
    for service, endpoint in ground.terms.endpoints_of(kpi):
        inside = subtract(ground.through(service.id).hours, ground.excluded(service.id, view, kpi.id))
        if kpi.related is not None and kpi.related.dedupe == "exclude_samples":
            inside = subtract(inside, ground.through(service.id).down)
        yield endpoint_key(ground.world.contract.id, endpoint.id), inside, _corrected(ground, endpoint)


def _corrected(ground: Ground, endpoint: Endpoint) -> Corrections:
    """What the register says of an endpoint's time in the period instead of what was seen."""
    start_ms, end_ms = ground.period.start_ms, ground.period.end_ms
    several = ((max(one[0], start_ms), min(one[1], end_ms), one[2]) for one in ground.endpoints.corrected(endpoint))
    return [one for one in several if one[0] < one[1]]


def _told(one: Counting) -> tuple[object, ...]:
    key, inside, corrections = one
    return key, inside, [(start, end, f"{outcome}") for start, end, outcome in corrections]


def _pieces(ground: Ground, kpi: Sampled, counting: list[Counting]) -> Iterator[Piece]:
    """The looks, with what counts of them."""
    rules = {key: (inside, corrections) for key, inside, corrections in counting}
    found = ground.world.looks(list(rules), ground.period.start_ms, ground.until_ms)
    return (Piece(looks, *rules[key]) for key, looks in found)
