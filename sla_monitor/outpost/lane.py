"""A lane: what one collector is sent of the outbox, and how far its record is known to have it.

Each collector of a pair has a lane of its own: one that is dead holds up nothing but what the outbox may give up.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from sla_monitor.clock import Clock
from sla_monitor.outpost.outbox import BEGINNING, FarOutbox, Place, WaitingEntry
from sla_monitor.transport import Parcel, encode
from sla_monitor.transport.line import FarConnection, parcels_of

MOST_IN_A_PARCEL, LARGEST_PARCEL = 500, 400_000
"""Observations in a message, and bytes: a server takes a million."""

MOST_UNDER_WAY = 32_000
"""Observations that are sent and not known to be recorded."""

AGAIN_S, LONGEST_AGAIN_S = 5.0, 60.0
"""What has not got into the record for so long is sent again; twice as long each time in vain."""

PRESENT_S = 3.0
"""A collector that has not answered for so long is not there: nothing is sent again to it."""

log = logging.getLogger(__package__)


class _Sent(NamedTuple):
    outbox: str
    first: int
    last: int


class Lane:
    """Of one collector; `collector` is empty where there is one alone. It belongs to the thread of the line."""

    def __init__(self, site: str, collector: str, outbox: FarOutbox, clock: Clock) -> None:
        self._site, self.collector, self._outbox, self._clock = site, collector, outbox, clock
        self.told: Mapping[str, int] = {}
        """By the names of parts of the outbox, up to where its record has them."""
        self.heard_s = float("-inf")
        self._moved_s = float("-inf")
        self._sent, self._under_way = BEGINNING, deque[_Sent]()
        self._again_s = AGAIN_S

    @property
    def under_way(self) -> int:
        """Observations."""
        return sum(one.last - one.first + 1 for one in self._under_way)

    def lacks_since_ms(self) -> int | None:
        """When the oldest observation was made that this collector lacks; None: it has all. Raises OutboxError."""
        return self._outbox.oldest_after_ms(self.told)

    def hear(self, positions: Mapping[str, int]) -> None:
        """Up to where its record has each part, as it says itself."""
        now_s = self.heard_s = self._clock.monotonic()
        moved = {name: last for name, last in positions.items() if last != self.told.get(name, 0)}
        if any(last < self.told.get(name, 0) for name, last in moved.items()):  # it goes on from a copy
            self._begin_again()
        self.told = {**self.told, **positions}
        if not moved:
            return
        still = [one for one in self._under_way if one.last > self.told.get(one.outbox, 0)]
        self._under_way = deque(still)
        self._moved_s, self._again_s = now_s, AGAIN_S

    def look_back(self) -> None:
        """Send again what is under way and does not arrive, though the collector is there."""
        now_s = self._clock.monotonic()
        if self._under_way and now_s - self.heard_s < PRESENT_S and now_s - self._moved_s >= self._again_s:
            told = {"sent": self.under_way, **({"collector": self.collector} if self.collector else {})}
            log.warning("what was sent is not in the record yet and is sent again", extra=told)
            self._begin_again()
            self._moved_s, self._again_s = now_s, min(2 * self._again_s, LONGEST_AGAIN_S)

    async def send(self, connection: FarConnection) -> bool:
        """Send a parcel, if there is one; whether there may be more. Raises OutboxError and LineError."""
        if self.under_way >= MOST_UNDER_WAY:
            return False
        entries = self._next()
        if not entries:
            return False
        if not self._under_way:
            self._moved_s = self._clock.monotonic()
        await connection.put(parcels_of(self._site, self.collector), encode(self._packed(entries)))
        self._sent = entries[-1].place
        self._under_way.append(_Sent(entries[0].name, entries[0].place.sequence, self._sent.sequence))
        return len(entries) == MOST_IN_A_PARCEL

    def _begin_again(self) -> None:
        self._sent = BEGINNING
        self._under_way.clear()

    def _next(self) -> Sequence[WaitingEntry]:
        """What is to be sent next: nothing that its record has, and nothing before it has said up to where."""
        while entries := _together(self._outbox.after(self._sent, MOST_IN_A_PARCEL)):
            place, name, *_ = entries[0]
            known = self.told.get(name)
            if known is None or place.sequence > known:
                return () if known is None else entries
            self._sent = Place(place.outbox, known)
        return ()

    def _packed(self, entries: Sequence[WaitingEntry]) -> Parcel:
        place, name, *_ = entries[0]
        since = place.sequence
        if since == self._outbox.first_of(place.outbox):
            since = min(since, self.told[name] + 1)  # what was between is here no more
        return Parcel(
            site=self._site,
            outbox=name,
            since=since,
            first=place.sequence,
            observations=tuple(one.observation for one in entries),
            skews_ms=tuple(one.skew_ms for one in entries),
        )


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
