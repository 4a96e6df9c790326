"""A record that reaches into the future: was the clock ahead when it was made, or is it behind now?

A host that boots with a dead clock finds itself years before its own record. To take that for a clock that was ahead
would turn years into doubt. So it is asked what that would cost, and whether it can be so at all.
"""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.clock import Clock
from sla_monitor.ledger.opening import take_lock
from sla_monitor.ledger.reading.reader import Reader
from sla_monitor.ledger.recording.buffer_entries import Held
from sla_monitor.ledger.recording.journal import Journal
from sla_monitor.ledger.recording.tally import ALIKE_MS, Steps
from sla_monitor.sla.clock_steps import ClockStep

LOG = logging.getLogger(__name__)

TOLERANCE_MS = 2_000
"""A record may reach so far beyond now: small steps of the clock are none of its concern."""

MOMENT_S = 5.0
"""For so long a step of the clock may be on its way into the record."""

PATIENCE_S = 600.0
"""Within that time a host that has booted with a wrong clock asks others for the right one."""

LITTLE_MS = 26 * 3_600_000
"""So much may be doubted where it cannot be told which of the two it is: a day, and a wrong time zone."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """What lies in the future at the endpoint that was seen last. `is_likely`: the clock was ahead when that was seen;
    `cost_ms`: the time seen that would be in doubt."""

    end_ms: int
    is_likely: bool
    cost_ms: int


class Lead:
    """Watches over how far the record of one ledger reaches. `lead_ms`: beyond now; 0: it does not. For one thread."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self.lead_ms = 0
        self._reader, self._clock = reader, clock
        self._since_s: float | None = None
        self._ended_s = float("-inf")
        self._is_told = False

    def ends_ms(self, latest_ms: int, moment_s: float = MOMENT_S) -> int | None:
        """Up to when the record reaches that has to end now, because the clock was ahead; None: leave it as it is.

        `latest_ms`: when the latest probe on record began. To be asked about once a second. Raises LedgerError.
        """
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic()
        self.lead_ms = max(0, latest_ms - now_ms)
        if self.lead_ms <= TOLERANCE_MS:
            self.lead_ms, self._since_s, self._is_told = 0, None, False
            return None
        if self._since_s is None:
            self._since_s = now_s
        waited_s = now_s - self._since_s
        if waited_s < moment_s or now_s - self._ended_s < PATIENCE_S:  # it may wait for the disk
            return None
        reach = self._reach(now_ms)
        if reach is None:
            return None
        is_little = reach.cost_ms <= LITTLE_MS
        if (reach.is_likely and is_little) or (waited_s >= PATIENCE_S and (reach.is_likely or is_little)):
            LOG.warning("the record reaches %d s into the future: the clock was ahead", self.lead_ms // 1000)
            self._ended_s = now_s
            return reach.end_ms
        if not self._is_told:
            self._is_told = True
            LOG.error(
                "the record reaches %d s into the future: the clock is behind, and what is seen now counts for nothing"
                " until it is right; if it is right, `sla-monitor ledger rebuild-spans --clock-is-right` says so",
                self.lead_ms // 1000,
            )
        return None

    def _reach(self, now_ms: int) -> _Reach | None:
        """None: what is committed does not reach so far, or not any more."""
        lasts = self._reader.last_spans()
        spans = self._reader.spans_of(max(lasts, key=lambda key: lasts[key].seen_ms), 0) if lasts else []
        ahead = [span for span in spans if span.seen_ms > now_ms]
        if not ahead:
            return None
        steps = Steps()
        for step in self._reader.clock_steps():
            steps.since_ms(step)
        last = ahead[-1]
        error_ms = last.seen_ms - now_ms
        before_ms = max((span.seen_ms for span in spans if span.seen_ms <= now_ms), default=None)
        first_ms = ahead[0].start_ms
        # It was seen in time that has really passed since what was seen before.
        is_apart = before_ms is not None and first_ms >= now_ms and now_ms - before_ms >= last.seen_ms - first_ms
        from_ms = max(first_ms, now_ms) - error_ms
        cost_ms = sum(span.end_ms - max(span.start_ms, from_ms) for span in spans if span.end_ms > from_ms)
        return _Reach(last.end_ms, is_apart or steps.was_set_ahead(error_ms - ALIKE_MS), cost_ms)


def end_future(path: Path, now_ms: int) -> int:
    """Record that the clock was ahead until now, where the record lies in the future; by how much, in ms.

    Beside no daemon. Raises LedgerError and its kinds.
    """
    lock = take_lock(path)
    try:
        with closing(Journal.open(path)) as journal:
            ahead_ms = journal.latest_ms - now_ms
            if ahead_ms <= 0:
                return 0
            journal.write([Held(0.0, 0, ClockStep(now_ms, now_ms + ahead_ms))])
            return ahead_ms
    finally:
        lock.release()
