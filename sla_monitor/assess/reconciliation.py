"""A month's outages held against the supplier's own list, service by service, with what each difference may become.

Ours are the confirmed outages in the agreed service hours, corrections included, with nothing excluded: whether an
outage counts is another question than whether there was one. Theirs are the outage lists that stand in the register;
where two of them speak of the same time, the newer one counts.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sla_monitor.assess.assessment import Outage, ServiceAssessment
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import Period
from sla_monitor.periods.intervals import Intervals, intersect, length, normal, subtract, union
from sla_monitor.register.entries import ListedOutage, OutageList
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.reconcile import VERDICTS, DowntimeTotals, Match, Verdict, reconcile

VERDICT_WORDS: dict[Verdict, str] = {
    "agreed": "agreed",
    "differs": "differs",
    "ours_only": "ours only",
    "theirs_only": "theirs only",
    "unseen": "unseen by us",
}


class RecordedList(NamedTuple):
    """A supplier's list and the number of its entry; None: it is not in the register."""

    number: int | None
    outage_list: OutageList


@dataclass(frozen=True, slots=True)
class Theirs:
    """An outage of the supplier's list; `end_ms` None: it went on. `entry`: that of its list."""

    entry: int | None
    outage: ListedOutage
    times: Intervals

    @property
    def start_ms(self) -> int:
        return self.outage.start_ms

    @property
    def end_ms(self) -> int | None:
        return self.outage.end_ms


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a difference may become: the words of an entry, as `register add` takes them."""

    kind: Literal["correction", "claim", "dispute"]
    service: str
    start_ms: int
    end_ms: int
    words: tuple[tuple[str, str], ...]
    note: str

    def command(self, contract: str) -> str:
        """What is to be typed. No text of the supplier's is in it."""
        times = ("start", format_utc(self.start_ms)), ("end", format_utc(self.end_ms))
        options = (("service", self.service), *times, *self.words, ("note", self.note))
        spelled = (word for name, value in options for word in (f"--{name}", value))
        return shlex.join(["sla-monitor", "register", "add", self.kind, contract, *spelled])


