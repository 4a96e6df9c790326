"""What a site does: begin each probe when it is due, and put what it saw into the outbox."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoint import endpoint_of
from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.probe import Loop, Prober, Surroundings, build, observe
from sla_monitor.probe.prober import internal_error
from sla_monitor.schedule import LoopScheduler, Schedule
from sla_monitor.site.outbox import Outbox
from sla_monitor.site.witness import Witnesses
from sla_monitor.sla.observation import Finding, Observation
from sla_monitor.transport import Assigned, Pulse, SiteWords

log = logging.getLogger(__package__)


@dataclass(slots=True)
class Probed:
    """An endpoint of this site. `is_under_way`: its last probe has not ended."""

    number: int
    terms: dict[str, Any]
    prober: Prober
    is_under_way: bool = False


@dataclass(slots=True)
class Counts:
    """Since the start; `skipped` since the last pulse."""

    lateness: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BUCKETS_S) + 1))
    lateness_sum_s: float = 0.0
    missed: int = 0
    overrun: int = 0
    in_flight: int = 0
    skipped: dict[int, int] = field(default_factory=dict)


class Probing:
    """The endpoints of this site and their probers."""

    def __init__(self, loop: Loop, clock: Clock, words: SiteWords) -> None:
        self._loop, self._clock, self._words = loop, clock, words
        self._probed: dict[str, Probed] = {}
        self._counts = Counts()
        self._has_assignment = False
        self._scheduler = LoopScheduler(loop)
        self._schedule = Schedule(clock, self._scheduler, self._due, self._missed)
        self.outbox: Outbox
        self.witnesses: Witnesses

    def start(self) -> None:
        """Begin: every endpoint is probed within one interval."""
        self._scheduler.start()

    def take_up(self, endpoints: Sequence[Assigned], turned: Callable[[], None]) -> None:
        """Probe exactly these, leaving alone what did not change. `turned` is called now and then: thousands of probers
        take longer to make than a site may stand still."""
        before, self._probed = self._probed, {}
        for one in endpoints:
            turned()
            known = before.get(one.key)
            is_same = known is not None and known.terms == one.terms and known.number == one.number
            self._probed[one.key] = known if known is not None and is_same else self._new(one)
        for key, probed in before.items():
            if self._probed.get(key) is not probed:
                probed.prober.close()
                self._words.end(probed.number)
        self._schedule.watch({key: probed.prober.terms.every_ms for key, probed in self._probed.items()})
        self._has_assignment = True

    def mind_the_clock(self) -> None:
        self._schedule.mind_the_clock()

    def pulse(self, logged: dict[str, int]) -> Pulse:
        counts = self._counts
        skipped, counts.skipped = counts.skipped, {}
        return Pulse(
            lateness_counts=tuple(counts.lateness),
            lateness_sum_s=counts.lateness_sum_s,
            missed=counts.missed,
            overrun=counts.overrun,
            in_flight=counts.in_flight,
            waiting_for_witness=self.witnesses.waiting,
            has_assignment=self._has_assignment,
            skipped=skipped,
            logged=logged,
        )

    def handed_over(self, observations: tuple[Observation, ...]) -> None:
        """The collector has these; a probe of the same endpoint that has begun since is still in flight."""
        for observation in observations:
            probed = self._probed.get(observation.endpoint)
            if probed is not None and not probed.is_under_way:
                self._words.end(probed.number)

    def _new(self, one: Assigned) -> Probed:
        terms = endpoint_of(one.terms)
        return Probed(one.number, one.terms, build(terms, Surroundings(self._clock, one.key, self._clock.now_ms())))

    def _due(self, key: str, at_ms: int) -> None:
        wait_s = (at_ms - self._clock.now_ms()) / 1000
        self._loop.call_at(self._loop.time() + wait_s, partial(self._release, key, at_ms))

    def _missed(self, key: str, count: int) -> None:
        self._counts.missed += count
        self._skip(key, count)

    def _skip(self, key: str, count: int) -> None:
        probed = self._probed.get(key)
        if probed is not None:
            self._counts.skipped[probed.number] = self._counts.skipped.get(probed.number, 0) + count

    def _release(self, key: str, due_ms: int) -> None:
        probed = self._probed.get(key)
        if probed is None:  # a reload removed it while it waited for its place
            return
        if probed.is_under_way:
            self._counts.overrun += 1
            self._skip(key, 1)
            return
        at_ms, since_ms = self._clock.now_ms(), int(self._clock.monotonic() * 1000)
        late_s = max(at_ms - due_ms, 0) / 1000
        self._counts.lateness[bisect_left(LATENESS_BUCKETS_S, late_s)] += 1
        self._counts.lateness_sum_s += late_s
        self._counts.in_flight += 1
        probed.is_under_way = True
        self._words.begin(probed.number, at_ms)
        self._loop.spawn(
            observe(probed.prober, self._loop, self._clock),
            partial(self._ended, key, probed, at_ms, since_ms),
            probed.number,
        )

    def _ended(
        self, key: str, probed: Probed, at_ms: int, since_ms: int, finding: Finding | None, error: BaseException | None
    ) -> None:
        self._counts.in_flight -= 1
        probed.is_under_way = False
        if self._probed.get(key) is not probed:  # a reload closed the prober under the probe
            return
        if finding is None:
            log.error("a probe failed inside the monitor", exc_info=error, extra={"endpoint": key})
            finding = internal_error(f"{type(error).__name__} around the probe (see the log)")
        self.witnesses.take(Observation(key, at_ms, finding), since_ms)
