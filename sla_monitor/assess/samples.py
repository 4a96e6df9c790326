"""Response times and error rates: figures made of single looks inside the service hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import floordiv, sub

from sla_monitor.contract.kpi import ErrorRateKpi, ResponseTimeKpi
from sla_monitor.sla.indicators import Slot
from sla_monitor.sla.intervals import Intervals
from sla_monitor.sla.looks import Looks
from sla_monitor.sla.observation import Outcome

Corrections = Sequence[tuple[int, int, Outcome]]


def counted(looks: Looks, inside: Intervals, corrections: Corrections = ()) -> Looks:
    """The looks that began inside; as the register corrects them, and without those that saw nothing."""
    return looks.inside(inside).corrected(corrections).seen()


def response_times_us(kpi: ResponseTimeKpi, looks: Looks) -> Iterator[int]:
    """The times that the KPI counts."""
    return looks.answer_times_us() if kpi.phase == "total" else looks.first_bytes_us()


def slots(kpi: ErrorRateKpi, start_ms: int, several: Iterable[Looks]) -> tuple[Slot, ...]:
    """Looks and failed ones by slot, counted from the beginning of the measurement period. Slots in which nobody looked
    are left out: unseen is not free of errors."""
    failed, made = Counter[int](), Counter[int]()
    for looks in several:
        made.update(_slots(kpi, start_ms, looks.at_ms))
        failed.update(_slots(kpi, start_ms, looks.failed_at_ms()))
    return tuple(Slot(failed[slot], made[slot]) for slot in sorted(made))


def _slots(kpi: ErrorRateKpi, start_ms: int, at_ms: Iterable[int]) -> Iterator[int]:
    return map(floordiv, map(sub, at_ms, repeat(start_ms)), repeat(kpi.slot_ms))
