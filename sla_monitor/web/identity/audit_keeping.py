"""Writes the audit into the ledger, in a thread: no request waits for it."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.recording.audit import add_events
from sla_monitor.web.identity.audit_log import AuditLog
from sla_monitor.web.serving.workers import Workers

log = logging.getLogger(__name__)


@dataclass
class AuditKeeping:
    """`ledger` None: nothing is kept. `keep` belongs to the web server's loop. `is_failing`: it cannot be written."""

    audit: AuditLog
    ledger: Path | None
    clock: Clock
    _workers: Workers = field(default_factory=lambda: Workers(1))
    _writing: threading.Lock = field(default_factory=threading.Lock)
    is_failing: bool = False

    def keep(self) -> None:
        """Have what is due written; what cannot be written is tried again the next time."""
        if not self._workers.busy:
            self._workers.submit(lambda: self._write(is_end=False))

    def keep_all(self) -> None:
        """Write everything that is left, before the program ends."""
        self._workers.stop()
        self._write(is_end=True)

    def _write(self, *, is_end: bool) -> None:
        # What is due is taken where it is written: a task that is dropped at the end has taken nothing with it.
        with self._writing:
            due = self.audit.due(self.clock.now_ms(), is_end=is_end)
            if self.ledger is None or not due:
                return
            try:
                add_events(self.ledger, due)
            except LedgerError as error:
                if not self.is_failing:
                    log.error("the audit cannot be written; it is tried again", extra={"error": f"{error}"})
                self.is_failing = True
                self.audit.hand_back(due)
            else:
                self.is_failing = False
