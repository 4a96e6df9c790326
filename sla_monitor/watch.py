"""What is watched, and what one look does: probe, judge, record, tell.

Below the daemon, which decides when; above the rooms that it brings together.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor import probe
from sla_monitor.board import Board, Watched
from sla_monitor.clock import Clock
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.endpoint import Endpoint, HeartbeatEndpoint
from sla_monitor.contract.secret import SecretReference
from sla_monitor.ledger import Ledger
from sla_monitor.probe import Prober, Surroundings
from sla_monitor.settings import Witness
from sla_monitor.sla.observation import Finding, Observation
from sla_monitor.witness import Witnesses

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """An endpoint's terms and the prober made from them."""

    terms: Endpoint
    prober: Prober


class Watching:
    """The endpoints in force and their probers. `look` may be called from any thread."""

    def __init__(self, board: Board, ledger: Ledger, clock: Clock, witnesses: Iterable[Witness]) -> None:
        self._board, self._ledger, self._clock = board, ledger, clock
        self._watches: dict[str, Watch] = {}
        self._in_force: list[tuple[TermsVersion, bool]] = []
        self._changing = threading.Lock()
        self.witnesses = Witnesses({terms.id: self._witness(terms) for terms in witnesses}, clock)
        self.has_looked = False

    def __len__(self) -> int:
        return len(self._watches)

    @property
    def timeouts_and_intervals_ms(self) -> list[tuple[int, int]]:
        """How long a look may take, and how often it is made, for each endpoint."""
        return [(watch.terms.timeout_ms, watch.terms.every_ms) for watch in self._watches.values()]

    @property
    def intervals_ms(self) -> dict[str, int]:
        """How often each endpoint is looked at, by key."""
        return {key: watch.terms.every_ms for key, watch in self._watches.items()}

    @property
    def tokens(self) -> Mapping[str, SecretReference]:
        """The tokens of the heartbeat endpoints, by key."""
        watches = self._watches.items()
        return {key: watch.terms.token for key, watch in watches if isinstance(watch.terms, HeartbeatEndpoint)}

    def take_up(self, contracts: Sequence[Contract]) -> bool:
        """Watch exactly what is in force now, leaving alone what did not change; whether anything did."""
        now_ms = self._clock.now_ms()
        with self._changing:
            in_force = [(contract.version_at(now_ms), contract.has_ended(now_ms)) for contract in contracts]
            if in_force == self._in_force:
                return False
            _tell_of_ends(contracts, now_ms)
            self._in_force = in_force
            each_of = ((contract, *each) for contract in contracts for each in contract.endpoints_at(now_ms))
            wanted = {key: (contract.id, service, terms) for contract, key, service, terms in each_of}
            before = self._watches
            self._watches = {
                key: before[key] if key in before and _same(before[key].terms, terms) else self._new(key, terms)
                for key, (_, _, terms) in wanted.items()
            }
            for key, watch in before.items():
                if self._watches.get(key) is not watch:
                    watch.prober.close()
            watched = (Watched(key, contract, service.id, terms) for key, (contract, service, terms) in wanted.items())
            self._board.watch(watched)
            return self._watches != before

    def look(self, key: str) -> None:
        """One look at one endpoint, judged and recorded."""
        watch = self._watches.get(key)
        if watch is None:  # a reload removed it while it was waiting for its place
            return
        at_ms, since_s = self._clock.now_ms(), self._clock.monotonic()
        finding = probe.look(watch.prober, self._clock)
        if isinstance(watch.terms, HeartbeatEndpoint):  # its silence may have begun in an outage of ours
            since_s -= (watch.terms.period_ms + watch.terms.grace_ms) / 1000
        observation = Observation(key, at_ms, self.witnesses.judge(finding, since_s))
        if self._watches.get(key) is not watch:  # a reload closed the prober under the look
            return
        self._ledger.record(observation, watch.terms.every_ms)
        self._tell_of_change(observation)
        self._board.observe(observation)
        self.has_looked = True

    def beat(self, key: str) -> None:
        """Take in a heartbeat."""
        self._ledger.beat(key, self._clock.now_ms())

    def woke(self) -> None:
        """We stood still, and heard no heartbeat in that time: silence is counted from now."""
        with self._changing:
            for key, watch in self._watches.items():
                if isinstance(watch.terms, HeartbeatEndpoint):
                    self._watches[key] = self._new(key, watch.terms)

    def check_witnesses(self) -> None:
        """The regular round, so that an outage of ours is known also when no supplier fails in it."""
        self.witnesses.check(self._clock.monotonic())

    def close(self) -> None:
        """Let go of every connection that is kept."""
        for watch in self._watches.values():
            watch.prober.close()

    def _new(self, key: str, terms: Endpoint) -> Watch:
        return Watch(terms, probe.build(terms, self._surroundings(key)))

    def _witness(self, terms: Witness) -> Callable[[], Finding]:
        prober = probe.build(terms, self._surroundings(terms.id))
        return lambda: probe.look(prober, self._clock)

    def _surroundings(self, key: str) -> Surroundings:
        return Surroundings(
            clock=self._clock, heartbeats=self._ledger.last_beat, key=key, started_ms=self._clock.now_ms()
        )

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


def _tell_of_ends(contracts: Sequence[Contract], now_ms: int) -> None:
    for contract in contracts:
        if contract.has_ended(now_ms):
            terms = contract.version_at(now_ms).terms
            extra = {"contract": contract.id, "ended_on": f"{terms.term.end_on}", "probed": terms.probe_after_term}
            log.info("the contract has ended", extra=extra)


def _same(old: Endpoint, new: Endpoint) -> bool:
    """Comparing is dear enough, and asked often enough, to look for identity first."""
    return old is new or old == new
