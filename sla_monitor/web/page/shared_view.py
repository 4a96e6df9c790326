"""What others than the operators may see: services, states, outages and maintenance. Pure.

The value that the page is made from has nothing else in it: no money, no note, no reason, no address, no endpoint. What
is added to the assessment is not shown here before somebody adds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment, Outage, ServiceAssessment
from sla_monitor.board import Board
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Maintenance
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.instants import format_instant, format_recent
from sla_monitor.wording.sights import describe_end, describe_lasted
from sla_monitor.wording.text import plain, shortened
from sla_monitor.wording.vocabulary import SEVERITY

SHOWN_OUTAGES = 20
"""Latest outages of the month, over all services; the rest are counted."""


@dataclass(frozen=True, slots=True)
class SharedService:
    """A service and its state; `since`: when its open outage began, `since_ms` the same for other programs."""

    name: str
    state: Outcome
    since: str
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class SharedOutage:
    """An outage of the running month; `ended` is empty while it is open. `key`: the same for as long as it is known,
    and says nothing of whose it is; `start_ms`, `end_ms` and `time_zone` are for other programs."""

    service: str
    began: str
    ended: str
    lasted: str
    key: str
    start_ms: int
    end_ms: int | None
    end_seen: bool
    time_zone: str


@dataclass(frozen=True, slots=True)
class SharedMaintenance:
    """A booking that is not over; `is_agreed`: whether it needs no decision any more. `names`, `start_ms`, `end_ms` and
    `time_zone` are for other programs."""

    services: str
    start: str
    end: str
    is_agreed: bool
    is_now: bool
    names: tuple[str, ...]
    start_ms: int
    end_ms: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class SharedView:
    """All of it; `title`: whose it is, `states`: of every service, the worst first."""

    title: str
    services: tuple[SharedService, ...]
    states: tuple[Outcome, ...]
    outages: tuple[SharedOutage, ...]
    more_outages: int
    maintenance: tuple[SharedMaintenance, ...]


Owned = tuple[ContractAssessment, ServiceAssessment]
Names = Mapping[tuple[str, str], str]
"""Of services, by contract and service."""


def shared_view(board: Board, participant: str | None, now_ms: int) -> SharedView:
    """What a participant may see; None: the public, which sees every service."""
    owned = sorted(_owned(board, participant), key=lambda pair: SEVERITY.index(pair[1].state))
    outages = sorted(
        ((outage, contract, service) for contract, service in owned for outage in service.outages),
        key=lambda item: -item[0].start_ms,
    )
    names = _names(owned, participant)
    return SharedView(
        title=_title(board, participant),
        services=tuple(_service(contract, service, names, now_ms) for contract, service in owned),
        states=tuple(service.state for _, service in owned),
        outages=tuple(
            _outage(contract, service, outage, names, now_ms) for outage, contract, service in outages[:SHOWN_OUTAGES]
        ),
        more_outages=len(outages[SHOWN_OUTAGES:]),
        maintenance=tuple(_maintenance(owned, names, now_ms)),
    )


def _owned(board: Board, participant: str | None) -> Iterator[Owned]:
    """A service without participants is everybody's: of those whom its own contract serves."""
    for contract in board.assessment.contracts:
        for service in contract.services:
            whose = service.participants or tuple(contract.participants)
            if participant is None or participant in whose:
                yield contract, service


def _title(board: Board, participant: str | None) -> str:
    if participant is None:
        return "Service status"
    contracts = board.assessment.contracts
    names = (one.participants[participant] for one in contracts if participant in one.participants)
    return f"Service status for {plain(next(names, participant))}"


def _names(owned: Sequence[Owned], participant: str | None) -> Names:
    """Each name once: services of one name in several contracts are told apart by these, of which the public learns
    nothing."""
    whose: dict[str, dict[str, str]] = {}
    for contract, service in owned:
        whose.setdefault(_name(service), {})[contract.contract] = plain(contract.title or contract.contract)
    found = {}
    for contract, service in owned:
        name = _name(service)
        contracts = whose[name]
        is_told = participant is not None and len(contracts) > 1
        told = contracts if len(set(contracts.values())) == len(contracts) else {one: one for one in contracts}
        found[contract.contract, service.service] = f"{name} ({told[contract.contract]})" if is_told else name
    return found


