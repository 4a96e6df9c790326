"""The collector: takes in an observation, records it, shows it.

Sites probe everything that is reached over the network. Heartbeats come in at this process, and are judged here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sla_monitor.board import Board, Watched
from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.endpoints.endpoint import Endpoint, HeartbeatEndpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.reading.secret import SecretReference, heartbeat_token
from sla_monitor.daemon.assigning import patience_ms
from sla_monitor.daemon.far_sites import FarSite, FarSites
from sla_monitor.daemon.sites import Sites
from sla_monitor.errors import SecretError
from sla_monitor.ledger import Ledger
from sla_monitor.probe import Heard, Surroundings
from sla_monitor.probe.doubts import Doubts
from sla_monitor.probe.kinds.heartbeat import HeartbeatProber
from sla_monitor.probe.verdict import plain
from sla_monitor.settings import Settings
from sla_monitor.sla.jobs import ReportKind, Timetable, timetable_of
from sla_monitor.sla.observation import Observation
from sla_monitor.sla.places import seen_from
from sla_monitor.sla.spans import vouches_until_ms

FAR_STOP_S = 1.0
"""What sites far away have said and is not recorded by then comes again."""

log = logging.getLogger(__package__)


@dataclass(frozen=True, slots=True)
class WatchedJob:
    """What a heartbeat endpoint is judged by."""

    terms: HeartbeatEndpoint
    timetable: Timetable


class Collector:
    """The endpoints in force. Everything may be called from any thread. `has_own`: whether this host watches any; the
    others are seen from afar alone."""

    def __init__(self, board: Board, ledger: Ledger, settings: Settings, clock: Clock) -> None:
        self._board, self._ledger, self._clock = board, ledger, clock
        self._endpoints: dict[str, Endpoint] = {}
        self._jobs: dict[str, WatchedJob] = {}
        self._heartbeats: dict[str, HeartbeatProber] = {}
        self._in_force: list[tuple[TermsVersion, bool]] = []
        self._changing = threading.Lock()
        self.has_observed = self.has_own = False
        self.sites = Sites(settings, clock, self.take, board.skip)
        self._is_one_of_two = settings.collectors is not None
        self.far = FarSites(settings, clock, ledger, self.show)
        self._doubting = threading.Lock()
        self._doubts = Doubts(self.sites.host, lambda one: self.take([one]), patience_ms(settings))

    def __len__(self) -> int:
        return len(self._endpoints)

    @property
    def heartbeat_intervals_ms(self) -> dict[str, int]:
        """How often each heartbeat endpoint is judged, by key."""
        return {key: prober.terms.every_ms for key, prober in self._heartbeats.items()}

    @property
    def tokens(self) -> Mapping[str, SecretReference]:
        """The tokens of the heartbeat endpoints, by key."""
        return {key: prober.terms.token for key, prober in self._heartbeats.items()}

    def take_up(self, contracts: Sequence[Contract]) -> bool:
        """Watch exactly what is in force now, leaving alone what did not change; whether anything did."""
        now_ms = self._clock.now_ms()
        with self._changing:
            in_force = [(contract.version_at(now_ms), contract.has_ended(now_ms)) for contract in contracts]
            if in_force == self._in_force:
                return False
            _log_ends(contracts, now_ms)
            self._in_force = in_force
            each_of = ((contract, *each) for contract in contracts for each in contract.endpoints_at(now_ms))
            wanted = {key: (contract, service, terms) for contract, key, service, terms in each_of}
            self._endpoints = {key: terms for key, (_, _, terms) in wanted.items()}
            jobs = {
                key: WatchedJob(terms, timetable_of(terms, contract.version_at(now_ms).terms, service))
                for key, (contract, service, terms) in wanted.items()
                if isinstance(terms, HeartbeatEndpoint)
            }
            before = self._jobs
            self._heartbeats = {
                key: self._heartbeats[key] if before.get(key) == job else self._heartbeat(key, job)
                for key, job in jobs.items()
            }
            self._jobs = jobs
            # Of a pair, none probes: its record would not be the other one's. `main` is a site far away as any other.
            here = {} if self._is_one_of_two else self._of_main()
            self.has_own = bool(here)
            self.sites.assign({key: terms for key, terms in here.items() if key not in self._heartbeats})
            self.far.assign(self._endpoints)
            watched = (
                Watched(key, contract.id, service.id, terms) for key, (contract, service, terms) in wanted.items()
            )
            self._board.watch(watched)
            return True

    def take(self, observations: Sequence[Observation]) -> None:
        """Record what was observed, and show it."""
        endpoints = self._endpoints  # a reload may have removed one of them just now
        self._ledger.record_all(
            [(one, endpoints[one.endpoint].every_ms) for one in observations if one.endpoint in endpoints]
        )
        self.show(observations, MAIN)

    def show(self, observations: Sequence[Observation], place: str) -> None:
        """Have what was observed from a place on the board."""
        for one in observations:
            self._log_change(one, place)
            self._board.observe(one, place)
        self.has_observed = self.has_observed or place == MAIN

    def _of_main(self) -> dict[str, Endpoint]:
        return {key: terms for key, terms in self._endpoints.items() if MAIN in terms.sites}

    def judge_heartbeat(self, key: str, _: int) -> None:
        """Whether a job has been heard in time. One that we cannot hear, because we are cut off, is not silent."""
        prober = self._heartbeats.get(key)
        if prober is None:
            return
        observation, now_ms = Observation(key, self._clock.now_ms(), prober.find()), self._monotonic_ms()
        with self._doubting:
            self._doubts.take(observation, now_ms, now_ms)

    def settle(self) -> None:
        """Take what the witnesses have decided of silent jobs. To be called about once a second."""
        with self._doubting:
            self._doubts.settle(self._monotonic_ms())

    def stop(self) -> None:
        """Probe no more, and take what was seen before."""
        self.sites.stop()
        self.far.stop(FAR_STOP_S)
        with self._doubting:
            self._doubts.end()

    def seen_by(self, site: FarSite) -> Iterator[tuple[tuple[str, str, str], Observation]]:
        """What a site far away saw last of each endpoint that is watched, with the endpoint's labels; nothing of what
        it saw too long ago."""
        now_ms, watched = self._clock.now_ms(), self._board.endpoints
        for one in (watched[key] for key in site.terms if key in watched):
            seen = one.seen.get(site.name)
            if seen is not None and now_ms <= vouches_until_ms(seen.last.at_ms, one.terms.every_ms):
                yield one.labels, seen.last

    def report(self, key: str, kind: ReportKind, text: str) -> Future[bool]:
        """Take in what a job reports; True once it is on disk. `text` is the supplier's: hostile."""
        return self._ledger.report(key, kind, plain(text))

    def woke(self) -> None:
        """We stood still, and heard no heartbeat in that time: silence is counted from now."""
        with self._changing:
            self._heartbeats = {key: self._heartbeat(key, job) for key, job in self._jobs.items()}

    def _heartbeat(self, key: str, job: WatchedJob) -> HeartbeatProber:
        heard = Heard(
            state=lambda: self._ledger.job(key),
            timetable=job.timetable,
            cut_off_s=lambda: max(self.sites.host.offline_ms, self.sites.host.back_ms) / 1000 or float("-inf"),
            unheard=lambda: _token_problem(job.terms),
        )
        return HeartbeatProber(job.terms, Surroundings(self._clock, key, self._clock.now_ms(), heard))

    def _monotonic_ms(self) -> int:
        return int(self._clock.monotonic() * 1000)

    def _log_change(self, observation: Observation, place: str) -> None:
        watched = self._board.endpoints.get(observation.endpoint)
        finding, before = observation.finding, watched.seen.get(place) if watched is not None else None
        if watched is None or (before is not None and before.last.finding.outcome is finding.outcome):
            return
        extra = {
            "endpoint": seen_from(place, observation.endpoint),
            "outcome": finding.outcome.value,
            "reason": "" if finding.reason is None else finding.reason.value,
            "detail": finding.detail,
        }
        log.log(logging.INFO if finding.reason is None else logging.WARNING, "state", extra=extra)


def _log_ends(contracts: Sequence[Contract], now_ms: int) -> None:
    for contract in contracts:
        if contract.has_ended(now_ms):
            terms = contract.version_at(now_ms).terms
            extra = {"contract": contract.id, "ended_on": f"{terms.term.end_on}", "probed": terms.probe_after_term}
            log.info("the contract has ended", extra=extra)


def _token_problem(terms: HeartbeatEndpoint) -> str:
    """Why no report of a job can be accepted now: its token is not to be had. Nothing where it is."""
    try:
        heartbeat_token(terms.token)
    except SecretError as error:
        return str(error)
    return ""
