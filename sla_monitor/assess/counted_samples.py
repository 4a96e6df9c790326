"""Response times and error rates: figures made of single looks inside the service hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import floordiv, sub
from typing import TypeAlias, TypeVar

from sla_monitor.contract.kpis.kpi import ErrorRateKpi, ResponseTimeKpi
from sla_monitor.periods.intervals import Intervals
from sla_monitor.sla.indicators import mean, ordered, percentile, summed
from sla_monitor.sla.measure import Made, made_of_slots
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Looks

T = TypeVar("T")
Sampled: TypeAlias = ResponseTimeKpi | ErrorRateKpi
Corrections: TypeAlias = Sequence[tuple[int, int, Outcome]]
Slots: TypeAlias = tuple[Counter[int], Counter[int]]
"""Looks by slot, and the failed ones of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Looks at one endpoint, a day of them, say, with the time in which they count and how the register corrects
    them."""

    looks: Looks
    inside: Intervals
    corrections: Corrections

    def part(self, statistic: object, of: Callable[[Looks], T]) -> T:
        """What a statistic takes from the looks that count: those that began inside, as corrected, without those that
        saw nothing. Worked out once, as long as the looks are remembered."""
        touched = self.looks.touched(self.inside)
        question = statistic, tuple(touched), tuple(self.corrections)
        return self.looks.once(question, lambda: of(self.looks.inside(touched).corrected(self.corrections).seen()))


def statistic(kpi: Sampled, start_ms: int) -> tuple[str, ...]:
    """All that the statistic takes from the terms."""
    if isinstance(kpi, ErrorRateKpi):
        return "error rate", f"{kpi.slot_ms}", f"{start_ms}"
    return "response time", f"{kpi.percentile}", kpi.phase


def made_of_pieces(kpi: Sampled, start_ms: int, pieces: Iterable[Piece]) -> Made:
    """The statistic of a measurement period that began at `start_ms`."""
    of = statistic(kpi, start_ms)
    if isinstance(kpi, ErrorRateKpi):
        return made_of_slots(_joined(piece.part(of, lambda looks: _slots(kpi, start_ms, looks)) for piece in pieces))
    if kpi.percentile is None:
        return Made(*mean(piece.part(of, lambda looks: summed(_times_us(kpi, looks))) for piece in pieces))
    several = (piece.part(of, lambda looks: ordered(_times_us(kpi, looks))) for piece in pieces)
    return Made(*percentile(several, kpi.percentile))


def _times_us(kpi: ResponseTimeKpi, looks: Looks) -> Iterator[int]:
    return looks.answer_times_us() if kpi.phase == "total" else looks.first_bytes_us()


def _slots(kpi: ErrorRateKpi, start_ms: int, looks: Looks) -> Slots:
    """By slot, counted from the beginning of the measurement period."""

    def slot(at_ms: Iterable[int]) -> Iterator[int]:
        return map(floordiv, map(sub, at_ms, repeat(start_ms)), repeat(kpi.slot_ms))

    return Counter(slot(looks.at_ms)), Counter(slot(looks.failed_at_ms()))


def _joined(parts: Iterable[Slots]) -> list[tuple[int, int]]:
    """Failed and all requests of each slot. Slots in which nobody looked are left out: unseen is not free of errors."""
    made, failed = Counter[int](), Counter[int]()
    for looks, down in parts:
        made.update(looks)
        failed.update(down)
    return list(zip(map(failed.__getitem__, made), made.values(), strict=True))
