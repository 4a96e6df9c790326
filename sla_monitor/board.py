"""The board: the last probe of every endpoint from every place, and the latest Assessment, in memory.

The schedule and the probes write here; the metrics and the status page read. It holds nothing that cannot be
worked out again from the ledger, except the counters since start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sla_monitor.assess import Assessment, ContractAssessment
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.several_places import MAIN, Places
from sla_monitor.sla.aggregation import from_places
from sla_monitor.sla.observation import Observation, Outcome, Reason
from sla_monitor.sla.spans import vouches_until_ms

ALONE = Places(sites=(MAIN,), quorum="any")
"""Of an endpoint that is probed from one place, as if there were several."""


class DownRun(NamedTuple):
    """Probes in a row that found an endpoint DOWN, from the first one to the one that found something else (`end_ms`;
    None: it goes on). `reason`: that of the last one."""

    start_ms: int
    end_ms: int | None
    reason: Reason | None


class SeenFrom(NamedTuple):
    """What one place found last of an endpoint, since when it finds the same, and how often in a row it found it
    DOWN."""

    last: Observation
    since_ms: int
    failures: int


@dataclass(frozen=True, slots=True)
class PlaceNow:
    """How one of several places sees an endpoint now. `since_ms` 0: nobody knows; `last` None: it has said nothing of
    it yet; `is_cut_off`: nothing came from there for longer than its next probe may take."""

    site: str
    outcome: Outcome
    since_ms: int
    last: Observation | None
    is_cut_off: bool


@dataclass(slots=True)
class Watched:
    """One endpoint that is being watched, and what has been seen of it since the daemon started.

    `last`: its last probe; where several places probe it, that of a place that sees it as they do together.
    `since_ms`: when the present outcome began; `failures`: probes in a row that found it DOWN; `down`: the last such
    run; `probes`, `failed`, `unknown`: those of the place `main`; `skipped`: of them, those that were due and did not
    happen (missed, coalesced or overrun); `seen`: by place, also those that the contract does not ask; `sights`: where
    several places probe it, how each of them sees it; `labels`: contract, service and endpoint id, kept as one tuple
    because every scrape asks for it a dozen times.
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
    seen: dict[str, SeenFrom] = field(default_factory=dict)
    sights: tuple[PlaceNow, ...] = ()
    labels: tuple[str, str, str] = ("", "", "")
    _changes_ms: int | None = None

    def __post_init__(self) -> None:
        self.labels = (self.contract, self.service, self.terms.id)
        self._decide(0)

    @property
    def outcome(self) -> Outcome:
        return self.last.finding.outcome if self.last else Outcome.UNKNOWN

    @property
    def places_short(self) -> int | None:
        """How many places more would have to see anything before an outage could be told; None: only one is asked."""
        places = self.terms.seen_from
        if places is None:
            return None
        return places.short_by(sum(one.outcome is not Outcome.UNKNOWN for one in self.sights))

    def saw(self, observation: Observation, place: str = MAIN, now_ms: int = 0) -> None:
        """Take in one probe."""
        outcome = observation.finding.outcome
        after = _then(self.seen.get(place), observation)
        self.seen = {**self.seen, place: after}  # others may be reading it
        places = self.terms.seen_from
        if place == MAIN:
            self.probes += 1
            self.failed += outcome is Outcome.DOWN
            self.unknown += outcome is Outcome.UNKNOWN
        if place == MAIN if places is None else place in places.sites:
            self._decide(max(now_ms, observation.at_ms))

    def settle(self, now_ms: int) -> None:
        """Time has passed: a place from which nothing came in time sees nothing now."""
        if self._changes_ms is not None and now_ms > self._changes_ms:
            self._decide(now_ms)

    def become(self, new: Watched, now_ms: int) -> None:
        """Take on other terms, and keep what has been seen."""
        self.contract, self.service, self.terms, self.labels = new.contract, new.service, new.terms, new.labels
        self._decide(now_ms)

    def _decide(self, now_ms: int) -> None:
        """What it is now, by its one place or by the quorum of several."""
        places = self.terms.seen_from
        site = only_site(places)
        alone = None if site is None else self.seen.get(site)
        if site is not None and alone is not None:  # nearly every endpoint is so: its probe is what it is
            until_ms = vouches_until_ms(alone.last.at_ms, self.terms.every_ms)
            if now_ms <= until_ms:
                self.sights = () if places is None else (_sees(site, alone),)
                self._changes_ms = until_ms
                self._become(alone)
                return
        now = tuple(self._sight(site, now_ms) for site in self.terms.sites)
        ends = (vouches_until_ms(one.last.at_ms, self.terms.every_ms) for one in now if one.last)
        self._changes_ms = min((end_ms for end_ms in ends if end_ms >= now_ms), default=None)
        self.sights = () if places is None else now
        self._become(_together(now, self.seen, places or ALONE))

    def _become(self, found: SeenFrom | None) -> None:
        if found is None:
            self.last, self.failures = None, 0
            return
        outcome = found.last.finding.outcome
        if self.last is None or outcome is not self.last.finding.outcome:
            self.since_ms = found.since_ms
        if outcome is Outcome.DOWN:
            self.down = DownRun(self.since_ms, None, found.last.finding.reason)
        elif self.down is not None and self.down.end_ms is None:
            self.down = self.down._replace(end_ms=found.since_ms)
        self.last, self.failures = found.last, found.failures

    def _sight(self, site: str, now_ms: int) -> PlaceNow:
        seen, every_ms = self.seen.get(site), self.terms.every_ms
        if seen is None:
            return PlaceNow(site, Outcome.UNKNOWN, 0, None, is_cut_off=True)
        if now_ms > vouches_until_ms(seen.last.at_ms, every_ms):
            return PlaceNow(site, Outcome.UNKNOWN, seen.last.at_ms + every_ms, seen.last, is_cut_off=True)
        return _sees(site, seen)


