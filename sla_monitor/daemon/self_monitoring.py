"""Self-monitoring: whether the daemon is well, and its own metrics."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sla_monitor import __version__, names
from sla_monitor import log as logs
from sla_monitor.clock import Clock
from sla_monitor.daemon.assessing import Assessing
from sla_monitor.daemon.collector import Collector
from sla_monitor.daemon.far_sites import WHY_REFUSED
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.daemon.sites import Sites
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.recording.stats import LARGE_LOG_BYTES
from sla_monitor.metrics.exporter import Own
from sla_monitor.metrics.series import Row
from sla_monitor.names import LATENESS_BUCKETS_S, MetricName
from sla_monitor.schedule import Schedule
from sla_monitor.settings.metrics import MetricsSettings
from sla_monitor.sla.observation import Observation, Outcome
from sla_monitor.web import Health

PULSE_LIMIT_S = 5.0
"""A scheduling loop that has not turned for so long is called stuck."""


@dataclass(slots=True)
class Reloads:
    """Whether the last reading of configuration loaded, and when one was."""

    at_ms: int
    is_good: bool = True


@dataclass(slots=True)
class OwnState:
    """Asks the parts how they are."""

    started_ms: int
    clock: Clock
    ledger: Ledger
    collector: Collector
    sites: Sites
    schedule: Schedule
    assessing: Assessing
    reloads: Reloads
    verified: RecordVerification
    series: MetricsSettings = field(default_factory=MetricsSettings)
    beaten_s: float = 0.0

    def beat(self) -> None:
        """The scheduling loop of the daemon itself has turned."""
        self.beaten_s = self.clock.monotonic()

    @property
    def is_probing(self) -> bool:
        """Whether the start is over: what is seen from afar alone may come late, and is no part of it."""
        return self.collector.has_observed or not self.collector.has_own

    def health(self) -> Health:
        """For the status page and for whoever asks whether we are ready: what is not recorded was not seen."""
        is_probing = self.is_probing
        ledger, sites = self.ledger.stats(), self.sites.stats()
        found = {
            "no endpoint has been probed yet": not is_probing,
            "the first figures since the start are still being calculated": not self.assessing.is_first_done,
            f"the figures cannot be calculated: {self.assessing.problem}": bool(self.assessing.problem),
            "a site does not answer, or cannot be started: its endpoints are not probed": (
                sites.pulse_age_s > PULSE_LIMIT_S or sites.running < sites.wanted
            ),
            **{
                f"the site {site.name} does not answer: what it sees comes later": not self.collector.far.is_connected(
                    site
                )
                for site in self.collector.far.sites.values()
            },
            "the scheduling loop has stopped turning": self._pulse_age_s() > PULSE_LIMIT_S,
            f"the ledger cannot be written: {ledger.last_error} ({ledger.pending} observations held)": ledger.failing,
            f"the record reaches {ledger.lead_seconds:.0f} s into the future: the clock is behind, or was ahead": (
                ledger.lead_seconds > 0
            ),
            f"{self.assessing.entries_ahead} entries of the register are dated later than now, and do not count yet": (
                self.assessing.entries_ahead > 0
            ),
            f"the ledger's disk is nearly full: {(ledger.free_bytes or 0) >> 20:,} MiB are free": ledger.is_room_low,
            f"somebody keeps the ledger's write-ahead log from being reused; it has {ledger.log_bytes >> 20} MiB": (
                ledger.log_bytes > LARGE_LOG_BYTES
            ),
            f"the record does not verify: {self.verified.problem}": self.verified.problem is not None,
            "the last configuration was not taken up; the one before is in force": not self.reloads.is_good,
            "no witness answers: we are cut off, and what fails is unknown": not self.sites.host.is_online,
            "our own name server does not answer: endpoints given by name are unknown": sites.name_server_is_silent,
        }
        facts = {
            "Record": f"{ledger.committed} observations committed, {ledger.pending} waiting, {ledger.dropped} lost",
            "Schedule": f"{sites.missed + sites.overrun} probes skipped since the start",
            "Clock": f"set, or the host slept, {self.schedule.clock_steps} times since the start",
        }
        if self.series.endpoint_series == "failing":
            facts["Metrics"] = "only of endpoints that fail (metrics.endpoint_series)"
        is_ready = is_probing and not ledger.failing and not ledger.lead_seconds
        reasons = [reason for reason, is_so in found.items() if is_so]
        return Health(is_ready, reasons, facts, unverified=self.verified.problem or "")

    def lateness(self) -> tuple[tuple[float, ...], list[int], float]:
        """The edges of the buckets in seconds, the probes in each, and the sum in seconds."""
        stats = self.sites.stats()
        return LATENESS_BUCKETS_S, list(stats.lateness_counts), stats.lateness_sum_s

    def metrics(self) -> Own:
        ledger, sites = self.ledger.stats(), self.sites.stats()
        plain = {
            names.START_TIME: self.started_ms / 1000,
            names.RELOAD_OK: self.reloads.is_good,
            names.RELOAD_TIME: self.reloads.at_ms / 1000,
            names.MONITOR_ONLINE: self.sites.host.is_online,
            names.NAME_SERVER_ANSWERS: not sites.name_server_is_silent,
            names.PULSE: self._pulse_age_s(),
            names.MISSED: sites.missed,
            names.OVERRUN: sites.overrun,
            names.CLOCK_STEPS: self.schedule.clock_steps,
            names.SITES: sites.running,
            names.ISOLATED_ENDPOINTS: len(sites.isolated),
            names.IN_FLIGHT: sites.in_flight,
            names.AWAITING_WITNESS: sites.waiting_for_witness,
            names.REFUSED_OBSERVATIONS: sites.refused,
            names.COMMITTED: ledger.committed,
            names.DROPPED: ledger.dropped,
            names.OUT_OF_ORDER: ledger.out_of_order,
            names.PENDING: ledger.pending,
            names.LEDGER_LAG: ledger.lag_seconds,
            names.LEDGER_FAILING: ledger.failing,
            names.LEDGER_SIZE: ledger.size_bytes,
            names.LEDGER_LOG: ledger.log_bytes,
            names.LEDGER_LEAD: ledger.lead_seconds,
            names.LEDGER_SAVED_ANEW: ledger.saved_anew,
            names.ASSESS_DURATION: self.assessing.seconds,
        }
        return {
            **self._far(),
            names.BUILD_INFO: [((platform.python_version(), __version__), 1)],
            **{metric: [((), value)] for metric, value in plain.items()},
            names.LEDGER_FREE: [] if ledger.free_bytes is None else [((), ledger.free_bytes)],
            names.SITE_RESTARTS: [((why,), count) for why, count in sorted(sites.restarts.items())],
            names.LOG_MESSAGES: [
                ((level,), count + sites.logged.get(level, 0)) for level, count in sorted(logs.counts.items())
            ],
        }

    def _far(self) -> Own:
        """Of sites far away; nothing where there are none."""
        far = self.collector.far
        if far.line is None:
            return {}
        sites = sorted(far.sites.items())
        connected = [(name, site) for name, site in sites if far.is_connected(site)]
        return {
            names.LINE_UP: [((), far.line.is_up)],
            names.FAR_CONNECTED: [((name,), far.is_connected(site)) for name, site in sites],
            names.FAR_AHEAD: [((name,), site.skew_ms / 1000) for name, site in connected],
            names.FAR_WAITING: [((name,), site.pulse.waiting) for name, site in sites if site.pulse is not None],
            names.FAR_BEHIND: [
                ((name, collector), seconds) for name, site in connected for collector, seconds in site.behind()
            ],
            names.FAR_RECORDED: [((name,), site.recorded) for name, site in sites],
            names.FAR_AGAIN: [((name,), site.again) for name, site in sites],
            names.FAR_LOST: [((name,), site.lost) for name, site in sites],
            names.FAR_REFUSED: [((name, why), site.refused[why]) for name, site in sites for why in WHY_REFUSED],
            **self._seen_from_afar({name: list(self.collector.seen_by(site)) for name, site in connected}),
        }

    def _seen_from_afar(self, seen: Mapping[str, Sequence[tuple[tuple[str, str, str], Observation]]]) -> Own:
        """By site: what it saw last of each endpoint; or how many are down, where only failing ones are told one by
        one: which they are is on the page."""
        down = {
            name: sum(last.finding.outcome is Outcome.DOWN for _, last in several) for name, several in seen.items()
        }
        told: dict[MetricName, list[Row]] = {names.FAR_DOWN: [((name,), count) for name, count in down.items()]}
        if self.series.endpoint_series == "all":
            told[names.FAR_UP] = [
                ((name, *labels), last.finding.outcome is not Outcome.DOWN)
                for name, several in seen.items()
                for labels, last in several
                if last.finding.outcome is not Outcome.UNKNOWN
            ]
        return told

    def _pulse_age_s(self) -> float:
        """Of the scheduling loop that has not turned for longest: ours, or a site's."""
        return max(self.clock.monotonic() - self.beaten_s, self.sites.stats().pulse_age_s) if self.beaten_s else 0.0
