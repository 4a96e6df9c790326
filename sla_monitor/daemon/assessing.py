"""Assessment in the daemon: repeated in a thread, with one reader of the record at a time."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress

from sla_monitor.assess import Assessment, Cache, assess
from sla_monitor.board import Board
from sla_monitor.clock import Clock, Rests
from sla_monitor.contract.contract import Contract
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.errors import LedgerDamaged, LedgerError
from sla_monitor.ledger import Ledger, Recorded
from sla_monitor.register.instant import SKEW_MS

NEWEST = 200
"""Entries of each contract that are looked at: what a wrong clock has dated is among the last."""

log = logging.getLogger(__package__)


class Assessing:
    """Puts each assessment on the board. `seconds`: how long the last one took; `problem`: why there was none;
    `entries_ahead`: how many of the register's newest entries are dated later than now, and do not count yet."""

    def __init__(self, ledger: Ledger, board: Board, clock: Clock, verified: RecordVerification) -> None:
        self.seconds, self.problem, self.entries_ahead = 0.0, "", 0
        self._board, self._clock, self.verified = board, clock, verified
        self._lock = threading.Lock()
        self._recorded = Recorded(ledger)
        self._caches: dict[str, Cache] = {}
        self._first: Future[None] = Future()
        self._is_stopping = False

    def stop(self) -> None:
        """The ledger is about to be closed: an assessment that goes on ends at its next rest. One of many endpoints
        would hold up the end of the process."""
        self._is_stopping = True

    def assess(self, take_up: Callable[[], Sequence[Contract]]) -> None:
        """Assess the contracts that `take_up` gives; the schedule's turn and a reload's must not undo each other.

        From a record that does not verify nothing is worked out: the figures stay those of before, and that is told.
        """
        with self.recorded() as recorded:
            began_s = self._clock.monotonic()
            contracts, now_ms = take_up(), self._clock.now_ms()
            recorded.yield_control = self._resting()
            try:
                self._board.assessment = assess(contracts, recorded, now_ms, recorded.yield_control, self._caches)
            except LedgerDamaged as error:
                self.verified.found("figures", str(error))
                return
            self.verified.found("figures", None)
            self.seconds = self._clock.monotonic() - began_s
            newest = [entry for contract in contracts for entry in recorded.entries(contract.id)[-NEWEST:]]
            self.entries_ahead = sum(entry.at_ms > now_ms + SKEW_MS for entry in newest)

    def _resting(self) -> Callable[[], None]:
        rests = Rests(self._clock)

        def rest() -> None:
            if self._is_stopping:
                raise LedgerError("the monitor stops")
            rests()

        return rest

    def assess_or_tell(self, take_up: Callable[[], Sequence[Contract]]) -> None:
        """The same in a daemon that runs: to end because the ledger cannot be read would lose what is held."""
        try:
            self.assess(take_up)
        except LedgerError as error:
            if self._is_stopping:
                return
            self.problem = str(error)
            log.error("the figures cannot be calculated", extra={"problem": self.problem})
        else:
            self.problem = ""

    def begin(self, take_up: Callable[[], Sequence[Contract]], then: Callable[[], None], patience_s: float) -> None:
        """Have the first one made, `then` something else, and wait for both for so long. Raises what they raise until
        then. Those that take longer, over millions of probes that nobody packed yet, go on by themselves."""
        take_up()
        self._first = Future()
        threading.Thread(target=self._make_first, args=(take_up, then, self._first), name="first", daemon=True).start()
        with suppress(TimeoutError):
            self._first.result(patience_s)

    @property
    def caches(self) -> Mapping[str, Cache]:
        """What is kept of each contract from one assessment to the next; read it with `recorded` alone."""
        return self._caches

    @property
    def latest(self) -> Assessment:
        return self._board.assessment

    @property
    def is_first_done(self) -> bool:
        return self._first.done()

    def _make_first(
        self, take_up: Callable[[], Sequence[Contract]], then: Callable[[], None], first: Future[None]
    ) -> None:
        try:
            self.assess(take_up)
            keep_for_good()
            then()
        except Exception as error:  # noqa: BLE001 - handed over; later ones tell in the schedule's name
            first.set_exception(error)
        else:
            first.set_result(None)

    @contextmanager
    def recorded(self) -> Iterator[Recorded]:
        """The record, for one thread at a time."""
        with self._lock:
            yield self._recorded


def keep_for_good() -> None:
    """Look no more for garbage among what is there now. Contracts and ten years of entries are a million objects: to
    look through them took 0.6 s again and again, in which no page was answered."""
    gc.collect()
    gc.freeze()
