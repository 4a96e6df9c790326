"""Handing over: what is in the outbox goes to the collector, and what the collector says comes in.

So much is under way at a time, and the rest stays: while the collector is away, the server between need not hold more.
What is under way and does not get into the record is sent again. The outbox gives up what every collector has recorded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sla_monitor.clock import Clock
from sla_monitor.errors import OutboxError
from sla_monitor.outpost.lane import Lane
from sla_monitor.outpost.outbox import FarOutbox
from sla_monitor.transport import Answer, Assembly, FarPulse, MessageError, SiteTerms, encode
from sla_monitor.transport.line import FarConnection, pulses_of, to_site

GATHER_S = 0.5
"""Between two parcels where little is seen: each wakes the collector up."""

PULSE_S = 1.0

ROUND_TRIP_S = 5.0
"""An answer that took longer says nothing of the clock."""

log = logging.getLogger(__package__)


class Skew:
    """By how much our clock is ahead of the collector's. A step of ours after it was measured is taken into account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._measured: tuple[int, float] | None = None

    def _apart_s(self) -> float:
        return self._clock.now_ms() / 1000 - self._clock.monotonic()

    def measure(self, ahead_ms: int) -> None:
        self._measured = ahead_ms, self._apart_s()

    def __call__(self) -> int | None:
        """In ms; None: it was not measured since the start."""
        if self._measured is None:
            return None
        ahead_ms, apart_s = self._measured
        return ahead_ms + round((self._apart_s() - apart_s) * 1000)


@dataclass(frozen=True, slots=True)
class Doing:
    """How probing is: for the pulse."""

    running: int
    missed: int


class HandingOver:
    """Of one site. `understand` is given what the collector says, signed, and returns its answers; `doing` says
    how probing is. It belongs to the thread of the line, once that has been started."""

    def __init__(
        self,
        site: str,
        outbox: FarOutbox,
        clock: Clock,
        skew: Skew,
        understand: Callable[[bytes], Answer | None],
        doing: Callable[[], Doing],
    ) -> None:
        self._site, self._outbox, self._clock, self._skew = site, outbox, clock, skew
        self._understand, self._doing = understand, doing
        self._assembly = Assembly()
        self._revision = 0
        self.lanes = {"": Lane(site, "", outbox, clock)}
        self._given_up: dict[str, int] = {}
        self._asked: dict[int, float] = {}
        self._pulsed_s = float("-inf")
        self._strangers: set[str] = set()

    def take_terms(self, terms: SiteTerms) -> None:
        """Hand over to the collectors that these terms name, to each of them all."""
        self._revision = terms.revision
        names = terms.collectors or ("",)
        if set(names) != set(self.lanes):
            clock = self._clock
            self.lanes = {name: self.lanes.get(name) or Lane(self._site, name, self._outbox, clock) for name in names}

    async def serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError."""
        await connection.listen(to_site(self._site), self._hear)
        while True:
            try:
                await self._pulse(connection)
                is_more = await self._send(connection)
            except OutboxError as error:
                log.error("the outbox cannot be read", extra={"error": str(error)})
                is_more = False
            await asyncio.sleep(0 if is_more else GATHER_S)

    async def _send(self, connection: FarConnection) -> bool:
        is_more = False
        for lane in list(self.lanes.values()):
            lane.look_back()
            is_more |= await lane.send(connection)
        return is_more

    async def _pulse(self, connection: FarConnection) -> None:
        now_s, now_ms = self._clock.monotonic(), self._clock.now_ms()
        if now_s - self._pulsed_s < PULSE_S:
            return
        self._pulsed_s = now_s
        doing = self._doing()
        pulse = FarPulse(
            site=self._site,
            outboxes=self._outbox.names()[-1000:],
            at_ms=now_ms,
            revision=self._revision,
            waiting=self._outbox.waiting,
            oldest_ms=self._outbox.oldest_ms(),
            dropped=self._outbox.dropped,
            missed=doing.missed,
            running=doing.running,
            lacking={name: lane.lacks_since_ms() for name, lane in self.lanes.items() if name},
        )
        self._asked = {at_ms: at_s for at_ms, at_s in self._asked.items() if now_s - at_s < ROUND_TRIP_S}
        self._asked[now_ms] = now_s
        await connection.say(pulses_of(self._site), encode(pulse))

    async def _hear(self, subject: str, data: bytes) -> None:
        try:
            whole = self._assembly.take(data)
            told = None if whole is None else self._understand(whole)
            if told is not None:
                self._take_answer(told)
        except (MessageError, OutboxError) as error:
            log.error("what the collector says cannot be taken up", extra={"error": str(error)})

    def _take_answer(self, told: Answer) -> None:
        lane = self.lanes.get(told.collector)
        if lane is None:
            if told.collector not in self._strangers:
                self._strangers.add(told.collector)
                log.error("a collector answers that the terms do not name", extra={"collector": told.collector})
            return
        asked_s = self._asked.pop(told.asked_at_ms, None)
        if asked_s is not None:
            now_s = self._clock.monotonic()
            self._skew.measure(told.asked_at_ms + round((now_s - asked_s) * 500) - told.at_ms)
        lane.hear(told.positions)
        self._give_up(told.positions)

    def _give_up(self, names: Iterable[str]) -> None:
        """What every collector has, and nothing before each has said so."""
        several = self.lanes.values()
        common = {name: min(lane.told.get(name, 0) for lane in several) for name in names}
        done = {name: last for name, last in common.items() if last > self._given_up.get(name, 0)}
        if done:
            self._outbox.acknowledge(done)
            self._given_up |= done
