"""Probing: starts each probe when it is due and puts its observation into the outbox."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.probe import Loop, Prober, Surroundings, build, observe
from sla_monitor.probe.doubts import Doubts
from sla_monitor.probe.prober import internal_error
from sla_monitor.schedule import LoopScheduler, Schedule
from sla_monitor.site.agenda import Agenda
from sla_monitor.site.outbox import Probes
from sla_monitor.sla.observation import Finding, Observation
from sla_monitor.transport import Assigned, Pulse, SiteWords

log = logging.getLogger(__package__)

Terms = bytes
"""As they were sent: kept to be compared with the next, in a quarter of the memory that they take as a mapping."""


@dataclass(slots=True, eq=False)
class Probed:
    """An endpoint of this site. `is_under_way`: its last probe has not ended; `next`: what it is probed by from then,
    where a reload has changed its terms meanwhile."""

    number: int
    terms: Terms
    prober: Prober
    is_under_way: bool = False
    next: tuple[Terms, Prober] | None = None

    @property
    def newest(self) -> tuple[Terms, Prober]:
        return self.next or (self.terms, self.prober)

    def revise(self, terms: Terms, prober: Prober) -> None:
        """Probe by these terms, once the probe that is under way has ended."""
        if self.next is not None:
            self.next[1].close()
        self.next = terms, prober
        if not self.is_under_way:
            self.ended()

    def ended(self) -> None:
        """No probe is under way now."""
        self.is_under_way = False
        if self.next is not None:
            self.prober.close()
            (self.terms, self.prober), self.next = self.next, None

    def close(self) -> None:
        """Probe no more."""
        self.ended()
        self.prober.close()


@dataclass(slots=True)
class ProbeCounts:
    """Since the start; `skipped` since the last pulse."""

    lateness: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BUCKETS_S) + 1))
    lateness_sum_s: float = 0.0
    missed: int = 0
    overrun: int = 0
    in_flight: int = 0
    skipped: dict[int, int] = field(default_factory=dict)


class Probing:
    """The endpoints of this site and their probers. What they find goes to `doubts`."""

    def __init__(self, loop: Loop, agenda: Agenda, clock: Clock, words: SiteWords) -> None:
        self._loop, self._agenda, self._clock, self._words = loop, agenda, clock, words
        self._probed: dict[str, Probed] = {}
        self._counts = ProbeCounts()
        self._has_assignment = False
        self._scheduler = LoopScheduler(agenda)
        self._schedule = Schedule(clock, self._scheduler, self._due, self._missed)
        self.doubts: Doubts

    def start(self) -> None:
        """Begin: every endpoint is probed within one interval."""
        self._scheduler.start()

    def take_up(self, endpoints: Sequence[Assigned], turned: Callable[[], None]) -> None:
        """Probe exactly these, leaving alone what did not change. `turned` is called now and then: thousands of probers
        take longer to make than a site may stand still."""
        before, self._probed = self._probed, {}
        for one in endpoints:
            turned()
            try:
                probed = before.get(one.key) or self._new(one)
                if probed.newest[0] != one.encoded:
                    probed.revise(one.encoded, self._prober(one))
            except ValueError as error:  # what the contract may say and what we understand must be the same
                log.error("an endpoint cannot be probed", extra={"endpoint": one.key, "error": str(error)})
                continue
            before.pop(one.key, None)
            self._probed[one.key] = probed
        for gone in before.values():
            self._words.end(gone.number)
            if not gone.is_under_way:
                gone.close()
        self._schedule.watch({key: probed.newest[1].terms.every_ms for key, probed in self._probed.items()})
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
            waiting_for_witness=self.doubts.waiting,
            has_assignment=self._has_assignment,
            skipped=skipped,
            logged=logged,  # type: ignore[arg-type]  # the levels of our own log
            name_server_is_silent=self._loop.resolver is not None and self._loop.resolver.is_silent,
        )

    def handed_over(self, probes: Probes) -> None:
        """The collector has these; a probe of the same endpoint that has begun since is still in flight."""
        for key, at_ms in probes:
            probed = self._probed.get(key)
            if probed is not None:
                self._words.end_of(probed.number, at_ms)

    def lost(self, probes: Probes) -> None:
        """The collector will never have these."""
        for key, _ in probes:
            self._skip(key, 1)
        self.handed_over(probes)

    def _new(self, one: Assigned) -> Probed:
        return Probed(one.number, one.encoded, self._prober(one))

    def _prober(self, one: Assigned) -> Prober:
        """Raises pydantic's ValidationError, a ValueError."""
        return build(endpoint_of(one.terms), Surroundings(self._clock, one.key, self._clock.now_ms()))

    def _due(self, key: str, at_ms: int) -> None:
        wait_s = (at_ms - self._clock.now_ms()) / 1000
        self._agenda.call_at(self._agenda.time() + wait_s, partial(self._release, key, at_ms))

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
        if at_ms - due_ms >= probed.prober.terms.every_ms:  # another one is due by now
            self._missed(key, 1)
            return
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
        if self._probed.get(key) is not probed:  # a reload removed it
            probed.close()
            return
        probed.ended()
        if finding is None:
            log.error("a probe failed inside the monitor", exc_info=error, extra={"endpoint": key})
            finding = internal_error(f"{type(error).__name__} around the probe (see the log)")
        self.doubts.take(Observation(key, at_ms, finding), since_ms, int(self._clock.monotonic() * 1000))
