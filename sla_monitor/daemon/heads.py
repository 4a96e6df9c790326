"""Tells the head of the record's chain where the ledger's administrator cannot take it back: journal and metrics."""

from __future__ import annotations

import logging

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import ChainHead, Ledger
from sla_monitor.ledger.heads import Sign
from sla_monitor.metrics.exporter import Own

EVERY_MS = 3_600_000

log = logging.getLogger(__package__)


class Heads:
    """`tell` is called at the start and every EVERY_MS; `sign` is the monitor's key, if it has one."""

    def __init__(self, ledger: Ledger, clock: Clock, sign: Sign | None = None) -> None:
        self._ledger, self._clock, self._sign = ledger, clock, sign
        self._head: ChainHead | None = None

    def tell(self) -> None:
        """Log the head as it is now; a ledger that cannot be read is told elsewhere."""
        try:
            self._head = self._ledger.head() or self._head
        except LedgerError as error:
            log.error("the head of the record's chain cannot be told", extra={"problem": str(error)})
            return
        if self._head is not None:
            log.info(
                "the head of the record's chain", extra={"head": self._head.line(self._clock.now_ms(), self._sign)}
            )

    def told(self) -> Own:
        """The metrics about it."""
        if self._head is None:
            return {names.LEDGER_HEAD: [], names.LEDGER_HEAD_OBSERVATIONS: [((), 0)]}
        return {
            names.LEDGER_HEAD: [((self._head.short, str(self._head.link)), 1)],
            names.LEDGER_HEAD_OBSERVATIONS: [((), self._head.observations)],
        }
