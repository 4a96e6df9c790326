"""Health of the record, for the metrics, the log and the status page."""

from __future__ import annotations

from dataclasses import dataclass

LARGE_LOG_BYTES = 256 * 2**20
"""Of a write-ahead log: four times what is kept of it. Somebody has read one state of the record for long."""

LEAST_ROOM_BYTES = 2**30
"""Free on the ledger's disk, or as much as the ledger has: a migration and a backup beside it need that."""


@dataclass(frozen=True, slots=True)
class LedgerStats:
    """Counts are since the ledger was opened.

    dropped: what could not be kept, because the buffer was full or the row could not be stored at all;
    lag_seconds: age of the oldest entry that waits for its commit, 0 when none does; failing: the last attempt to
    commit failed and what it held is still held; out_of_order: observations that were not after their endpoint's last
    one (kept, but they change no span); size_bytes: the database and its write-ahead log, log_bytes: the latter alone;
    saved_anew: how often its files went from under the open ledger, which was then written anew in their place;
    lead_seconds: how far the record reaches beyond now, as the clock has it; free_bytes: left on its disk for whoever
    runs it, None: its folder cannot be asked.
    """

    committed: int
    dropped: int
    pending: int
    lag_seconds: float
    failing: bool
    last_error: str | None
    size_bytes: int
    log_bytes: int
    commits: int
    out_of_order: int
    saved_anew: int
    lead_seconds: float
    free_bytes: int | None

    @property
    def is_room_low(self) -> bool:
        """Whether the disk is about to fill up; when it is full, nothing is recorded."""
        return self.free_bytes is not None and self.free_bytes < max(LEAST_ROOM_BYTES, self.size_bytes)