@dataclass(frozen=True, slots=True)
class Pairing:
    """Outages that overlap, ours and theirs, with the time that is in both or in one of them."""

    match: Match
    ours: tuple[Outage, ...]
    theirs: tuple[Theirs, ...]
    remedies: tuple[Remedy, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return self.match.verdict

    @property
    def sums(self) -> DowntimeTotals:
        return self.match.sums


@dataclass(frozen=True, slots=True)
class ServiceReconciliation:
    """`compared_ms`: the service hours so far of which a list speaks; `unlisted_ms`: our downtime in the others, which
    is compared with nothing. `outside`: theirs that have no part in the time that is compared."""

    service: str
    name: str
    rows: tuple[Pairing, ...]
    compared_ms: int
    unlisted_ms: int
    outside: tuple[Theirs, ...]

    @property
    def sums(self) -> DowntimeTotals:
        return sum((row.sums for row in self.rows), DowntimeTotals())


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One month, up to `until_ms`. `lists`: those that speak of it, the newest last, whose tolerance is used.
    `unassessed`: theirs of services that the month's terms do not have."""

    month: str
    until_ms: int
    tolerance_ms: int
    lists: tuple[RecordedList, ...]
    services: tuple[ServiceReconciliation, ...]
    unassessed: tuple[Theirs, ...] = ()

    @property
    def sums(self) -> DowntimeTotals:
        return sum((service.sums for service in self.services), DowntimeTotals())

    @property
    def remedies(self) -> Iterator[Remedy]:
        """What every difference may become."""
        return (remedy for service in self.services for row in service.rows for remedy in row.remedies)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many matches there are of each verdict."""
        found = [row.verdict for service in self.services for row in service.rows]
        return {verdict: found.count(verdict) for verdict in VERDICTS}


def reconciliation(
    contract: Contract,
    period: Period,
    now_ms: int,
    services: Sequence[ServiceAssessment],
    lists: Sequence[RecordedList],
) -> Reconciliation | None:
    """The month's services against all of the lists that speak of it, oldest first; None: none does."""
    until_ms = min(period.end_ms, now_ms)
    about = tuple(
        one for one in lists if one.outage_list.start_ms < until_ms and one.outage_list.end_ms > period.start_ms
    )
    if not about:
        return None
    span_ms, tolerance_ms = (period.start_ms, until_ms), about[-1].outage_list.tolerance_ms
    found = tuple(_service(contract, service, span_ms, about) for service in services)
    known = {service.service for service in services}
    others = dict.fromkeys(
        one.service for kept in about for one in kept.outage_list.outages if one.service not in known
    )
    unassessed = tuple(theirs for name in others for theirs in _listed(name, span_ms, about)[1])
    return Reconciliation(period.name, until_ms, tolerance_ms, about, found, unassessed)


def _service(
    contract: Contract, service: ServiceAssessment, span_ms: tuple[int, int], lists: Sequence[RecordedList]
) -> ServiceReconciliation:
    covered, listed = _listed(service.service, span_ms, lists)
    hours = intersect(service.lanes.hours, [span_ms]) if service.lanes else []
    unknown = service.lanes.unknown if service.lanes else []
    compared = intersect(hours, covered)
    ours = [[(one.start_ms, span_ms[1] if one.end_ms is None else one.end_ms)] for one in service.outages]
    matches = reconcile(ours, [one.times for one in listed], compared, unknown, lists[-1].outage_list.tolerance_ms)
    rows = [
        Pairing(
            match,
            tuple(service.outages[i] for i in match.ours),
            tuple(listed[i] for i in match.theirs),
            tuple(_remedies(contract, service.service, match, lists[-1])),
        )
        for match in matches
    ]
    return ServiceReconciliation(
        service.service,
        service.name,
        tuple(rows),
        length(compared),
        length(intersect(subtract(hours, covered), normal(pair for one in ours for pair in one))),
        tuple(one for one in listed if not intersect(one.times, compared)),
    )


def _listed(service: str, span_ms: tuple[int, int], lists: Sequence[RecordedList]) -> tuple[Intervals, list[Theirs]]:
    """The part of a span of which the lists speak for a service, and its outages in it; newer lists come first."""
    covered: Intervals = []
    found: list[Theirs] = []
    for number, said in reversed(lists):
        if said.services and service not in said.services:
            continue
        own = subtract(intersect([(said.start_ms, said.end_ms)], [span_ms]), covered)
        for one in said.outages:
            whole = (one.start_ms, said.end_ms if one.end_ms is None else one.end_ms)
            times = intersect([whole], own) if one.service == service else []
            if times:
                found.append(Theirs(number, one, times))
        covered = union(covered, own)
    return covered, sorted(found, key=lambda theirs: (theirs.start_ms, theirs.times[-1][1]))


def _remedies(contract: Contract, service: str, match: Match, newest: RecordedList) -> Iterator[Remedy]:
    """A correction of each stretch in which the lists disagree, to what the other one says; a claim of relief for each
    that is ours alone, by the first cause that the contract lists; a dispute about the whole."""
    if match.verdict == "agreed":
        return
    list_ = f"entry {newest.number}" if newest.number is not None else f"SHA-256 {newest.outage_list.digest[:16]}"
    note = f"The outage list of the supplier ({list_}) says otherwise."
    for start_ms, end_ms in match.ours_alone:
        yield Remedy("correction", service, start_ms, end_ms, (("outcome", "up"),), note)
    for start_ms, end_ms in match.theirs_alone:
        yield Remedy("correction", service, start_ms, end_ms, (("outcome", "down"),), note)
    for start_ms, end_ms in match.ours_alone:
        cause = contract.version_at(start_ms).terms.relief.causes[0]
        yield Remedy("claim", service, start_ms, end_ms, (("cause", cause),), note)
    party = "supplier" if match.ours else "authority"
    yield Remedy("dispute", service, match.start_ms, match.end_ms, (("party", party),), note)


def format_counts(one: Reconciliation) -> str:
    """`3 agreed, 1 ours only`; what there is none of is not told."""
    told = [f"{count:,} {VERDICT_WORDS[verdict]}" for verdict, count in one.counts.items() if count]
    return ", ".join(told) or "nothing on either list"
