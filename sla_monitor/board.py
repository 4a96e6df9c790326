"""The board: the last probe of every endpoint and the latest Assessment, in memory.

The schedule and the probes write here; the metrics and the status page read. It holds nothing that cannot be
worked out again from the ledger, except the counters since start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sla_monitor.assess import Assessment, ContractAssessment
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.sla.observation import Observation, Outcome, Reason


class DownRun(NamedTuple):
    """Probes in a row that found an endpoint DOWN, from the first one to the one that found something else (`end_ms`;
    None: it goes on). `reason`: that of the last one."""

    start_ms: int
    end_ms: int | None
    reason: Reason | None


@dataclass(slots=True)
class Watched:
    """One endpoint that is being watched, and what has been seen of it since the daemon started.

    `since_ms`: when the present outcome began; `failures`: probes in a row that found it DOWN; `down`: the last such
    run; `skipped`: probes that were due and did not happen (missed, coalesced or overrun); `labels`: contract, service
    and endpoint id, kept as one tuple because every scrape asks for it a dozen times.
    """

    key: str
    contract: str
    service: str
    terms: Endpoint
    last: Observation | None = None
    since_ms: int = 0
    probes: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    failures: int = 0
    down: DownRun | None = None
    labels: tuple[str, str, str] = ("", "", "")

    def __post_init__(self) -> None:
        self.labels = (self.contract, self.service, self.terms.id)

    @property
    def outcome(self) -> Outcome:
        return self.last.finding.outcome if self.last else Outcome.UNKNOWN

    def saw(self, observation: Observation) -> None:
        """Take in one probe."""
        outcome = observation.finding.outcome
        if self.last is None or outcome is not self.outcome:
            self.since_ms = observation.at_ms
        if outcome is Outcome.DOWN:
            self.down = DownRun(self.since_ms, None, observation.finding.reason)
        elif self.down is not None and self.down.end_ms is None:
            self.down = self.down._replace(end_ms=observation.at_ms)
        self.last = observation
        self.probes += 1
        if outcome is Outcome.DOWN:
            self.failed += 1
            self.failures += 1
        else:
            self.unknown += outcome is Outcome.UNKNOWN
            self.failures = 0


@dataclass(slots=True)
class ServiceTally:
    """Probes at the endpoints of a service since the daemon started, whichever they were."""

    probes: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Board:
    """The endpoints being watched, by key in the contracts' order, and the latest Assessment. `tallies`: by contract
    and service."""

    started_ms: int
    vantage: str = "main"
    endpoints: dict[str, Watched] = field(default_factory=dict)
    tallies: dict[tuple[str, str], ServiceTally] = field(default_factory=dict)
    assessment: Assessment = field(default_factory=lambda: Assessment(0, ()))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def observe(self, observation: Observation) -> None:
        """Take in one probe; an endpoint that a reload has just removed is passed over."""
        with self._lock:
            watched = self.endpoints.get(observation.endpoint)
            if watched is not None:
                watched.saw(observation)
                tally = self.tallies[watched.contract, watched.service]
                tally.probes += 1
                tally.failed += observation.finding.outcome is Outcome.DOWN

    def skip(self, key: str, count: int) -> None:
        """Count probes that were due and did not happen."""
        with self._lock:
            if key in self.endpoints:
                watched = self.endpoints[key]
                watched.skipped += count
                self.tallies[watched.contract, watched.service].skipped += count

    def watch(self, watched: Iterable[Watched]) -> None:
        """Replace the list of endpoints; those that stay keep what has been seen of them."""
        with self._lock:
            before, tallies = self.endpoints, self.tallies
            self.endpoints, self.tallies = {}, {}
            for new in watched:
                old = before.get(new.key)
                if old is not None:
                    old.contract, old.service, old.terms, old.labels = new.contract, new.service, new.terms, new.labels
                self.endpoints[new.key] = old or new
                service = new.contract, new.service
                self.tallies[service] = tallies.get(service) or self.tallies.get(service) or ServiceTally()

    def only(self, shown: Callable[[ContractAssessment], ContractAssessment], ids: Callable[[str], bool]) -> Board:
        """What of the board somebody may see: of contracts whose id `ids` lets pass, as `shown` gives them."""
        endpoints = {key: watched for key, watched in self.endpoints.items() if ids(watched.contract)}
        assessment = self.assessment
        contracts = tuple(shown(one) for one in assessment.contracts if ids(one.contract))
        tallies = {owner: tally for owner, tally in self.tallies.items() if ids(owner[0])}
        return Board(self.started_ms, self.vantage, endpoints, tallies, Assessment(assessment.at_ms, contracts))
