"""The daemon: builds every part once, starts it, reloads it, stops it. The only place where all the rooms meet."""

from __future__ import annotations

import gc
import logging
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from sla_monitor import __version__, names, systemd
from sla_monitor import log as logs
from sla_monitor.assess import Cache, assess
from sla_monitor.board import Board
from sla_monitor.clock import Clock, Rests
from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.errors import ConfigError
from sla_monitor.ledger import Ledger, Recorded
from sla_monitor.metrics.exporter import CONTENT_TYPE, Exporter, Own
from sla_monitor.queries import Queries
from sla_monitor.register.standing import standing
from sla_monitor.review.duty import Duty, due
from sla_monitor.review.shelf import shelved
from sla_monitor.schedule import LATENESS_BUCKETS_S, Schedule, workers_needed
from sla_monitor.silences import Silences, bookings
from sla_monitor.watch import Watching
from sla_monitor.web import Health, ReviewPack, Web
from sla_monitor.workers import Workers

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
STOP_SECONDS = 4.0
SWITCH_S = 0.001
"""How long a thread may keep the interpreter from one that has a look to make (Python's own 5 ms add up in a look)."""

PULSE_LIMIT_S = 5.0
"""A scheduling loop that has not turned for so long is called stuck."""

EARLY_S, CHEAP_S = 20.0, 1.0
"""So long after the start figures are worked out every second, where that takes no longer than CHEAP_S: whoever has
just started a monitor should see the first states when they are there, and not at the next quarter of a minute."""

REVIEWS_EVERY_MS = 60_000
"""How often it is asked whether a review pack is due."""

QUERIES_EVERY_MS = 60_000
"""How often it is asked whether a KPI's figure is due from its Prometheus."""

RELOADABLE = ("contracts", "log", "links", "alerting")

log = logging.getLogger(__name__)


