"""Response times of days and months: how often an answer took how long, in steps of a thirty-second of an octave.

They are for the eye, and no figure is made of them: KPIs of response times are made of the probes themselves. Whatever
lies in a step is told as its upper end, at most 3 % more, and never less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.sla.evidence import Evidence

STEPS_BITS = 5
_STEPS = 1 << STEPS_BITS

Histogram: TypeAlias = Counter[int]
"""How many answers by their step."""


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Of `count` answers in a day, or in a month from its first day `on` on; in microseconds."""

    on: date
    count: int
    median_us: int
    p95_us: int


def step_of(us: int) -> int:
    """The step in which a time lies; the first ones are of a microsecond each."""
    shift = max(0, us.bit_length() - STEPS_BITS - 1)
    return (shift << STEPS_BITS) + (us >> shift)


def upper_us(step: int) -> int:
    """The largest time in a step."""
    shift = max(0, (step >> STEPS_BITS) - 1)
    return ((step - (shift << STEPS_BITS) + 1) << shift) - 1


def times_of(on: date, histogram: Mapping[int, int]) -> ResponseTimes | None:
    """Median and 95th percentile by nearest rank; None: nothing answered."""
    count = sum(histogram.values())
    if not count:
        return None
    ranks = {percent: -(-count * percent // 100) for percent in (50, 95)}
    found, passed = {}, 0
    for step in sorted(histogram):
        passed += histogram[step]
        for percent, rank in ranks.items():
            if percent not in found and passed >= rank:
                found[percent] = upper_us(step)
    return ResponseTimes(on, count, found[50], found[95])


def day_histograms(
    contract: Contract, evidence: Evidence, on: date, yield_control: Callable[[], None] = lambda: None
) -> dict[str, Histogram]:
    """A day on the wall: by `endpoint ID` and `service ID`, of what answered. `yield_control` is called between the
    pieces in which probes are read."""
    start_ms, end_ms = (midnight_ms(day, contract.time_zone) for day in (on, on + timedelta(days=1)))
    names = {
        key: (f"endpoint {endpoint.id}", f"service {service.id}")
        for at_ms in (start_ms, end_ms - 1)
        for key, service, endpoint in contract.endpoints_at(at_ms)
        if endpoint.has_response_time
    }
    found: dict[str, Histogram] = {}
    for key, samples in evidence.columns(tuple(names), start_ms, end_ms):
        steps = Counter(map(step_of, samples.answer_times_us()))
        for name in names[key] if steps else ():
            found.setdefault(name, Counter()).update(steps)
        yield_control()
    return found
