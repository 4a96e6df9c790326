"""A service as the status page shows it: its month to date, its KPIs, its outages, its endpoints. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sla_monitor.assess import KpiAssessment, ServiceAssessment
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.card_rows import EndpointRow, KpiAllowance, OutageRow, endpoint_row, kpi_allowance, outage_row
from sla_monitor.web.page.selection import ListedService
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.numbers import decimals_of, format_count, format_ratio

SHOWN_OUTAGES = 5
"""Latest outages listed under a service; the rest are counted."""


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """One service; the figures are empty before the first assessment. `address` is its own page."""

    anchor: str
    address: str
    name: str
    state: Outcome
    is_open: bool
    criticality: str
    affects: str
    in_hand: str
    summary: str
    figures: tuple[tuple[str, str, str], ...]
    kpis: tuple[KpiAllowance, ...]
    outages: tuple[OutageRow, ...]
    more_outages: str
    endpoints: tuple[EndpointRow, ...]


def service_card(one: ListedService, at: tuple[ZoneInfo, int]) -> ServiceCard:
    """A service, with its figures once it has been assessed. `at`: the contract's zone, and now in milliseconds."""
    rows = tuple(endpoint_row(watched, *at) for watched in one.watched)
    bare = ServiceCard(
        anchor=f"{one.contract_id}--{one.service_id}",
        address=one.address,
        name=one.name,
        state=one.state,
        is_open=one.state is not Outcome.UP or any(row.state is not Outcome.UP for row in rows),
        criticality=one.criticality,
        affects="",
        in_hand=one.in_hand,
        summary="not assessed yet",
        figures=(),
        kpis=(),
        outages=(),
        more_outages="",
        endpoints=rows,
    )
    return _with_figures(bare, one, one.assessed, at) if one.assessed else bare


def _with_figures(
    bare: ServiceCard, one: ListedService, service: ServiceAssessment, at: tuple[ZoneInfo, int]
) -> ServiceCard:
    kpis = one.kpis
    latest = service.outages[: -SHOWN_OUTAGES - 1 : -1]
    hidden = len(service.outages) - len(latest)
    return replace(
        bare,
        affects=one.affects,
        summary=summary(service, kpis),
        figures=figures(service, kpis),
        kpis=tuple(map(kpi_allowance, kpis)),
        outages=tuple(outage_row(outage, *at) for outage in latest),
        more_outages=f"{format_count(hidden, 'earlier outage')} not listed" if hidden else "",
    )


def figures(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> tuple[tuple[str, str, str], ...]:
    """Month to date: label, figure, and what it is made of. Unknown is a word, never a number."""
    up, seen = _percentages(service, kpis)
    of = f"of {format_duration(service.agreed_ms)} agreed so far"
    unseen = f"unknown for {format_duration(service.unknown_ms, up=True)}" if service.unknown_ms else "seen throughout"
    if service.imported_ms:
        unseen += f", {format_duration(service.imported_ms)} of it by others"
    down, count = format_duration(service.downtime_ms, up=True), f"{len(service.outages):,}"
    if service.agreed_ms and not service.observed_ms:
        down = count = "unknown"
    return (
        ("Availability", up, "of the time that was seen"),
        ("Downtime", down, of),
        ("Coverage", seen, unseen),
        ("Outages", count, "confirmed, month to date"),
    )


def _percentages(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> tuple[str, str]:
    if not service.agreed_ms:
        return "no service hours yet", "no service hours yet"
    percents = (kpi.target_ratio for kpi in kpis if kpi.terms is None or kpi.terms.unit == "percent")
    decimals = max(map(decimals_of, percents), default=2)
    return format_ratio(service.availability_ratio, decimals, none="unknown"), format_ratio(
        service.coverage_ratio, none="unknown"
    )


def summary(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> str:
    """What a folded service shows: an availability never stands without its coverage."""
    up, seen = _percentages(service, kpis)
    return f"{up} available, {seen} seen" if service.availability_ratio is not None else f"availability {up}"
