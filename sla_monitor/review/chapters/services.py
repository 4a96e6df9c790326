"""Availability, service by service: the month as a swim-lane, and where every minute went."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_monitor.assess.assessment import Figure, KpiAssessment, ServiceAssessment, View
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.review.blocks import Block, Cell, Column, Facts, Prose, Section, Table, duration_cell
from sla_monitor.review.chapters.outages import outage_table, shares_of_users
from sla_monitor.review.pack_input import PackInput, figure_of
from sla_monitor.review.palette import band_cell, figure_cell
from sla_monitor.review.rendering.drawing.timeline import timeline
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.numbers import format_ratio
from sla_monitor.wording.sights import describe_place

VIEWS: tuple[tuple[View, str], ...] = (
    ("gross", "Nothing excluded"),
    ("claimed", "All requests excluded"),
    ("agreed", "As agreed"),
)
COLUMNS = (
    Column("View", 2), Column("Availability", 1.2, True), Column("Downtime", 1.4, True),
    Column("Time that counts", 1.6, True), Column("Band", 1.4),
)  # fmt: skip

OF_WHAT_WAS_SEEN = ("Down, nothing excluded", "Down, as agreed", "Degraded")
"""What nobody knows of a service of which nothing was seen."""


def services(case: PackInput) -> Section:
    inside = tuple(_service(case, service) for service in case.assessment.services)
    said = "Each lane runs from the first to the last of the month; no outage is drawn so narrow that it is not seen."
    return Section("services", "Availability by service", (Prose((said,)),), inside, own_page=True)


def _service(case: PackInput, service: ServiceAssessment) -> Section:
    name = f"service-{service.service}"
    blocks: list[Block] = []
    if not service.is_probed and not service.observed_ms:
        return Section(name, service.name or service.service, (Facts(_unprobed(service)),))
    picture = timeline(f"{name}-lanes", case, service)
    if picture is not None:
        blocks.append(picture)
    blocks.append(Facts((*_facts(service), *_impact_cost(case, service))))
    kpis = [kpi for kpi in case.assessment.kpis if kpi.service is not None and kpi.service_id == service.service]
    blocks += [_views(f"{name}-{kpi.kpi}", kpi, kpi.terms) for kpi in kpis if kpi.terms is not None and kpi.views]
    blocks.append(outage_table(f"{name}-outages", case, service, service.outages))
    blocks += shares_of_users(case, service.service)
    return Section(name, service.name or service.service, tuple(blocks), is_whole=True)


def _unprobed(service: ServiceAssessment) -> tuple[tuple[str, Cell], ...]:
    return ("Endpoints", Cell("none: nothing of it is probed")), ("Criticality", Cell(service.criticality))


def _facts(service: ServiceAssessment) -> tuple[tuple[str, Cell], ...]:
    times = (
        ("Agreed service time", service.agreed_ms),
        ("Down, nothing excluded", service.gross_downtime_ms),
        ("Down, as agreed", service.downtime_ms),
        ("Excluded", service.excluded_ms),
        ("Degraded", service.degraded_ms),
        ("Not seen", service.unknown_ms),
    )
    hides = () if service.observed_ms else OF_WHAT_WAS_SEEN
    facts = [
        (name, Cell("not known: nothing was seen") if name in hides else Cell(format_duration(milliseconds)))
        for name, milliseconds in times
    ]
    if service.imported_ms:
        facts.append(("Imported", Cell(format_duration(service.imported_ms))))
    facts.append(("Coverage", Cell(format_ratio(service.coverage_ratio))))
    facts += [(f"{one.endpoint} from {one.site}", Cell(describe_place(one))) for one in service.places]
    return (*facts, ("Criticality", Cell(service.criticality)))


def _impact_cost(case: PackInput, service: ServiceAssessment) -> Iterator[tuple[str, Cell]]:
    if service.impact_cost is not None:
        yield "Cost to the authority, not credited", case.money(service.impact_cost.amount)


def _time_cell(figure: Figure, milliseconds: Fraction | None) -> Cell:
    """Empty where no time counts: there is no downtime of nothing."""
    return duration_cell(milliseconds) if milliseconds is not None and figure.base_ms else Cell("")


def _views(name: str, kpi: KpiAssessment, terms: KpiTerms) -> Table:
    rows = []
    for view, said in VIEWS:
        figure = figure_of(kpi, view)
        rows.append(
            (
                Cell(said),
                figure_cell(terms, figure.value),
                _time_cell(figure, figure.downtime_ms),
                _time_cell(figure, figure.base_ms),
                band_cell(terms, figure.band),
            )
        )
    return Table(name, f"{kpi.kpi}: gross, claimed and agreed", COLUMNS, tuple(rows))
