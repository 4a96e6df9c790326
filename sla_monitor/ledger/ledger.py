"""The ledger as the daemon uses it: record observations, read spans and entries."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.chain_heads import ChainHead
from sla_monitor.ledger.file_identity import Displaced
from sla_monitor.ledger.housekeeping.salvage import SAVED_ANEW, salvage
from sla_monitor.ledger.lock import WriterLock
from sla_monitor.ledger.opening import check_not_lost, take_lock
from sla_monitor.ledger.reading.known_entries import KnownEntries
from sla_monitor.ledger.reading.pruned_days import Older
from sla_monitor.ledger.reading.reader import Reader, keep_answer
from sla_monitor.ledger.reading.record_lead import MOMENT_S, Lead
from sla_monitor.ledger.recording.buffer import Buffer
from sla_monitor.ledger.recording.buffer_entries import Arrived, Beat, Held
from sla_monitor.ledger.recording.journal import Journal
from sla_monitor.ledger.recording.packing import HourPacker
from sla_monitor.ledger.recording.stats import LedgerStats
from sla_monitor.ledger.recording.writer import Writer
from sla_monitor.sla.clock_steps import ClockStep
from sla_monitor.sla.evidence import Evidence, Forwarding
from sla_monitor.sla.jobs import JobReport, JobState, ReportKind
from sla_monitor.sla.observation import Observation
from sla_monitor.sla.spans import Span

LOG = logging.getLogger(__name__)


class Ledger(Forwarding):
    """The one writer of a record. `open` makes one; everything may be called from any thread."""

    def __init__(
        self, clock: Clock, lock: WriterLock, journal: Journal, buffer: Buffer, linger_seconds: float, reader: Reader
    ) -> None:
        self._path = reader.path
        self._clock = clock
        self._lock = lock
        self._buffer = buffer
        self._writer = Writer(journal, buffer, clock, linger_seconds, self._salvage, self._keep_lock)
        self._reader = reader
        self._keeper = HourPacker(reader.path, self._reader)
        self._jobs = self._reader.jobs(clock.now_ms(), clock.monotonic())
        self._reporting = threading.Lock()
        self._closing = threading.Lock()
        self._is_closed = False
        self._lead = Lead(self._reader, clock)
        self.mind_the_future(0.0)  # the clock may have been put right while nobody was there to see it
        self._writer.start()

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        commit_within_ms: int = 200,
        buffer: int = 50_000,
        older: Older | None = None,
        known: KnownEntries | None = None,
    ) -> Self:
        """Open the ledger at `path`, made if there is none, and start its writer.

        A commit begins at most `commit_within_ms` after the first entry that waits for it; at most `buffer`
        entries wait. `older` reads the observations that were taken out. `known`: what was read of the register, where
        others read it too.

        Raises LedgerDamaged, LedgerTooNew, LedgerLocked or LedgerError, with the way out.
        """
        lock = take_lock(path)
        journal = None
        try:
            check_not_lost(path, lock)
            if not path.exists():
                LOG.info("there is no ledger at %s: an empty one is made", path)
            journal = Journal.open(path)
            lock.note_ledger()
            return cls(clock, lock, journal, Buffer(buffer), commit_within_ms / 1000, Reader(path, older, known))
        except BaseException:
            if journal is not None:
                journal.close()
            lock.release()
            raise

    def record(self, observation: Observation, every_ms: int) -> None:
        """Hand over an observation; `every_ms` is the endpoint's interval. Never waits for the disk and never raises.

        When the buffer is full the observation is dropped, and counted: see `Buffer` for why it is the newest.
        """
        self._buffer.add(Held(self._clock.monotonic(), every_ms, observation))

    def record_all(self, observations: Sequence[tuple[Observation, int]]) -> None:
        """The same for several at once, each with its endpoint's interval."""
        since_s = self._clock.monotonic()
        self._buffer.add_all([Held(since_s, every_ms, observation) for observation, every_ms in observations])

    def has_room_for(self, count: int) -> bool:
        """Whether so many entries would be taken."""
        return self._buffer.has_room_for(count)

    def hand_over(self, arrived: Sequence[tuple[Arrived, int]]) -> None:
        """Hand over what came in from sites far away, each with its endpoint's interval. What is taken but in part is
        recorded up to there: `positions` says how far."""
        since_s = self._clock.monotonic()
        self._buffer.add_all([Held(since_s, every_ms, entry) for entry, every_ms in arrived])

    def positions(self) -> dict[tuple[str, str], int]:
        """How far each outbox of each site is on disk. Raises LedgerError when the file cannot be read."""
        return self._reader.positions()

    def last_seen_ms(self) -> dict[str, int]:
        """When the last committed probe of each endpoint began. Raises LedgerError when the file cannot be read."""
        return {key: span.seen_ms for key, span in self._reader.last_spans().items()}

    def clock_stepped(self, step_ms: int, slept_ms: int = 0) -> None:
        """Hand over that the wall clock was just set by so much, ahead or back, and that the host slept before: what it
        said before is in doubt."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic()
        if slept_ms:
            self._buffer.add(Held(now_s, 0, ClockStep(now_ms, now_ms - step_ms - slept_ms)))
        self._buffer.add(Held(now_s, 0, ClockStep(now_ms, now_ms - step_ms)))

    def clock_steps(self) -> list[ClockStep]:
        """Every step of the wall clock that is on record; see `Reader`."""
        return self._reader.clock_steps()

    def mind_the_future(self, moment_s: float = MOMENT_S) -> None:
        """End what lies in the future, where it was seen by a clock that was ahead. Call it about once a second."""
        try:
            end_ms = self._lead.ends_ms(self._writer.journal.latest_ms, moment_s)
        except LedgerError:  # told elsewhere
            return
        if end_ms is not None:
            self.clock_stepped(self._clock.now_ms() - end_ms)

    def report(self, endpoint: str, kind: ReportKind, text: str = "") -> Future[bool]:
        """Hand over what a job reports, on the same terms. The future is True once it is on disk, and False when it
        cannot be kept; it may take for ever, and cannot be cancelled."""
        committed: Future[bool] = Future()
        committed.set_running_or_notify_cancel()
        with self._reporting:  # in memory and on disk in one order
            before = self._jobs.get(endpoint, JobState())
            report = before.timed(JobReport(kind, self._clock.now_ms(), self._clock.monotonic(), text))
            self._jobs[endpoint] = before.after(report)
            if not self._buffer.add(Held(report.heard_s, 0, Beat(endpoint, report, committed))):
                committed.set_result(False)
        return committed

    def hear(self, endpoint: str, report: JobReport) -> bool:
        """Hand over what a job has reported to another collector, on the same terms; whether it was taken. What is
        older than what we have heard since is recorded, and counts no more."""
        with self._reporting:
            before = self._jobs.get(endpoint, JobState())
            if all(one is None or one.at_ms <= report.at_ms for one in (before.ended, before.running)):
                self._jobs[endpoint] = before.after(report)
            return self._buffer.add(Held(self._clock.monotonic(), 0, Beat(endpoint, report, Future())))

    def job(self, endpoint: str) -> JobState:
        """What counts of the reports of an endpoint's job, whether or not they are on disk yet."""
        return self._jobs.get(endpoint, JobState())

    def behind(self) -> Evidence:
        return self._reader

    def spans(
        self, start_ms: int, end_ms: int, yield_control: Callable[[], None] = lambda: None
    ) -> dict[str, list[Span]]:
        """Whole spans that overlap `[start_ms, end_ms)`, ascending, for each endpoint key that has any.

        As committed: the latest observations may be missing for as long as a commit may wait. `yield_control` is called
        now and then between them. Raises LedgerError when the file cannot be read.
        """
        return self._reader.spans(start_ms, end_ms, yield_control)

    def firsts_ms(self, contracts: Sequence[str]) -> Mapping[str, int | None]:
        return self._reader.firsts_ms(contracts)

    def observations(self, endpoint: str, start_ms: int, end_ms: int) -> Iterator[Observation]:
        """The endpoint's committed observations that began in `[start_ms, end_ms)`, ascending; evidence included."""
        return self._reader.observations(endpoint, start_ms, end_ms)

    def keep_samples(
        self, keys: Sequence[str], since_ms: int, until_ms: int, yield_control: Callable[[], None] = lambda: None
    ) -> None:
        """Pack these samples for quicker reading; for one thread at a time. `yield_control` is called between hours.
        Raises LedgerError and its kinds."""
        self._keeper.keep(keys, since_ms, until_ms, yield_control)

    def held_since_ms(self) -> int | None:
        """Of which instant the oldest observation tells that is not on disk yet; None: all of them are."""
        return self._buffer.oldest_at_ms()

    @property
    def is_failing(self) -> bool:
        """Whether the last commit failed, and is being tried again."""
        return self._writer.failing

    def was_seen(self, start_ms: int, end_ms: int) -> bool:
        """Whether there is an observation of that time; see `Reader`."""
        return self._reader.was_seen(start_ms, end_ms)

    def keep(self, digest: str, body: str) -> None:
        """Keep such an answer. Raises LedgerError and its kinds."""
        keep_answer(self._path, digest, body)

    def head(self) -> ChainHead | None:
        """Up to where the chain is closed. Raises LedgerError when the file cannot be read."""
        return self._reader.head()

    def not_before(self, head: ChainHead) -> str | None:
        """Why this record is not the one of which a head was told; None: it is. Raises LedgerError."""
        return self._reader.not_before(head)

    def stats(self) -> LedgerStats:
        """How the record is doing, now."""
        oldest = self._buffer.oldest_since()
        writer, path = self._writer, self._writer.journal.place.path
        log_bytes = _size(path.with_name(path.name + "-wal"))
        return LedgerStats(
            committed=writer.committed,
            dropped=self._buffer.dropped,
            pending=len(self._buffer),
            lag_seconds=0.0 if oldest is None else max(0.0, self._clock.monotonic() - oldest),
            failing=writer.failing,
            last_error=writer.last_error,
            size_bytes=_size(path) + log_bytes,
            log_bytes=log_bytes,
            commits=writer.commits,
            out_of_order=writer.out_of_order,
            saved_anew=writer.saved_anew,
            lead_seconds=self._lead.lead_ms / 1000,
            free_bytes=_free(path.parent),
        )

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything handed over so far is on disk; False when it is not in time."""
        return self._buffer.flush(timeout_s)

    def close(self, timeout_s: float = 4.0) -> bool:
        """Commit what is held, stop the writer and let go of the ledger; False when something could not be kept."""
        with self._closing:
            is_kept = self._writer.finish(timeout_s)
            if not self._is_closed and not self._writer.is_alive():
                self._is_closed = True
                self._reader.close()
                self._writer.journal.close()
                self._lock.release()
            return is_kept

    def _keep_lock(self) -> bool:
        was_lost = self._lock.keep()
        if was_lost:
            LOG.error("%s, which keeps a second daemon out, was removed; it is made again", self._lock.path)
        return was_lost

    def _salvage(self, journal: Journal, error: Displaced) -> Journal | None:
        if error.trouble in SAVED_ANEW:
            self._lock.renew()
        anew = salvage(journal, error, self._clock.now_ms())
        if anew is not None:
            self._reader.reopen()
        return anew

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