def _name(service: ServiceAssessment) -> str:
    return plain(service.name or service.service)


def _service(contract: ContractAssessment, service: ServiceAssessment, names: Names, now_ms: int) -> SharedService:
    outage = service.open_outage
    since = format_recent(outage.start_ms, ZoneInfo(contract.time_zone), now_ms) if outage else ""
    name = names[contract.contract, service.service]
    return SharedService(name, service.state, since, outage.start_ms if outage else None)


def _outage(
    contract: ContractAssessment, service: ServiceAssessment, outage: Outage, names: Names, now_ms: int
) -> SharedOutage:
    zone, end_ms = ZoneInfo(contract.time_zone), now_ms if outage.end_ms is None else outage.end_ms
    ended = describe_end(format_recent(end_ms, zone, now_ms), is_seen=outage.end_seen)
    whose = f"{contract.contract}/{service.service}/{outage.start_ms}"
    return SharedOutage(
        service=names[contract.contract, service.service],
        began=format_recent(outage.start_ms, zone, now_ms),
        ended="" if outage.end_ms is None else ended,
        lasted=describe_lasted(end_ms - outage.start_ms, is_seen=outage.end_seen),
        key=sha256(whose.encode()).hexdigest()[:24],
        start_ms=outage.start_ms,
        end_ms=outage.end_ms,
        end_seen=outage.end_seen,
        time_zone=contract.time_zone,
    )


def _maintenance(owned: list[Owned], called: Names, now_ms: int) -> Iterator[SharedMaintenance]:
    """Bookings that were not refused and are not over, soonest first, as far as they are for these services."""
    found = []
    for contract in {one.contract: one for one, _ in owned}.values():
        own = {service: name for (whose, service), name in called.items() if whose == contract.contract}
        zone = ZoneInfo(contract.time_zone)
        for start_ms, end_ms, services, is_agreed in (*_this_month(contract), *_next_month(contract)):
            names = [own[service] for service in services or own if service in own]
            if names and max(start_ms, now_ms) < end_ms:
                found.append((start_ms, end_ms, names, zone, is_agreed))
    for start_ms, end_ms, names, zone, is_agreed in sorted(found, key=lambda item: item[:2]):
        yield SharedMaintenance(
            services=shortened(names),
            start=format_instant(start_ms, zone),
            end=format_instant(end_ms, zone),
            is_agreed=is_agreed,
            is_now=start_ms <= now_ms,
            names=tuple(names),
            start_ms=start_ms,
            end_ms=end_ms,
            time_zone=zone.key,
        )


_Stretch = tuple[int, int, tuple[str, ...], bool]
"""From, to, the services (none: all), and whether it needs no decision any more."""


def _this_month(contract: ContractAssessment) -> Iterator[_Stretch]:
    """As booked, or as far as it was granted."""
    effective, pending = effective_entries(contract.entries), {entry.number for entry in contract.pending}
    for entry, said in effective.of(Maintenance):
        start_ms, end_ms, decided = said.start_ms, said.end_ms, effective.decision_on(entry.number)
        if decided is None:
            yield start_ms, end_ms, said.services, entry.number not in pending
        elif decided[1].granted:
            start_ms = max(start_ms, decided[1].start_ms or start_ms)
            yield start_ms, min(end_ms, decided[1].end_ms or end_ms), said.services, True


def _next_month(contract: ContractAssessment) -> Iterator[_Stretch]:
    """What the month's own entries do not hold yet: the stretches that are permitted, or wait for a decision."""
    known, pending = {entry.number for entry in contract.entries}, {entry.number for entry in contract.pending}
    for one in contract.booked:
        if one.booking not in known and (one.is_silenced or one.booking in pending):
            yield one.start_ms, one.end_ms, one.services, one.is_silenced
