"""Handing over: what is in the outbox goes to the collector, and what the collector says comes in.

So much is under way at a time, and the rest stays: while the collector is away, the server between need not hold more.
What is under way and does not get into the record is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from sla_monitor.clock import Clock
from sla_monitor.errors import OutboxError
from sla_monitor.outpost.outbox import BEGINNING, FarOutbox, WaitingEntry
from sla_monitor.transport import Answer, Assembly, FarPulse, MessageError, Parcel, encode
from sla_monitor.transport.line import FarConnection, parcels_of, pulses_of, to_site

MOST_IN_A_PARCEL, LARGEST_PARCEL = 500, 400_000
"""Observations in a message, and bytes: a server takes a million."""

MOST_UNDER_WAY = 32_000
"""Observations that are sent and not known to be recorded."""

GATHER_S = 0.5
"""Between two parcels where little is seen: each wakes the collector up."""

PULSE_S = 1.0
AGAIN_S, LONGEST_AGAIN_S = 5.0, 60.0
"""What has not got into the record for so long is sent again; twice as long each time in vain."""

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
    how probing is. It belongs to the thread of the line."""

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
        self.revision = 0
        self._sent, self._under_way = BEGINNING, 0
        self._told: dict[str, int] = {}
        self._asked: dict[int, float] = {}
        self._moved_s = self._heard_s = self._pulsed_s = float("-inf")
        self._again_s = AGAIN_S

    @property
    def heard_s_ago(self) -> float:
        """When the collector last answered."""
        return self._clock.monotonic() - self._heard_s

    async def serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError."""
        await connection.listen(to_site(self._site), self._hear)
        while True:
            try:
                await self._pulse(connection)
                self._look_back()
                is_more = await self._send(connection)
            except OutboxError as error:
                log.error("the outbox cannot be read", extra={"error": str(error)})
                is_more = False
            await asyncio.sleep(0 if is_more else GATHER_S)

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
            revision=self.revision,
            waiting=self._outbox.waiting,
            oldest_ms=self._outbox.oldest_ms(),
            dropped=self._outbox.dropped,
            missed=doing.missed,
            running=doing.running,
        )
        self._asked = {at_ms: at_s for at_ms, at_s in self._asked.items() if now_s - at_s < ROUND_TRIP_S}
        self._asked[now_ms] = now_s
        await connection.say(pulses_of(self._site), encode(pulse))

    def _look_back(self) -> None:
        """Send again what is under way and does not arrive, though the collector is there."""
        now_s = self._clock.monotonic()
        if self._under_way and now_s - self._heard_s < 3 * PULSE_S and now_s - self._moved_s >= self._again_s:
            log.warning("what was sent is not in the record yet and is sent again", extra={"sent": self._under_way})
            self._sent, self._under_way, self._moved_s = BEGINNING, 0, now_s
            self._again_s = min(2 * self._again_s, LONGEST_AGAIN_S)

    async def _send(self, connection: FarConnection) -> bool:
        """Send a parcel, if there is one; whether there may be more."""
        if self._under_way >= MOST_UNDER_WAY:
            return False
        entries = _together(self._outbox.after(self._sent, MOST_IN_A_PARCEL))
        if not entries or entries[0].name not in self._told:  # from where on is what the collector says first
            return False
        if not self._under_way:
            self._moved_s = self._clock.monotonic()
        await connection.put(parcels_of(self._site), encode(self._packed(entries)))
        self._sent = entries[-1].place
        self._under_way += len(entries)
        return len(entries) == MOST_IN_A_PARCEL

    def _packed(self, entries: Sequence[WaitingEntry]) -> Parcel:
        place, name, *_ = entries[0]
        since = place.sequence
        if since == self._outbox.first_of(place.outbox):
            since = min(since, self._told[name] + 1)  # what was between is here no more
        return Parcel(
            site=self._site,
            outbox=name,
            since=since,
            first=place.sequence,
            observations=tuple(one.observation for one in entries),
            skews_ms=tuple(one.skew_ms for one in entries),
        )

    async def _hear(self, subject: str, data: bytes) -> None:
        try:
            whole = self._assembly.take(data)
            told = None if whole is None else self._understand(whole)
            if told is not None:
                self._take_answer(told)
        except (MessageError, OutboxError) as error:
            log.error("what the collector says cannot be taken up", extra={"error": str(error)})

    def _take_answer(self, told: Answer) -> None:
        now_s = self._heard_s = self._clock.monotonic()
        asked_s = self._asked.pop(told.asked_at_ms, None)
        if asked_s is not None:
            self._skew.measure(told.asked_at_ms + round((now_s - asked_s) * 500) - told.at_ms)
        moved = {name: last for name, last in told.positions.items() if last != self._told.get(name, 0)}
        self._told |= told.positions
        if not moved:
            return
        self._under_way = max(0, self._under_way - self._outbox.acknowledge(moved))
        self._moved_s, self._again_s = now_s, AGAIN_S


def _together(entries: Sequence[WaitingEntry]) -> Sequence[WaitingEntry]:
    """The first of them that fit into one parcel: of one part of the outbox, without a gap."""
    if not entries:
        return ()
    first, size, several = entries[0].place, 0, list[WaitingEntry]()
    for place, entry in enumerate(takewhile(lambda one: one.place.outbox == first.outbox, entries)):
        size += entry.size
        if entry.place.sequence != first.sequence + place or (several and size > LARGEST_PARCEL):
            break
        several.append(entry)
    return several
