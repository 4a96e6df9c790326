"""One run of the daemon, from its start to its stop."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from sla_monitor import log as logs
from sla_monitor import names
from sla_monitor.archive.reading import Archived
from sla_monitor.board import Board
from sla_monitor.clock import Clock, Rests
from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.contract.contract import Contract
from sla_monitor.daemon import head_publishing, systemd
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.background_jobs import BackgroundJobs, packs
from sla_monitor.daemon.collector import Collector
from sla_monitor.daemon.following import Following
from sla_monitor.daemon.head_publishing import Heads
from sla_monitor.daemon.lease import LeaseKeeper, always
from sla_monitor.daemon.month_watch import MonthWatch, note_all
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.daemon.response_history import ResponseHistory
from sla_monitor.daemon.self_monitoring import PULSE_LIMIT_S, OwnState, Reloads
from sla_monitor.daemon.terms_watch import TermsWatch
from sla_monitor.errors import ConfigError
from sla_monitor.ledger import HistoryReader, KnownEntries, Ledger, Recorded
from sla_monitor.metrics.exporter import Exporter, Own
from sla_monitor.metrics.tables import tables_of
from sla_monitor.pair.shared_register import register_of
from sla_monitor.references import unreadable
from sla_monitor.schedule import Schedule, threaded
from sla_monitor.web import Health, PageLinks, PageRecord, Web
from sla_monitor.wording.numbers import format_count

SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
STOP_SECONDS = 4.0
GIVE_BACK_S = 1.0
SWITCH_S = 0.001
"""How long a thread may keep the interpreter from one that has a probe to make (Python's own 5 ms add up in a
probe)."""

EARLY_S, REST = 20.0, 10
"""So long after the first probe figures are worked out every second, or after a rest of REST times as long as that
takes: whoever has just started a monitor should see the first states when they are there, and not at the next
quarter of a minute."""

FIRST_S = 3.0
"""How long listening and probing wait for the first assessment, so that the first answer is complete. Probes that were
never made are gone for good, while figures only come later."""

RELOADABLE = ("contracts", "only_contracts", "log", "links", "alerting", "desk", "terms")

log = logging.getLogger(__package__)


class Daemon:
    """One run, from `start` to `stop`. `run` does both and waits for a signal in between."""

    def __init__(self, path: Path, configuration: Configuration, clock: Clock, *, is_standby: bool = False) -> None:
        """`is_standby`: of a pair of collectors, this one follows when it starts. Raises ConfigError where there is no
        pair."""
        settings = configuration.settings
        self._keeper = _keeper(path, configuration, clock, is_standby=is_standby)
        speaks = always if self._keeper is None else self._keeper.lease.is_held
        self._path, self._clock = path, clock
        self._reloading, self._reloads = threading.Lock(), Reloads(clock.now_ms())
        self._is_announced = False
        self._awake_s = self._early_since_s = self._early_s = clock.monotonic()
        self.board = Board(clock.now_ms(), settings.vantage)
        known = KnownEntries()  # by the first assessment, so that nobody's first page reads the register
        self._ledger = Ledger.open(
            settings.ledger.path,
            clock,
            commit_within_ms=settings.ledger.commit_within_ms,
            buffer=settings.ledger.buffer,
            older=Archived(settings.archive.folder),
            known=known,
        )
        self._terms = TermsWatch(settings.ledger.path, clock)
        self._months = MonthWatch(settings.ledger.path)
        self._read = configuration
        self._configuration = self._terms.of(configuration)
        self._verified = RecordVerification()
        self._assessing = Assessing(self._ledger, self.board, clock, self._verified)
        self._heads = Heads(self._ledger, clock, settings, self._verified)
        older = Archived(settings.archive.folder)
        times = ResponseHistory(lambda: HistoryReader(settings.ledger.path, older), Recorded(self._ledger).keep, clock)
        self._errands = BackgroundJobs(path, lambda: self._configuration, self._assessing, clock, times, self._keeper)
        self._collector = Collector(self.board, self._ledger, settings, clock)
        self._collector.far.speaks = speaks
        if self._keeper is not None:
            self._keeper.begin_with(
                self._collector.far.has_all,
                lambda: self._assessing.latest.at_ms,
                lambda: not self._ledger.is_failing and not self._assessing.problem,
            )
        self._following = Following.of(
            settings,
            clock,
            self._ledger,
            self._collector.far.complete_until_ms,
            lambda: list(self._collector.heartbeat_intervals_ms),
        )
        self._sites = self._collector.sites
        self._scheduler = threaded()
        self._schedule = Schedule(clock, self._scheduler, self._collector.judge_heartbeat, self.board.skip)
        self._own = OwnState(
            self.board.started_ms,
            clock=clock,
            ledger=self._ledger,
            collector=self._collector,
            sites=self._sites,
            schedule=self._schedule,
            assessing=self._assessing,
            reloads=self._reloads,
            verified=self._verified,
            series=settings.metrics,
        )
        self._exporter = Exporter(
            self.board,
            self._metrics,
            self._own.lateness,
            tables_of(settings.metrics, settings.alerting.certificate_days),
            always if self._keeper is None else self._keeper.tells,
        )
        self._web = Web(
            settings.listen,
            board=self.board,
            metrics=lambda accept, coding: self._exporter.answer(accept, coding, Rests(clock)),
            health=self._health,
            reload=self.reload,
            report=self._collector.report,
            tokens=lambda: self._collector.tokens,
            web_config=settings.web_config,
            clock=clock,
            packs=lambda: packs(settings.reviews.folder),
            record=PageRecord(
                lambda: HistoryReader(settings.ledger.path, older, known),
                lambda: self._configuration.contracts,
                times.of,
            ),
            elsewhere=self._elsewhere,
            views=settings.views,
            desk=lambda: self._configuration.settings.desk,
            ledger=settings.ledger.path,
            open_register=partial(register_of, settings, known=known),
            attachments=settings.attachments,
            archive=settings.archive.folder,
            differing=self._months.differing,
        )

    def _elsewhere(self) -> PageLinks:
        """The dashboards are named where the settings name them: the default is for somebody who tries it out."""
        links = self._configuration.settings.links
        dashboards = f"{links.dashboards}" if "dashboards" in links.model_fields_set else ""
        return PageLinks(f"{self._path.absolute()}", dashboards)

    def _health(self) -> Health:
        own = self._own.health()
        elsewhere = self._configuration.elsewhere
        if elsewhere:
            own = replace(
                own, facts={**own.facts, "Other collectors": f"have {format_count(len(elsewhere), 'contract')}"}
            )
        reasons = [*own.reasons, *self._terms.reasons(), *self._months.reasons(), *self._errands.troubles()]
        facts = {**own.facts, **self._errands.facts()}
        if self._keeper is None:
            return replace(own, reasons=reasons, facts=facts)
        reasons += self._keeper.troubles()
        facts |= self._keeper.facts()
        if self._following is not None:
            reasons += self._following.troubles()
        return replace(own, reasons=reasons, facts=facts, notice=self._keeper.notice())

    def _metrics(self) -> Own:
        elsewhere = {names.CONTRACT_ELSEWHERE: [((name,), 1) for name in self._configuration.elsewhere]}
        several = self._own, self._verified, self._heads, self._errands, self._terms, self._months
        parts = [elsewhere, *(one.metrics() for one in several)]
        if self._keeper is not None:
            parts.append(self._keeper.metrics())
        if self._following is not None:
            parts.append(self._following.metrics())
        return {metric: series for part in parts for metric, series in part.items()}

    def run(self) -> None:
        """Start, serve until SIGTERM or SIGINT, stop. SIGHUP reloads.

        Signals are waited for rather than handled: a handler runs between any two steps of the main thread, and
        could find a lock taken by the very step it interrupts.
        """
        sys.setswitchinterval(SWITCH_S)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # as the caller has, before the ledger's thread was started
        try:
            self.start()
            self._warn_of_unreadable()
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
        """Listen, then probe. Raises ListenError before anything was probed."""
        settings = self._configuration.settings
        self._assessing.begin(self._take_up, _set_apart, FIRST_S)
        self._web.start()
        self._schedule.every(1_000, "pulse", self._pulse)
        self._schedule.every(settings.assess_every_ms, "assess", self._assess)
        self._heads.publish()
        self._schedule.every(head_publishing.EVERY_MS, "heads", self._heads.publish)
        self._errands.begin(self._schedule)
        self._scheduler.start()
        self._sites.start()
        self._collector.far.start()
        if self._keeper is not None:
            self._keeper.start()
        if self._following is not None:
            self._following.start()
        self._say_elsewhere()
        where = {"listen": f"port {self._web.port}", "ledger": str(settings.ledger.path)}
        log.info("watching", extra={"endpoints": len(self._collector), **where})

    def stop(self) -> None:
        """Begin no more probes, commit what was seen, close. Takes at most about STOP_SECONDS."""
        systemd.stopping()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._keeper is not None:
            self._keeper.lease.end()
        self._errands.stop()
        if self._keeper is not None:
            self._keeper.stop(GIVE_BACK_S)  # the other one speaks at once, rather than after a while
        if self._following is not None:
            self._following.stop(GIVE_BACK_S)
        self._collector.stop()
        self._assessing.stop()
        self._web.stop(0.5)
        self._errands.close()
        self._terms.close()
        # Last of all: where a reader is still open, its log is not copied into the database.
        if not self._ledger.close(STOP_SECONDS):
            log.error("the ledger could not be closed in time; what was not committed is lost")
        log.info("stopped")

    def reload(self) -> list[str]:
        """Read the configuration again and take up what changed; on mistakes keep the old one and return them."""
        with self._reloading:
            if self._is_announced:
                systemd.reloading()
            problems = self._read_again()
            if self._is_announced:  # before that, READY would claim probes that were never made
                systemd.ready()
            return problems

    def _read_again(self) -> list[str]:
        try:
            new = read_configuration(self._path)
        except ConfigError as error:
            self._reloads.is_good = False
            log.error("configuration rejected", extra={"problems": "; ".join(error.problems)})
            return error.problems
        self._warn_of_restart(new)
        self._read = new
        self._assess()
        _set_apart()
        self._reloads.is_good, self._reloads.at_ms = True, self._clock.now_ms()
        self._say_elsewhere()
        log.info("configuration loaded", extra={"endpoints": len(self._collector)})
        self._warn_of_unreadable()
        return self._terms.held_back()

    def _say_elsewhere(self) -> None:
        if self._configuration.elsewhere:
            names_of = ", ".join(self._configuration.elsewhere)
            log.info("contracts of other collectors are not watched here", extra={"contracts": names_of})

    def _warn_of_unreadable(self) -> None:
        """Log what the configuration refers to and cannot be read: its endpoints will be UNKNOWN."""
        read = self._configuration
        for line in unreadable(self._path, read.settings, read.contracts, self._clock.now_ms()):
            log.warning("unreadable", extra={"problem": line})

    def _warn_of_restart(self, new: Configuration) -> None:
        old, fresh = self._configuration.settings, new.settings
        fixed = [name for name in type(old).model_fields if name not in RELOADABLE]
        changed = [name for name in fixed if getattr(old, name) != getattr(fresh, name)]
        logs.configure(fresh.log.level, fresh.log.format)
        self._sites.reconfigure(fresh)
        if changed:
            log.warning("these settings take effect at the next start", extra={"settings": ", ".join(changed)})

    def _take_up(self) -> Sequence[Contract]:
        """Watch what is in force now: after the start, a reload, an approval, or the day on which terms change."""
        self._configuration = self._terms.of(self._read)
        if self._collector.take_up(self._configuration.contracts):
            self._schedule.watch(self._collector.heartbeat_intervals_ms)
        return self._configuration.contracts

    def _each_second(self) -> None:
        if self._keeper is not None:
            self._keeper.check()
        now_s = self._clock.monotonic()
        stood_still = now_s - self._awake_s > PULSE_LIMIT_S
        self._awake_s = now_s
        moved = self._schedule.mind_the_clock()
        if any(moved):
            self._ledger.clock_stepped(*moved)
        self._ledger.mind_the_future()
        self.board.settle(self._clock.now_ms())
        if any(moved) or stood_still:
            self._collector.woke()
        # A ledger that cannot be written is no failed start: systemd would kill us, and with us what is held.
        if not self._is_announced and self._own.is_probing:
            self._is_announced, self._early_since_s = True, now_s
            systemd.ready(f"endpoints watched: {len(self._collector)}")
        if now_s - self._early_since_s < EARLY_S and self._assessing.is_first_done:
            self._assess_early(now_s)

    def _assess_early(self, now_s: float) -> None:
        if now_s - self._early_s >= REST * self._assessing.seconds:
            self._assess()
            self._early_s = self._clock.monotonic()

    def _pulse(self) -> None:
        """Called by the scheduling loop every second: the watchdog hears of progress from nobody else."""
        self._own.beat()
        self._collector.settle()
        if self._sites.tick_age_s < PULSE_LIMIT_S:
            systemd.ping()

    def _assess(self) -> None:
        self._assessing.assess_or_tell(self._take_up)
        with self._assessing.recorded():
            latest = self._assessing.latest
            note_all(self._months, self._configuration.contracts, latest.contracts, self._assessing.caches)


def _keeper(path: Path, configuration: Configuration, clock: Clock, *, is_standby: bool) -> LeaseKeeper | None:
    """Of a pair: what decides which of the two speaks. Raises ConfigError and LineError."""
    if configuration.settings.collectors is not None:
        return LeaseKeeper(configuration.settings, clock, is_standby=is_standby)
    if is_standby:
        raise ConfigError([f"{path}: collectors: is missing (name the pair that this one is the standby of)"])
    return None


def _set_apart() -> None:
    """Leave what lives as long as the configuration out of garbage collections from now on.

    To go through it all again, every quarter of a minute, holds the interpreter for 0.17 s at 5,000 endpoints, and
    every probe that is due meanwhile is late.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
