"""From outages and excluded time to an availability, by the contract's way of counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.sla.aggregation import WHOLE
from sla_monitor.sla.rounding import shown
from sla_monitor.sla.working import Step, Working, step

MINUTE_MS = 60_000


class Loss(NamedTuple):
    """One outage: how long it was as a whole, and the part that lies in the agreed time that is not excluded.

    `share`: the part of the users that it hit. Of one that hit several shares, each is told by itself, with what counts
    of all of them as `together_ms`. A tuple, because hundreds are made at every assessment.
    """

    whole_ms: int
    counted_ms: int
    share: Fraction = WHOLE
    together_ms: int | None = None


class CountedOutage(NamedTuple):
    """One outage as a KPI counts it: from when to when it was as a whole, wherever that lies, and how much of it is
    downtime in the KPI's measurement period."""

    start_ms: int
    end_ms: int
    counted_ms: Fraction | int


@dataclass(frozen=True, slots=True)
class Seconds:
    """The agreed time of one measurement period in milliseconds, by class. The classes are apart from each other.

    `excluded_down_ms` is the part of `excluded_ms` in which the service was down: it counts only where the contract
    excludes nothing. `kept_ms` is the part of it that is deemed available where the rest is removed. What is left
    over was up.
    """

    agreed_ms: int
    losses: tuple[Loss, ...] = ()
    excluded_ms: int = 0
    excluded_down_ms: int = 0
    degraded_ms: int = 0
    unknown_ms: int = 0
    kept_ms: int = 0

    @property
    def coverage(self) -> Fraction | None:
        return Fraction(self.agreed_ms - self.unknown_ms, self.agreed_ms) if self.agreed_ms else None


def counted_ms(loss: Loss, counting: Counting) -> Fraction | int:
    """The downtime that one outage is, as a whole number where it is one, as nearly every outage's is. Whether it is
    too short is judged on the whole of it, wherever the period ends; whole minutes are those of its part in the
    period."""
    if counting.shortest_outage_ms is not None and loss.whole_ms < counting.shortest_outage_ms:
        return 0
    ms = loss.counted_ms if counting.minutes == "exact" else _in_minutes(loss, is_whole=counting.minutes == "whole")
    return ms if loss.share is WHOLE or loss.share == 1 else ms * loss.share


def _in_minutes(loss: Loss, *, is_whole: bool) -> Fraction | int:
    """Minutes are those of the outage; the parts of it that hit different shares have them in proportion."""
    of_ms = loss.counted_ms if loss.together_ms is None else loss.together_ms
    minutes = of_ms // MINUTE_MS if is_whole else -(-of_ms // MINUTE_MS)
    return minutes * MINUTE_MS if of_ms == loss.counted_ms else Fraction(loss.counted_ms * minutes * MINUTE_MS, of_ms)


def downtime_ms(losses: Iterable[Loss], counting: Counting) -> Fraction | int:
    """What all outages add up to."""
    if counting.shortest_outage_ms is None and counting.minutes == "exact":  # as in most contracts
        return sum([ms if share is WHOLE else ms * share for _, ms, share, _ in losses])
    return sum([counted_ms(loss, counting) for loss in losses])


def availability_percent(
    base_ms: int, down_ms: Fraction | int, base: str = "time that counts"
) -> tuple[Fraction | None, Working]:
    """(time that counts - downtime) / time that counts, in per cent; None where no time counts. Never below 0 nor
    over 100: excluded time is taken from both sides or from neither, and of a fixed month no more is down than all."""
    counts, lost = _minutes(base, base_ms), _minutes("downtime", down_ms)
    if base_ms <= 0:
        return None, (counts, lost)
    value = Fraction((base_ms - down_ms) * 100, base_ms)
    formula = f"({counts.result} − {lost.result}) / {counts.result} × 100"
    return value, (counts, lost, step("availability, per cent", formula, value))


def downtime_minutes(base_ms: int, down_ms: Fraction | int) -> tuple[Fraction | None, Working]:
    """Downtime itself; None where no time counts."""
    return (Fraction(down_ms, MINUTE_MS), (_minutes("downtime", down_ms),)) if base_ms > 0 else (None, ())


def time_that_counts(seconds: Seconds, counting: Counting) -> tuple[int, Fraction | int]:
    """The time that counts and the downtime in it, in milliseconds: the two sides of the ratio. A whole number where
    it is one: whole numbers are added up much sooner. A fixed month takes the place of the time that counts, if any
    does."""
    base, down = seconds.agreed_ms, downtime_ms(seconds.losses, counting)
    if counting.degraded_percent and seconds.degraded_ms:
        down += seconds.degraded_ms * Fraction(counting.degraded_percent) / 100
    if counting.kinds("removed"):
        base -= seconds.excluded_ms - seconds.kept_ms
    elif not counting.kinds("available"):
        down += seconds.excluded_down_ms
    if counting.unknown == "excluded":
        base -= seconds.unknown_ms
    elif counting.unknown == "down":
        down += seconds.unknown_ms
    if counting.denominator_ms is not None and base > 0:
        base = counting.denominator_ms
    return base, min(down, base)


def _minutes(what: str, ms: Fraction | int) -> Step:
    return step(f"{what}, minutes", _spelled(Fraction(ms)), Fraction(ms, MINUTE_MS))


def _spelled(ms: Fraction) -> str:
    """In the largest unit that leaves no rest, up to hours: days of service hours are not 24 hours long."""
    if ms.denominator != 1:
        return f"{shown(ms)} ms"
    sizes = (("h", 3_600_000), ("min", MINUTE_MS), ("s", 1000))
    unit, size = next((each for each in sizes if ms and ms % each[1] == 0), ("ms", 1))
    return f"{ms.numerator // size} {unit}"