class Daemon:
    """One run, from `start` to `stop`. `run` does both and waits for a signal in between."""

    def __init__(self, path: Path, configuration: Configuration, clock: Clock) -> None:
        settings = configuration.settings
        self._path, self._configuration, self._clock = path, configuration, clock
        self._reloading, self._assessing = threading.Lock(), threading.Lock()
        self._reload_is_good, self._reloaded_ms = True, clock.now_ms()
        self._assess_seconds = 0.0
        self._is_announced = False
        self._awake_s = self._started_s = clock.monotonic()
        self.board = Board(clock.now_ms(), settings.vantage)
        self._ledger = Ledger.open(
            settings.ledger.path,
            clock,
            commit_within_ms=settings.ledger.commit_within_ms,
            buffer=settings.ledger.buffer,
        )
        self._recorded = Recorded(self._ledger)
        self._caches: dict[str, Cache] = {}
        self._duty = Duty(settings.reviews, path)
        self._queries = Queries(settings.ledger.path, clock)
        self._watching = Watching(self.board, self._ledger, clock, settings.witnesses)
        self._workers = Workers(workers_needed([]))
        self._schedule = Schedule(clock, self._watching.look, self.board.skip, self._pulse, self._workers)
        self._silences = Silences(settings.alertmanager, settings.vantage)
        self._exporter = Exporter(self.board, self._own_health, self._lateness)
        self._web = Web(
            settings.listen,
            board=self.board,
            metrics=lambda: (CONTENT_TYPE, self._exporter.render(Rests(clock))),
            health=self._health,
            reload=self.reload,
            beat=self._watching.beat,
            tokens=lambda: self._watching.tokens,
            web_config=settings.web_config,
            clock=clock,
            packs=lambda: _packs(settings.reviews.folder),
        )

    def run(self) -> None:
        """Start, serve until SIGTERM or SIGINT, stop. SIGHUP reloads.

        Signals are waited for rather than handled: a handler runs between any two steps of the main thread, and
        could find a lock taken by the very step it interrupts.
        """
        sys.setswitchinterval(SWITCH_S)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # as the caller has, before the ledger's thread was started
        try:
            self.start()
            while True:
                received = signal.sigtimedwait(SIGNALS, 1.0)
                # Interrupted by SIGCONT, CPython gives a number that is no signal: only known ones count.
                number = received.si_signo if received is not None else 0
                if number == signal.SIGHUP:
                    self.reload()
                elif number in SIGNALS:
                    break
                self._each_second()
        finally:
            self.stop()

    def start(self) -> None:
        """Listen, then look. Raises ListenError before anything was looked at."""
        settings = self._configuration.settings
        self._queries.known(self._configuration.contracts)
        self._assess()  # so that the first answer is complete
        _set_apart()
        self._web.start()
        self._schedule.every(settings.assess_every_ms, "assess", self._assess)
        if settings.witnesses:
            every_ms = min(witness.every_ms for witness in settings.witnesses)
            self._schedule.every(every_ms, "witness", self._watching.check_witnesses)
        if settings.alertmanager.silences:
            self._schedule.every(settings.alertmanager.every_ms, "silences", self._silence)
        if settings.reviews.automatic:
            self._schedule.every(REVIEWS_EVERY_MS, "reviews", self._make_reviews)
        self._schedule.every(QUERIES_EVERY_MS, "queries", self._ask_for_figures)
        self._schedule.start()
        where = {"listen": f"port {self._web.port}", "ledger": str(settings.ledger.path)}
        log.info("watching", extra={"endpoints": len(self._watching), **where})

    def stop(self) -> None:
        """Begin no more looks, commit what was seen, close. Takes at most about STOP_SECONDS."""
        systemd.stopping()
        self._schedule.stop()
        self._duty.stop()
        self._queries.stop()
        self._web.stop(0.5)
        if not self._ledger.close(STOP_SECONDS):
            log.error("the ledger could not be closed in time; what was not committed is lost")
        self._watching.close()
        self._silences.close()
        log.info("stopped")

    def reload(self) -> list[str]:
        """Read the configuration again and take up what changed; on mistakes keep the old one and return them."""
        with self._reloading:
            if self._is_announced:
                systemd.reloading()
            problems = self._read_again()
            if self._is_announced:  # before that, READY would claim looks that were never made
                systemd.ready()
            return problems

    def _read_again(self) -> list[str]:
        try:
            new = read_configuration(self._path)
        except ConfigError as error:
            self._reload_is_good = False
            log.error("the configuration was not taken up", extra={"problems": "; ".join(error.problems)})
            return error.problems
        self._warn_of_restart(new)
        self._configuration = new
        self._assess()
        _set_apart()
        self._reload_is_good, self._reloaded_ms = True, self._clock.now_ms()
        log.info("the configuration was taken up", extra={"endpoints": len(self._watching)})
        return []

    def _warn_of_restart(self, new: Configuration) -> None:
        old, fresh = self._configuration.settings, new.settings
        fixed = [name for name in type(old).model_fields if name not in RELOADABLE]
        changed = [name for name in fixed if getattr(old, name) != getattr(fresh, name)]
        logs.configure(fresh.log.level, fresh.log.format)
        if changed:
            log.warning("these settings take effect at the next start", extra={"settings": ", ".join(changed)})

    def _take_up(self) -> None:
        """Watch what is in force now: after the start, a reload, or the day on which terms change."""
        if self._watching.take_up(self._configuration.contracts):
            self._workers.limit = workers_needed(self._watching.timeouts_and_intervals_ms)
            self._schedule.watch(self._watching.intervals_ms)

    def _each_second(self) -> None:
        now_s = self._clock.monotonic()
        stood_still = now_s - self._awake_s > PULSE_LIMIT_S
        self._awake_s = now_s
        if self._schedule.mind_the_clock() or stood_still:
            self._watching.woke()
        if not self._is_announced and self._health().ready:
            self._is_announced = True
            systemd.ready(f"endpoints watched: {len(self._watching)}")
        if now_s - self._started_s < EARLY_S and self._assess_seconds < CHEAP_S:
            self._assess()

    def _pulse(self) -> None:
        """Called by the scheduling loop every second: the watchdog hears of progress from nobody else."""
        systemd.ping()

    def _assess(self) -> None:
        with self._assessing:  # the schedule's turn and a reload's must not undo each other
            began_s = self._clock.monotonic()
            self._take_up()
            contracts, now_ms = self._configuration.contracts, self._clock.now_ms()
            rest = self._recorded.rest = Rests(self._clock)
            self.board.assessment = assess(contracts, self._recorded, now_ms, rest, self._caches)
            self._assess_seconds = self._clock.monotonic() - began_s

    def _silence(self) -> None:
        """Let Alertmanager know of the maintenance that is booked."""
        with self._assessing:  # what is recorded is read by one thread at a time
            booked = {
                contract.id: list(bookings(contract.id, standing(self._recorded.entries(contract.id))))
                for contract in self._configuration.contracts
            }
        self._silences.keep(booked, self._clock.now_ms())

    def _ask_for_figures(self) -> None:
        """Have Prometheus asked for the KPI figures that it knows, where that is due."""
        contracts = self._queries.known(self._configuration.contracts)
        with self._assessing:  # what is recorded is read by one thread at a time
            several = [(contract, self._recorded.entries(contract.id)) for contract in contracts]
        self._queries.check(several)

    def _make_reviews(self) -> None:
        with self._assessing:  # what is recorded is read by one thread at a time
            now_ms, folder = self._clock.now_ms(), self._configuration.settings.reviews.folder
            known = self._recorded
            wanted = [
                one
                for contract in self._configuration.contracts
                for one in due(contract, known.entries(contract.id), known.first_ms(contract.id), folder, now_ms)
            ]
        self._duty.check(wanted, now_ms)

    # What is told of ourselves

    def _health(self) -> Health:
        is_looking = self._watching.has_looked or not len(self._watching)
        ledger = self._ledger.stats()
        pulse_age_s = self._clock.monotonic() - self._schedule.stats.pulse_monotonic
        found = {
            "no endpoint has been looked at yet": not is_looking,
            "the scheduling loop has stopped turning": is_looking and pulse_age_s > PULSE_LIMIT_S,
            f"the ledger cannot be written: {ledger.last_error} ({ledger.pending} observations held)": ledger.failing,
            "the last configuration was not taken up; the one before is in force": not self._reload_is_good,
            "no witness answers: we are cut off, and what fails is unknown": not self._watching.witnesses.is_online,
        }
        facts = {
            "Record": f"{ledger.committed} observations committed, {ledger.pending} waiting, {ledger.dropped} lost",
            "Schedule": f"{self._schedule.stats.missed + self._schedule.stats.overrun} looks skipped since the start",
        }
        return Health(is_looking, [reason for reason, is_so in found.items() if is_so], facts)

    def _lateness(self) -> tuple[tuple[float, ...], list[int], float]:
        stats = self._schedule.stats
        return LATENESS_BUCKETS_S, list(stats.lateness_counts), stats.lateness_sum_s

    def _own_health(self) -> Own:
        ledger, schedule, workers = self._ledger.stats(), self._schedule.stats, self._workers
        plain = {
            names.START_TIME: self.board.started_ms / 1000,
            names.RELOAD_OK: self._reload_is_good,
            names.RELOAD_TIME: self._reloaded_ms / 1000,
            names.MONITOR_ONLINE: self._watching.witnesses.is_online,
            names.PULSE: self._clock.monotonic() - schedule.pulse_monotonic,
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
            names.ASSESS_DURATION: self._assess_seconds,
            names.SILENCES: self._silences.count,
            names.SILENCES_FAILING: self._silences.failing,
        }
        return {
            names.BUILD_INFO: [((platform.python_version(), __version__), 1)],
            **{metric: [((), value)] for metric, value in plain.items()},
            names.KPI_QUERIES: self._queries.asked(),
            names.KPI_QUERY_FAILURES: self._queries.failed(),
            names.LOG_MESSAGES: [((level,), count) for level, count in sorted(logs.counts.items())],
        }


def _packs(shelf: Path) -> Iterator[ReviewPack]:
    """The review packs as the status page lists them."""
    for one in shelved(shelf):
        yield ReviewPack(one.folder.name, one.contract, one.month, one.status, one.copy, one.files, one.content)


def _set_apart() -> None:
    """Leave what lives as long as the configuration out of garbage collections from now on.

    To go through it all again, every quarter of a minute, holds the interpreter for 0.17 s at 5,000 endpoints, and
    every look that is due meanwhile is late.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
