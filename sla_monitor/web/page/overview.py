"""The top of the status page: what is wrong now, and contracts by supplier. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment, ServiceAssessment
from sla_monitor.board import Board, Watched
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.contract_summary import ContractSummary, contract_summary_of
from sla_monitor.web.page.kpi_rows import KpiRow
from sla_monitor.web.page.layout import UTC_ZONE
from sla_monitor.web.page.reconciliation_table import Reconciled, reconciled_of
from sla_monitor.web.page.service_cards import ServiceCard, affects, assessed_card, unassessed_card
from sla_monitor.wording.durations import format_short_duration
from sla_monitor.wording.instants import format_day, format_day_at, format_instant, format_recent
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import SEVERITY, describe_reason, worst_outcome

ByService = dict[tuple[str, str], list[Watched]]


@dataclass(frozen=True, slots=True)
class PageTrouble:
    """One service that is not up: what, for whom, since when, why."""

    anchor: str
    state: Outcome
    service: str
    supplier: str
    affects: str
    since: str
    lasting: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ContractBlock:
    """One contract with its services."""

    title: str
    authority: str
    note: str
    period: str
    period_to: str
    terms: str
    services: tuple[ServiceCard, ...]
    outside: str = ""
    summary: ContractSummary | None = None
    id: str = ""
    reconciled: Reconciled | None = None


def by_service(board: Board) -> ByService:
    """What is watched, by contract and service."""
    found: ByService = defaultdict(list)
    for watched in list(board.endpoints.values()):
        found[watched.contract, watched.service].append(watched)
    return found


def anchor(contract: str, service: str) -> str:
    """The fragment under which a service is found on the page."""
    return f"{contract}--{service}"


def headline(cards: list[ServiceCard]) -> str:
    """The one thing to know."""
    if not cards:
        return "Nothing is being watched"
    state = worst_outcome([card.state for card in cards])
    number = sum(card.state is state for card in cards)
    if state is Outcome.UP:
        return "The service is up" if number == 1 else f"All {number:,} services are up"
    what = {Outcome.DOWN: "down", Outcome.DEGRADED: "degraded", Outcome.UNKNOWN: "in an unknown state"}[state]
    return f"{format_count(number, 'service')} {'is' if number == 1 else 'are'} {what}"


def tally(cards: list[ServiceCard]) -> list[tuple[Outcome, int]]:
    """How many services are in each state, worst first."""
    counts = [(state, sum(card.state is state for card in cards)) for state in SEVERITY]
    return [(state, count) for state, count in counts if count]


def troubles(
    services: list[tuple[ContractAssessment, ServiceAssessment]], watched: ByService, now_ms: int
) -> list[PageTrouble]:
    """Every assessed service that is not up, the worst first, then the longest lasting."""
    found = [
        (SEVERITY.index(service.state), *_trouble(contract, service, watched, now_ms))
        for contract, service in services
        if service.state is not Outcome.UP
    ]
    return [trouble for *_, trouble in sorted(found, key=lambda item: item[:2])]


def _trouble(
    contract: ContractAssessment, service: ServiceAssessment, watched: ByService, now_ms: int
) -> tuple[int, PageTrouble]:
    """When it began, and the words for it. A service may be degraded because an endpoint of it is down: for a failure
    that is not confirmed yet, or since the figures were worked out."""
    several = watched[contract.contract, service.service]
    culprits = [w for w in several if w.outcome is service.state] or [w for w in several if w.outcome is not Outcome.UP]
    outage = service.open_outage
    began_ms = outage.start_ms if outage else min((w.since_ms for w in culprits if w.last), default=0)
    findings = [w.last.finding for w in culprits if w.last]
    reason = outage.reason if outage else next((f.reason for f in findings if f.reason), None)
    return began_ms, PageTrouble(
        anchor=anchor(contract.contract, service.service),
        state=service.state,
        service=plain(service.name or service.service),
        supplier=plain(contract.supplier),
        affects=affects(service),
        since=format_recent(began_ms, ZoneInfo(contract.time_zone), now_ms) if began_ms else "the monitor started",
        lasting=format_short_duration(max(0, now_ms - began_ms)) if began_ms else "",
        reason=describe_reason(reason, none="not seen" if service.state is Outcome.UNKNOWN else "not known"),
        detail=plain(next((f.detail for f in findings if f.detail), "")),
    )


def dangers(blocks: Iterable[ContractBlock]) -> list[KpiRow]:
    """The KPIs of all contracts that are missed, then those that are near it."""
    rows = [row for block in blocks if block.summary for row in block.summary.rows if row.is_in_danger]
    return sorted(rows, key=lambda row: SEVERITY.index(row.state))


def suppliers(
    contracts: tuple[ContractAssessment, ...], watched: ByService, now_ms: int
) -> tuple[dict[str, list[ContractBlock]], list[tuple[ContractAssessment, ServiceAssessment]]]:
    """Assessed contracts by supplier, and their services in one list."""
    blocks: dict[str, list[ContractBlock]] = defaultdict(list)
    for contract in contracts:
        blocks[plain(contract.supplier)].append(_block(contract, watched, now_ms))
    return blocks, [(contract, service) for contract in contracts for service in contract.services]


def _block(contract: ContractAssessment, watched: ByService, now_ms: int) -> ContractBlock:
    zone = ZoneInfo(contract.time_zone)
    cards = [
        assessed_card(
            anchor(contract.contract, service.service),
            service,
            tuple(kpi for kpi in contract.kpis if kpi.service and kpi.service.service == service.service),
            watched[contract.contract, service.service],
            (zone, now_ms),
        )
        for service in contract.services
    ]
    outside = _outside(contract, now_ms)
    begun = format_day_at(contract.terms_from_ms, zone)
    reference = f" ({plain(contract.terms_reference)})" if contract.terms_reference else ""
    return ContractBlock(
        title=plain(contract.title or contract.contract),
        authority=plain(contract.authority),
        note=plain(contract.note),
        period=format_instant(contract.period.start_ms, zone),
        period_to=format_instant(contract.period.end_ms, zone),
        terms=f"in force since {begun}{reference}",
        services=tuple(cards),
        outside=outside,
        summary=None if outside else contract_summary_of(contract, now_ms),
        id=contract.contract,
        reconciled=reconciled_of(contract),
    )


def _outside(contract: ContractAssessment, now_ms: int) -> str:
    """That the contract does not run now; empty while it does."""
    today = datetime.fromtimestamp(now_ms // 1000, ZoneInfo(contract.time_zone)).date()
    if today < contract.starts_on:
        return f"begins on {format_day(contract.starts_on)}: what is seen now counts for no figure."
    if today <= contract.ends_on:
        return ""
    probed = "It is still probed, as its terms say: what is seen now counts for no figure."
    ended = f"ended on {format_day(contract.ends_on)}, and its last month stands below."
    return f"{ended} {probed if contract.probe_after_term else 'It is no longer probed.'}"


def unassessed(
    contracts: tuple[ContractAssessment, ...], watched: ByService, now_ms: int
) -> dict[str, list[ContractBlock]]:
    """What is watched and belongs to no assessed service yet: the daemon has just started, or was reloaded."""
    assessed = {(c.contract, s.service) for c in contracts for s in c.services}
    blocks: dict[str, list[ServiceCard]] = defaultdict(list)
    for (contract, service), endpoints in watched.items():
        if (contract, service) not in assessed and endpoints:
            card = unassessed_card(anchor(contract, service), service, endpoints, (ZoneInfo(UTC_ZONE), now_ms))
            blocks[contract].append(card)
    found = [ContractBlock(plain(c), "", "", "", "", "", tuple(cards), id=c) for c, cards in blocks.items()]
    return {"Not assessed yet": found} if found else {}