def only_site(places: Places | None) -> str | None:
    """The one site by which an endpoint is judged; None: there are several."""
    if places is None:
        return MAIN
    return places.sites[0] if len(places.sites) == 1 else None


def _sees(site: str, seen: SeenFrom) -> PlaceNow:
    return PlaceNow(site, seen.last.finding.outcome, seen.since_ms, seen.last, is_cut_off=False)


def _then(before: SeenFrom | None, observation: Observation) -> SeenFrom:
    """The next probe of a place."""
    outcome = observation.finding.outcome
    if before is None or before.last.finding.outcome is not outcome:
        return SeenFrom(observation, observation.at_ms, int(outcome is Outcome.DOWN))
    return SeenFrom(observation, before.since_ms, before.failures + (outcome is Outcome.DOWN))


def _together(sights: tuple[PlaceNow, ...], seen: Mapping[str, SeenFrom], places: Places) -> SeenFrom | None:
    """What several places make of an endpoint: the last probe of those that see it so. What made it so is the last
    change that any of them saw, in whichever order they came in."""
    told = [one.last for one in sights if one.last is not None]
    if not told:
        return None
    outcome, since_ms = from_places([one.outcome for one in sights], places), max(one.since_ms for one in sights)
    agreeing = [one for one in sights if one.last is not None and one.outcome is outcome and not one.is_cut_off]
    failures = max((seen[one.site].failures for one in agreeing), default=0)
    latest = max((one.last for one in agreeing if one.last), key=lambda one: one.at_ms, default=None)
    if latest is None:
        newest = max(told, key=lambda one: one.at_ms)
        # Those that are cut off could tip the balance; or some of them see it worse, and they are too few.
        reason = Reason.TOO_FEW_PLACES if outcome is Outcome.UNKNOWN else None
        latest = replace(newest, finding=replace(newest.finding, outcome=outcome, reason=reason, detail=""))
    return SeenFrom(latest, since_ms, failures)


@dataclass(slots=True)
class ServiceTally:
    """Probes of the place `main` at the endpoints of a service since the daemon started, whichever they were."""

    probes: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Board:
    """The endpoints being watched, by key in the contracts' order, and the latest Assessment. `tallies`: by contract
    and service; `now_ms`: when it was last told what time it is."""

    started_ms: int
    vantage: str = "main"
    endpoints: dict[str, Watched] = field(default_factory=dict)
    tallies: dict[tuple[str, str], ServiceTally] = field(default_factory=dict)
    assessment: Assessment = field(default_factory=lambda: Assessment(0, ()))
    now_ms: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def observe(self, observation: Observation, place: str = MAIN) -> None:
        """Take in one probe; an endpoint that a reload has just removed is passed over."""
        with self._lock:
            watched = self.endpoints.get(observation.endpoint)
            if watched is not None:
                watched.saw(observation, place, self.now_ms)
                tally = self.tallies.get((watched.contract, watched.service)) if place == MAIN else None
                if tally is not None:
                    tally.probes += 1
                    tally.failed += observation.finding.outcome is Outcome.DOWN

    def settle(self, now_ms: int) -> None:
        """What time it is, about once a second: places may be cut off, of which nothing else tells."""
        with self._lock:
            self.now_ms = now_ms
            for watched in self.endpoints.values():
                watched.settle(now_ms)

    def skip(self, key: str, count: int) -> None:
        """Count probes that were due and did not happen."""
        with self._lock:
            if key in self.endpoints:
                watched = self.endpoints[key]
                watched.skipped += count
                tally = self.tallies.get((watched.contract, watched.service))
                if tally is not None:
                    tally.skipped += count

    def watch(self, watched: Iterable[Watched]) -> None:
        """Replace the list of endpoints; those that stay keep what has been seen of them."""
        with self._lock:
            before, tallies = self.endpoints, self.tallies
            self.endpoints, self.tallies = {}, {}
            for new in watched:
                old = before.get(new.key)
                if old is not None:
                    old.become(new, self.now_ms)
                self.endpoints[new.key] = old or new
                if MAIN not in new.terms.sites:  # a nought that stays would look like no probing
                    continue
                service = new.contract, new.service
                self.tallies[service] = tallies.get(service) or self.tallies.get(service) or ServiceTally()

    def only(self, shown: Callable[[ContractAssessment], ContractAssessment], ids: Callable[[str], bool]) -> Board:
        """What of the board somebody may see: of contracts whose id `ids` lets pass, as `shown` gives them."""
        endpoints = {key: watched for key, watched in self.endpoints.items() if ids(watched.contract)}
        assessment = self.assessment
        contracts = tuple(shown(one) for one in assessment.contracts if ids(one.contract))
        tallies = {owner: tally for owner, tally in self.tallies.items() if ids(owner[0])}
        return Board(self.started_ms, self.vantage, endpoints, tallies, Assessment(assessment.at_ms, contracts))
