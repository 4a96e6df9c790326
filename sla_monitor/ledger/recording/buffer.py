"""The buffer of rows not yet on disk: bounded, in order, never a reason to wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice

from sla_monitor.ledger.recording.buffer_entries import Beat, Held

BATCH = 2_000
"""Entries in one transaction at most: after a long hold, readers and memory see many small commits."""


class Buffer:
    """A queue whose entries stay in it until they are settled: committed, or given up for good.

    Full, it refuses the newest. What is held is then an unbroken record up to a known instant, the start of the
    trouble included, and the rest is one gap (UNKNOWN); to throw out the oldest would leave holes in time that had
    already been accounted for, and break the batch that is being written.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: deque[Held] = deque()
        self._changed = threading.Condition()
        self._is_hurried = False
        self._is_closed = False
        self._taken = 0
        self._settled = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def add(self, held: Held) -> bool:
        """Take an entry; False when it is refused, which is counted. Wakes the writer as seldom as it can."""
        with self._changed:
            if len(self._held) >= self._limit or self._is_closed:
                self.dropped += 1
                return False
            self._held.append(held)
            self._taken += 1
            if len(self._held) in (1, BATCH):
                self._changed.notify_all()
            return True

    def add_all(self, several: Sequence[Held]) -> None:
        """The same for several at once, for the price of one."""
        with self._changed:
            room = 0 if self._is_closed else self._limit - len(self._held)
            before = len(self._held)
            self._held.extend(several[: max(room, 0)])
            taken = len(self._held) - before
            self._taken += taken
            self.dropped += len(several) - taken
            if taken and (not before or before < BATCH <= len(self._held)):
                self._changed.notify_all()

    def has_room_for(self, count: int) -> bool:
        """Whether so many would be taken. Others may come in between."""
        return not self._is_closed and len(self._held) + count <= self._limit

    def wait_for_batch(self, linger_seconds: float) -> list[Held]:
        """Up to BATCH entries, oldest first, once the first has waited `linger_seconds`; empty when all is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._is_closed)
            self._changed.wait_for(self._is_urgent, linger_seconds)
            return list(islice(self._held, BATCH))

    def settle(self, count: int, *, is_kept: bool = True) -> None:
        """The oldest `count` entries need no further care; whoever waits for one of them hears whether it is kept."""
        with self._changed:
            settled = [self._held.popleft().entry for _ in range(count)]
            self._settled += count
            if not self._held:
                self._is_hurried = False
            self._changed.notify_all()
        for entry in settled:
            if isinstance(entry, Beat):
                entry.committed.set_result(is_kept)

    def drop_oldest(self) -> None:
        """Give up the oldest entry: it can never be stored."""
        with self._changed:
            self.dropped += 1
        self.settle(1, is_kept=False)

    def oldest_since(self) -> float | None:
        """When the oldest entry was handed over, in monotonic seconds."""
        with self._changed:
            return self._held[0].since if self._held else None

    def oldest_at_ms(self) -> int | None:
        """Of which instant the oldest entry tells; None: nothing is held."""
        with self._changed:
            return self._held[0].entry.at_ms if self._held else None

    def flush(self, timeout_seconds: float) -> bool:
        """Wait until everything taken so far is settled; False when it is not in time."""
        with self._changed:
            until = self._taken
            self._hurry()
            return self._changed.wait_for(lambda: self._settled >= until, timeout_seconds)

    def pause(self, seconds: float) -> None:
        """Between two attempts: wait, but not once the buffer is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)

    def close(self) -> None:
        """Take nothing more, and hurry what is held."""
        with self._changed:
            self._is_closed = True
            self._hurry()

    def _hurry(self) -> None:
        self._is_hurried = bool(self._held)
        self._changed.notify_all()

    def _is_urgent(self) -> bool:
        return self._is_hurried or self._is_closed or len(self._held) >= BATCH
