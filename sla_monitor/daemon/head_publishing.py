"""Tells the head of the record's chain where the ledger's administrator cannot take it back: journal and metrics."""

from __future__ import annotations

import logging

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.errors import LedgerError, SigningKeyError
from sla_monitor.ledger import ChainHead, Ledger
from sla_monitor.ledger.chaining.chain_heads import Sign
from sla_monitor.metrics.exporter import Own
from sla_monitor.settings import Settings
from sla_monitor.signing import SigningKey

EVERY_MS = 3_600_000

log = logging.getLogger(__package__)


class Signer:
    """The monitor's key, as its file has it each time. `failing`: it is to be there, and cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self.failing = False
        self._path = settings.ledger.key
        self._is_expected = "key" in settings.ledger.model_fields_set or settings.archive.automatic

    def sign(self) -> Sign | None:
        """What signs now; None: nothing does. A key that fails stops nobody who records: it is logged and alerted."""
        try:
            found = SigningKey.read(self._path).sign
        except SigningKeyError as error:
            self.failing = self._is_expected or self._path.exists()
            if self.failing:
                log.error("heads of the record's chain are not signed", extra={"problem": str(error)})
            return None
        self.failing, self._is_expected = False, True  # one that was there does not go without a word
        return found


class Heads:
    """`tell` is called at the start and every EVERY_MS. The head of the time before must still be in the chain."""

    def __init__(self, ledger: Ledger, clock: Clock, settings: Settings, verified: RecordVerification) -> None:
        self._ledger, self._clock, self._signer, self._verified = ledger, clock, Signer(settings), verified
        self._head: ChainHead | None = None

    def publish(self) -> None:
        """Log the head as it is now; a ledger that cannot be read is told elsewhere."""
        sign = self._signer.sign()
        try:
            problem = self._ledger.not_before(self._head) if self._head else None
            self._verified.found("heads", problem)
            self._head = self._head if problem else self._ledger.head() or self._head
        except LedgerError as error:
            log.error("cannot read the head of the record's chain", extra={"problem": str(error)})
            return
        if self._head is not None:
            log.info("the head of the record's chain", extra={"head": self._head.line(self._clock.now_ms(), sign)})

    def metrics(self) -> Own:
        """The metrics about it."""
        failing = {names.LEDGER_KEY_FAILING: [((), self._signer.failing)]}
        if self._head is None:
            return {names.LEDGER_HEAD: [], names.LEDGER_HEAD_OBSERVATIONS: [((), 0)], **failing}
        return {
            names.LEDGER_HEAD: [((self._head.short, str(self._head.link)), 1)],
            names.LEDGER_HEAD_OBSERVATIONS: [((), self._head.observations)],
            **failing,
        }
