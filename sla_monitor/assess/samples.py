"""Response times and error rates: figures made of single looks inside the service hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sla_monitor.assess.seen import Sample
from sla_monitor.contract.kpi import ErrorRateKpi, ResponseTimeKpi
from sla_monitor.sla.indicators import Slot
from sla_monitor.sla.intervals import Intervals
from sla_monitor.sla.observation import Outcome

DOWN, UNKNOWN = Outcome.DOWN, Outcome.UNKNOWN
Corrections = Sequence[tuple[int, int, Outcome]]


def counted(samples: Iterable[Sample], inside: Intervals, corrections: Corrections = ()) -> Iterator[Sample]:
    """The looks, ascending, that began inside; as the register corrects them, and without those that saw nothing."""
    index, count = 0, len(inside)
    for sample in samples:
        at_ms, outcome = sample[0], sample[1]
        while index < count and inside[index][1] <= at_ms:
            index += 1
        if index == count:
            return
        if inside[index][0] > at_ms:
            continue
        if corrections:
            outcome = _corrected(at_ms, outcome, corrections)
        if outcome is not UNKNOWN:
            yield (at_ms, outcome, *sample[2:]) if corrections else sample


def _corrected(at_ms: int, outcome: Outcome, corrections: Corrections) -> Outcome:
    return next((said for start, end, said in reversed(corrections) if start <= at_ms < end), outcome)


def response_times_us(kpi: ResponseTimeKpi, samples: Iterable[Sample]) -> Iterator[int]:
    """How long answers took. A look that found the endpoint down is a time if an answer had begun: what was refused at
    once, or never answered, is the business of availability, and would make the mean better or worse than it was."""
    is_whole = kpi.phase == "total"
    for _, outcome, duration_us, first_byte_us in samples:
        if first_byte_us is None:
            if is_whole and outcome is not DOWN:
                yield duration_us
        else:
            yield duration_us if is_whole else first_byte_us


def slots(kpi: ErrorRateKpi, start_ms: int, samples: Iterable[Sample]) -> tuple[Slot, ...]:
    """Looks and failed ones by slot, counted from the beginning of the measurement period. Slots in which nobody looked
    are left out: unseen is not free of errors."""
    failed: dict[int, int] = {}
    looks: dict[int, int] = {}
    for sample in samples:
        slot = (sample[0] - start_ms) // kpi.slot_ms
        looks[slot] = looks.get(slot, 0) + 1
        if sample[1] is DOWN:
            failed[slot] = failed.get(slot, 0) + 1
    return tuple(Slot(failed.get(slot, 0), looks[slot]) for slot in sorted(looks))
