"""What the daemon tells of itself: whether it is well, and its own metrics."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from sla_monitor import __version__, names
from sla_monitor import log as logs
from sla_monitor.clock import Clock
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.ledger import Ledger
from sla_monitor.metrics.exporter import Own
from sla_monitor.schedule import LATENESS_BUCKETS_S, Schedule
from sla_monitor.watch import Watching
from sla_monitor.web import Health
from sla_monitor.workers import Workers

PULSE_LIMIT_S = 5.0
"""A scheduling loop that has not turned for so long is called stuck."""


@dataclass(slots=True)
class Reloads:
    """Whether the last reading of the configuration was taken up, and when one was."""

    at_ms: int
    is_good: bool = True


@dataclass(frozen=True, slots=True)
class OwnState:
    """Asks the parts how they are."""

    started_ms: int
    clock: Clock
    ledger: Ledger
    watching: Watching
    schedule: Schedule
    workers: Workers
    assessing: Assessing
    reloads: Reloads

    def health(self) -> Health:
        """For the status page and for whoever asks whether we are ready."""
        is_looking = self.watching.has_looked or not len(self.watching)
        ledger = self.ledger.stats()
        found = {
            "no endpoint has been looked at yet": not is_looking,
            "the first figures since the start are still being worked out": not self.assessing.is_first_done,
            "the scheduling loop has stopped turning": is_looking and self._pulse_age_s() > PULSE_LIMIT_S,
            f"the ledger cannot be written: {ledger.last_error} ({ledger.pending} observations held)": ledger.failing,
            "the last configuration was not taken up; the one before is in force": not self.reloads.is_good,
            "no witness answers: we are cut off, and what fails is unknown": not self.watching.witnesses.is_online,
        }
        facts = {
            "Record": f"{ledger.committed} observations committed, {ledger.pending} waiting, {ledger.dropped} lost",
            "Schedule": f"{self.schedule.stats.missed + self.schedule.stats.overrun} looks skipped since the start",
        }
        return Health(is_looking, [reason for reason, is_so in found.items() if is_so], facts)

    def lateness(self) -> tuple[tuple[float, ...], list[int], float]:
        """The edges of the buckets in seconds, the looks in each, and the sum in seconds."""
        stats = self.schedule.stats
        return LATENESS_BUCKETS_S, list(stats.lateness_counts), stats.lateness_sum_s

    def metrics(self) -> Own:
        ledger, schedule, workers = self.ledger.stats(), self.schedule.stats, self.workers
        plain = {
            names.START_TIME: self.started_ms / 1000,
            names.RELOAD_OK: self.reloads.is_good,
            names.RELOAD_TIME: self.reloads.at_ms / 1000,
            names.MONITOR_ONLINE: self.watching.witnesses.is_online,
            names.PULSE: self._pulse_age_s(),
            names.MISSED: schedule.missed,
            names.OVERRUN: schedule.overrun,
            names.CLOCK_STEPS: schedule.clock_steps,
            names.WORKERS: workers.threads,
            names.WORKERS_BUSY: workers.busy,
            names.WORKERS_LIMIT: workers.limit,
            names.WORKERS_WAITING: workers.waiting,
            names.COMMITTED: ledger.committed,
            names.DROPPED: ledger.dropped,
            names.OUT_OF_ORDER: ledger.out_of_order,
            names.PENDING: ledger.pending,
            names.LEDGER_LAG: ledger.lag_seconds,
            names.LEDGER_FAILING: ledger.failing,
            names.LEDGER_SIZE: ledger.size_bytes,
            names.ASSESS_DURATION: self.assessing.seconds,
        }
        return {
            names.BUILD_INFO: [((platform.python_version(), __version__), 1)],
            **{metric: [((), value)] for metric, value in plain.items()},
            names.LOG_MESSAGES: [((level,), count) for level, count in sorted(logs.counts.items())],
        }

    def _pulse_age_s(self) -> float:
        return self.clock.monotonic() - self.schedule.stats.pulse_monotonic
