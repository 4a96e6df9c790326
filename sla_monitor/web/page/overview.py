"""The status page's frame of contracts: what is wrong now, and contracts by supplier with their services. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.contract_summary import ContractSummary, contract_summary_of
from sla_monitor.web.page.kpi_rows import KpiRow
from sla_monitor.web.page.layout import UTC_ZONE
from sla_monitor.web.page.reconciliation_table import Reconciled, reconciled_of
from sla_monitor.web.page.selection import ListedService
from sla_monitor.web.page.service_cards import ServiceCard, service_card
from sla_monitor.wording.instants import format_day, format_day_at, format_instant
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import SEVERITY, worst_outcome


@dataclass(frozen=True, slots=True)
class ContractBlock:
    """One contract with its services. `has_figures`: whether its month is shown, beside what is seen now."""

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
    has_figures: bool = True


def headline(states: Sequence[Outcome]) -> str:
    """The one thing to know of services in these states."""
    if not states:
        return "Nothing is being watched"
    state = worst_outcome(states)
    number = states.count(state)
    if state is Outcome.UP:
        return "The service is up" if number == 1 else f"All {number:,} services are up"
    what = {Outcome.DOWN: "down", Outcome.DEGRADED: "degraded", Outcome.UNKNOWN: "in an unknown state"}[state]
    return f"{format_count(number, 'service')} {'is' if number == 1 else 'are'} {what}"


def tally(states: Sequence[Outcome]) -> list[tuple[Outcome, int]]:
    """How many services are in each state, worst first."""
    return [(state, states.count(state)) for state in SEVERITY if state in states]


def dangers(blocks: Iterable[ContractBlock]) -> list[KpiRow]:
    """The KPIs of all contracts that are missed, then those that are near it."""
    rows = [row for block in blocks if block.summary for row in block.summary.rows if row.is_in_danger]
    return sorted(rows, key=lambda row: SEVERITY.index(row.state))


def suppliers(
    contracts: Iterable[ContractAssessment], shown: Iterable[ListedService], now_ms: int, *, has_figures: bool
) -> dict[str, list[ContractBlock]]:
    """Contracts by supplier, each with those of its services that are shown, in its own order; what is watched and
    belongs to no assessed service yet stands last: the daemon has just started, or was reloaded."""
    services: dict[str, dict[str, ListedService]] = defaultdict(dict)
    for one in shown:
        services[one.contract_id if one.assessed else ""][f"{one.contract_id}/{one.service_id}"] = one
    blocks: dict[str, list[ContractBlock]] = defaultdict(list)
    for contract in contracts:
        here = services.get(contract.contract, {})
        keys = (f"{contract.contract}/{service.service}" for service in contract.services)
        cards = [here[key] for key in keys if key in here]
        if cards or (has_figures and not contract.services):
            block = contract_block(contract, cards, now_ms, has_figures=has_figures)
            blocks[plain(contract.supplier)].append(block)
    unassessed: dict[str, list[ServiceCard]] = defaultdict(list)
    for one in services.get("", {}).values():
        unassessed[one.contract_id].append(service_card(one, (ZoneInfo(UTC_ZONE), now_ms)))
    if unassessed:
        blocks["Not assessed yet"] = [
            ContractBlock(plain(name), "", "", "", "", "", tuple(cards), id=name) for name, cards in unassessed.items()
        ]
    return blocks


def contract_block(
    contract: ContractAssessment, services: Iterable[ListedService], now_ms: int, *, has_figures: bool = True
) -> ContractBlock:
    """One contract with these of its services as cards."""
    zone = ZoneInfo(contract.time_zone)
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
        services=tuple(service_card(one, (zone, now_ms)) for one in services),
        outside=outside,
        summary=contract_summary_of(contract, now_ms) if has_figures and not outside else None,
        id=contract.contract,
        reconciled=reconciled_of(contract) if has_figures else None,
        has_figures=has_figures,
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
