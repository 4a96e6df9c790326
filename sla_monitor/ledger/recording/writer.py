"""The one thread that writes: it groups commits, and outlives every failure of the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.file_identity import Displaced
from sla_monitor.ledger.recording.buffer import Buffer
from sla_monitor.ledger.recording.buffer_entries import Arrived, Held
from sla_monitor.ledger.recording.journal import Journal
from sla_monitor.ledger.recording.stats import LARGE_LOG_BYTES

LOG = logging.getLogger(__name__)

_CHECKPOINT_COMMITS = 100
_CHECKPOINT_ENTRIES = 10_000
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_LAST_ATTEMPT_SECONDS = 0.3  # so that whoever waits for the end sees it: a pause, and an attempt

# What an entry of the wrong kind or size gives: trying it again would never help.
_UNSTORABLE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Writer(threading.Thread):
    """Takes batches from the buffer and commits them, in order.

    A batch that fails for the disk's sake is kept and tried again, ever more slowly. One that holds an entry which
    can never be stored is halved until that entry stands alone and can be given up.
    """

    def __init__(
        self,
        journal: Journal,
        buffer: Buffer,
        clock: Clock,
        linger_seconds: float,
        salvage: Callable[[Journal, Displaced], Journal | None],
        keep_lock: Callable[[], bool],
    ) -> None:
        """`salvage` gives the journal of the ledger that was saved anew, or None while there is none. `keep_lock`
        says whether the lock was lost, and raises LedgerError or OSError where somebody else may write."""
        # A daemon thread, so that a disk which never answers cannot keep the program from ending: close() is how
        # the thread is asked to finish, and a commit that was never acknowledged is nobody's loss.
        super().__init__(name="ledger", daemon=True)
        self.journal = journal
        self._salvage, self._keep_lock = salvage, keep_lock
        self._salvaged = self._unsalvaged = ""
        self._unacknowledged = 0
        self.buffer = buffer
        self._clock = clock
        self._linger_seconds = linger_seconds
        self._give_up_at: float | None = None
        self._since_checkpoint = (0, 0)
        self._is_log_large = False
        self.committed = 0
        self.commits = 0
        self.out_of_order = 0
        self.saved_anew = 0
        self.failing = False
        self.last_error: str | None = None

    def run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while batch := self.buffer.wait_for_batch(self._linger_seconds):
            if self._try(batch):
                pause = _FIRST_PAUSE_SECONDS
                continue
            if self._is_over():
                return
            self.buffer.pause(pause) if not self.buffer.is_closed else self._clock.sleep(_FIRST_PAUSE_SECONDS)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def finish(self, timeout_seconds: float) -> bool:
        """Write what is held and end, giving up after `timeout_seconds`; False when something is left."""
        self._give_up_at = self._clock.monotonic() + timeout_seconds - _LAST_ATTEMPT_SECONDS
        self.buffer.close()
        self.join(timeout_seconds)
        return not self.is_alive() and not self.buffer

    def _is_over(self) -> bool:
        return self._give_up_at is not None and self._clock.monotonic() >= self._give_up_at

    def _try(self, batch: Sequence[Held]) -> bool:
        try:
            self.journal.check_place()
            if self._keep_lock():
                self.journal.forget()
            if self._unacknowledged:  # of the ledger as it is now: the oldest of the batch are in it
                self._acknowledge()
                return True
            self._commit(batch)
        except Displaced as error:
            self._failed(error)
            self._meet(error)
            return False
        except (sqlite3.Error, LedgerError, OSError) as error:
            self._failed(error)
            return False
        except Exception as error:
            LOG.exception("internal error in the ledger's writer")
            self._failed(error)
            return False
        self._checkpoint()
        return True

    def _commit(self, batch: Sequence[Held]) -> None:
        try:
            self.out_of_order += self.journal.write(batch)
        except _UNSTORABLE as error:
            self._divide(batch, error)
            return
        self._unacknowledged = len(batch)
        self._acknowledge()

    def _acknowledge(self) -> None:
        """A commit counts if it went into the ledger that whoever reads it next will find. Raises Displaced."""
        self.journal.check_place()
        count, self._unacknowledged = self._unacknowledged, 0
        self.committed += count
        self.commits += 1
        self._healed()
        self.buffer.settle(count)

    def _meet(self, error: Displaced) -> None:
        """Put what was recorded where it is safe: tried until it is done, and done once for each trouble."""
        if self._salvaged == str(error):
            return
        try:
            anew = self._salvage(self.journal, error)
        except (sqlite3.Error, LedgerError, OSError) as problem:
            if str(problem) != self._unsalvaged:
                LOG.error("cannot save what was recorded to a safe place; trying again: %s", problem)
            self._unsalvaged = str(problem)
            return
        self._salvaged = str(error)
        if anew is not None:
            self.journal, self._salvaged = anew, ""
            self.saved_anew += 1

    def _divide(self, batch: Sequence[Held], error: Exception) -> None:
        if len(batch) == 1:
            entry = batch[0].entry
            told = entry.observation if isinstance(entry, Arrived) else entry
            LOG.error("an entry of %r cannot be stored and is given up: %s", getattr(told, "endpoint", None), error)
            if isinstance(entry, Arrived) and entry.observation is not None:  # what follows it at its site goes on
                self._commit([batch[0]._replace(entry=entry._replace(observation=None))])
            else:
                self.buffer.drop_oldest()
            return
        middle = len(batch) // 2
        self._commit(batch[:middle])
        self._commit(batch[middle:])

    def _checkpoint(self) -> None:
        """Now and then, after a commit has been acknowledged and before the next is due."""
        commits, entries = self._since_checkpoint
        if self.commits - commits >= _CHECKPOINT_COMMITS or self.committed - entries >= _CHECKPOINT_ENTRIES:
            self._since_checkpoint = self.commits, self.committed
            try:
                self.journal.checkpoint()
            except (
                sqlite3.Error,
                Displaced,
            ) as error:  # nothing is lost: the log only grows, until the next one succeeds
                LOG.warning("the ledger's write-ahead log could not be emptied: %s", error)
            self._mind_the_log()

    def _mind_the_log(self) -> None:
        """Say once that it grows: SQLite reuses none of it while anybody reads a state of before."""
        size, was_large = self.journal.place.log_bytes, self._is_log_large
        self._is_log_large = size > LARGE_LOG_BYTES
        if self._is_log_large and not was_large:
            LOG.warning(
                "the ledger's write-ahead log has %d MiB: somebody keeps a transaction open and it cannot be reused",
                size >> 20,
            )

    def _failed(self, error: Exception) -> None:
        reason = str(error) or type(error).__name__
        if not self.failing or reason != self.last_error:
            LOG.error("the ledger cannot be written; observations are held in memory and tried again: %s", reason)
        self.failing, self.last_error = True, reason

    def _healed(self) -> None:
        self._salvaged = self._unsalvaged = ""
        if self.failing:
            LOG.warning("the ledger can be written again; what was held is on disk or on its way")
        self.failing = False
