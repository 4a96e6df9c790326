"""A service as the status page shows it: its month to date, its promises, its outages, its endpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import KpiAssessment, ServiceAssessment
from sla_monitor.board import Watched
from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.card_rows import EndpointRow, KpiAllowance, OutageRow, endpoint_row, kpi_allowance, outage_row
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.numbers import decimals_of, format_count, format_ratio
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import worst_outcome

SHOWN_OUTAGES = 5
"""Latest outages listed under a service; the rest are counted."""


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """One service; the figures are empty before the first assessment."""

    anchor: str
    name: str
    state: Outcome
    is_open: bool
    criticality: str
    affects: str
    summary: str
    figures: tuple[tuple[str, str, str], ...]
    kpis: tuple[KpiAllowance, ...]
    outages: tuple[OutageRow, ...]
    more_outages: str
    endpoints: tuple[EndpointRow, ...]


def assessed_card(
    anchor: str,
    service: ServiceAssessment,
    kpis: tuple[KpiAssessment, ...],
    endpoints: Iterable[Watched],
    at: tuple[ZoneInfo, int],
) -> ServiceCard:
    """A service that has been assessed. `at`: the contract's zone, and now in milliseconds."""
    rows = tuple(endpoint_row(watched, *at) for watched in endpoints)
    latest = service.outages[: -SHOWN_OUTAGES - 1 : -1]
    hidden = len(service.outages) - len(latest)
    return ServiceCard(
        anchor=anchor,
        name=plain(service.name or service.service),
        state=service.state,
        is_open=service.state is not Outcome.UP or any(row.state is not Outcome.UP for row in rows),
        criticality=service.criticality,
        affects=affects(service),
        summary=_summary(service, kpis),
        figures=figures(service, kpis),
        kpis=tuple(map(kpi_allowance, kpis)),
        outages=tuple(outage_row(outage, *at) for outage in latest),
        more_outages=f"{format_count(hidden, 'earlier outage')} not listed" if hidden else "",
        endpoints=rows,
    )


def unassessed_card(anchor: str, name: str, endpoints: Iterable[Watched], at: tuple[ZoneInfo, int]) -> ServiceCard:
    """A service that is watched but has not been assessed yet: what was seen, and no figures."""
    rows = tuple(endpoint_row(watched, *at) for watched in endpoints)
    state = worst_outcome([row.state for row in rows])
    is_open = state is not Outcome.UP
    return ServiceCard(anchor, plain(name), state, is_open, "", "", "not assessed yet", (), (), (), "", rows)


def affects(service: ServiceAssessment) -> str:
    """Who has it, or lacks it."""
    return plain(", ".join(service.participants)) or "everybody"


def figures(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> tuple[tuple[str, str, str], ...]:
    """Month to date: label, figure, and what it is made of. Unknown is a word, never a number."""
    up, seen = _percentages(service, kpis)
    of = f"of {format_duration(service.agreed_ms)} agreed so far"
    unseen = f"unknown for {format_duration(service.unknown_ms, up=True)}" if service.unknown_ms else "seen throughout"
    if service.imported_ms:
        unseen += f", {format_duration(service.imported_ms)} of it by others"
    return (
        ("Availability", up, "of the time that was seen"),
        ("Downtime", format_duration(service.downtime_ms, up=True), of),
        ("Coverage", seen, unseen),
        ("Outages", f"{len(service.outages):,}", "confirmed, month to date"),
    )


def _percentages(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> tuple[str, str]:
    if not service.agreed_ms:
        return "no service hours yet", "no service hours yet"
    percents = (kpi.target_ratio for kpi in kpis if kpi.terms is None or kpi.terms.unit == "percent")
    decimals = max(map(decimals_of, percents), default=2)
    return format_ratio(service.availability_ratio, decimals, none="unknown"), format_ratio(
        service.coverage_ratio, none="unknown"
    )


def _summary(service: ServiceAssessment, kpis: tuple[KpiAssessment, ...]) -> str:
    """What a folded service shows: an availability never stands without its coverage."""
    up, seen = _percentages(service, kpis)
    return f"{up} available, {seen} seen" if service.availability_ratio is not None else f"availability {up}"
