"""What the looks that count come to, for a response time or an error rate, in one view."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from sla_monitor.assess.assessment import View
from sla_monitor.assess.ground import Ground
from sla_monitor.assess.memo import answered_once
from sla_monitor.assess.samples import Corrections, Piece, Sampled, made_of_pieces, statistic
from sla_monitor.assess.seen import looks_of
from sla_monitor.contract.contract import endpoint_key
from sla_monitor.sla.intervals import Intervals, subtract
from sla_monitor.sla.measure import Made

Counting: TypeAlias = tuple[str, Intervals, Corrections]
"""An endpoint's key, the time in which its looks count, and how the register corrects them."""


def made_of_looks(ground: Ground, kpi: Sampled, view: View) -> Made:
    """The statistic of a measurement period so far. For months that are over, the evidence may have kept it."""
    counting = list(_counting(ground, kpi, view))
    world, period = ground.world, ground.period
    question = (*statistic(kpi, period.start_ms), [_told(one) for one in counting])

    def answer() -> str:
        made = made_of_pieces(kpi, period.start_ms, _pieces(ground, kpi, counting))
        return f"{made.of} {'-' if made.value is None else made.value}"

    of, value = answered_once(world.evidence, question, period.end_ms, world.now_ms, answer).split()
    return Made(int(of), None if value == "-" else Fraction(value))


def _counting(ground: Ground, kpi: Sampled, view: View) -> Iterator[Counting]:
    for service, endpoint in ground.terms.endpoints_of(kpi):
        inside = subtract(ground.through(service.id).hours, ground.excluded(service.id, view, kpi.id))
        if kpi.related is not None and kpi.related.dedupe == "exclude_samples":
            inside = subtract(inside, ground.through(service.id).down)
        yield endpoint_key(ground.world.contract.id, endpoint.id), inside, ground.endpoints.corrected(endpoint)


def _told(one: Counting) -> tuple[object, ...]:
    key, inside, corrections = one
    return key, inside, [(start, end, f"{outcome}") for start, end, outcome in corrections]


def _pieces(ground: Ground, kpi: Sampled, counting: list[Counting]) -> Iterator[Piece]:
    """The looks, with what counts of them."""
    rules = {key: (inside, corrections) for key, inside, corrections in counting}
    found = looks_of(ground.world.evidence, list(rules), ground.period.start_ms, ground.until_ms)
    return (Piece(looks, *rules[key]) for key, looks in found)
