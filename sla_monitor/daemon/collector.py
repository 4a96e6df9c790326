"""What is watched, and what becomes of an observation: record, show, tell.

Sites probe everything that is reached over the network. Heartbeats come in at this process, and are judged here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from sla_monitor.board import Board, Watched
from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.endpoint import Endpoint, HeartbeatEndpoint
from sla_monitor.contract.secret import SecretReference
from sla_monitor.daemon.sites import Sites
from sla_monitor.ledger import Ledger
from sla_monitor.probe import Surroundings
from sla_monitor.probe.heartbeat import HeartbeatProber
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason

log = logging.getLogger(__package__)


class Collector:
    """The endpoints in force. Everything may be called from any thread."""

    def __init__(self, board: Board, ledger: Ledger, clock: Clock) -> None:
        self._board, self._ledger, self._clock = board, ledger, clock
        self._endpoints: dict[str, Endpoint] = {}
        self._heartbeats: dict[str, HeartbeatProber] = {}
        self._in_force: list[TermsVersion] = []
        self._changing = threading.Lock()
        self.sites: Sites
        self.has_observed = False

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
            in_force = [contract.version_at(now_ms) for contract in contracts]
            if in_force == self._in_force:
                return False
            self._in_force = in_force
            each_of = ((contract, *each) for contract in contracts for each in contract.endpoints_at(now_ms))
            wanted = {key: (contract.id, service, terms) for contract, key, service, terms in each_of}
            self._endpoints = {key: terms for key, (_, _, terms) in wanted.items()}
            before = self._heartbeats
            self._heartbeats = {
                key: before[key] if key in before and before[key].terms == terms else self._heartbeat(key, terms)
                for key, terms in self._endpoints.items()
                if isinstance(terms, HeartbeatEndpoint)
            }
            self.sites.assign({key: terms for key, terms in self._endpoints.items() if key not in self._heartbeats})
            watched = (Watched(key, contract, service.id, terms) for key, (contract, service, terms) in wanted.items())
            self._board.watch(watched)
            return True

    def take(self, observations: Sequence[Observation]) -> None:
        """Record what was observed, and show it."""
        for observation in observations:
            terms = self._endpoints.get(observation.endpoint)
            if terms is None:  # a reload has just removed it
                continue
            self._ledger.record(observation, terms.every_ms)
            self._tell_of_change(observation)
            self._board.observe(observation)
            self.has_observed = True

    def judge_heartbeat(self, key: str, due_ms: int) -> None:
        """Whether a job has been heard in time; `due_ms` is when that was to be asked."""
        prober = self._heartbeats.get(key)
        if prober is None:
            return
        finding = self._unless_cut_off(prober.judge(), prober.terms)
        self.take([Observation(key, max(due_ms, self._clock.now_ms()), finding)])

    def beat(self, key: str) -> None:
        """Take in a heartbeat."""
        self._ledger.beat(key, self._clock.now_ms())

    def woke(self) -> None:
        """We stood still, and heard no heartbeat in that time: silence is counted from now."""
        with self._changing:
            self._heartbeats = {key: self._heartbeat(key, prober.terms) for key, prober in self._heartbeats.items()}

    def _heartbeat(self, key: str, terms: HeartbeatEndpoint) -> HeartbeatProber:
        around = Surroundings(
            clock=self._clock, heartbeats=self._ledger.last_beat, key=key, started_ms=self._clock.now_ms()
        )
        return HeartbeatProber(terms, around)

    def _unless_cut_off(self, finding: Finding, terms: HeartbeatEndpoint) -> Finding:
        """A job that we could not hear is not silent. Its silence may have begun in an outage of ours."""
        if finding.outcome is not Outcome.DOWN:
            return finding
        host, patience_ms = self.sites.host, terms.period_ms + terms.grace_ms
        since_ms = int(self._clock.monotonic() * 1000) - patience_ms
        if host.is_online and (not host.offline_ms or host.offline_ms < since_ms):
            return finding
        detail = f"no witness answers either ({finding.reason})"
        return Finding(Outcome.UNKNOWN, Reason.MONITOR_OFFLINE, detail)

    def _tell_of_change(self, observation: Observation) -> None:
        watched = self._board.endpoints.get(observation.endpoint)
        finding = observation.finding
        if watched is None or (watched.last is not None and watched.outcome is finding.outcome):
            return
        extra = {
            "endpoint": observation.endpoint,
            "outcome": finding.outcome.value,
            "reason": "" if finding.reason is None else finding.reason.value,
            "detail": finding.detail,
        }
        log.log(logging.INFO if finding.reason is None else logging.WARNING, "state", extra=extra)
