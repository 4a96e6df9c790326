"""The one data set of a pack: every section in the meeting's order. All renderings read nothing else."""

from __future__ import annotations

from collections.abc import Callable

from sla_monitor.review.binding import Titles, bound
from sla_monitor.review.blocks import Pack, Section
from sla_monitor.review.chapters.change_control import change_control
from sla_monitor.review.chapters.cover import about
from sla_monitor.review.chapters.failed_kpis import failed_kpis
from sla_monitor.review.chapters.first_page import first_page
from sla_monitor.review.chapters.how_to_check import how_to_check
from sla_monitor.review.chapters.kpis import kpi_table
from sla_monitor.review.chapters.maintenance import maintenance
from sla_monitor.review.chapters.meeting import meeting, method, signatures
from sla_monitor.review.chapters.money import money
from sla_monitor.review.chapters.obligations import obligations
from sla_monitor.review.chapters.outage_comparison import outage_comparison
from sla_monitor.review.chapters.publication import publication
from sla_monitor.review.chapters.quality import quality
from sla_monitor.review.chapters.recovery import recovery
from sla_monitor.review.chapters.register import register
from sla_monitor.review.chapters.services import services
from sla_monitor.review.chapters.summary import summary
from sla_monitor.review.chapters.tickets import tickets
from sla_monitor.review.notice import rated_months
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_month

CHAPTERS: tuple[Callable[[PackInput], Section | None], ...] = (
    summary,
    about,
    kpi_table,
    failed_kpis,
    services,
    outage_comparison,
    register,
    money,
    recovery,
    tickets,
    maintenance,
    obligations,
    quality,
    method,
    how_to_check,
    lambda case: publication(case, rated_months(case)),
    change_control,
    meeting,
    signatures,
)


def pack(case: PackInput) -> Pack:
    """Everything that the month's pack says."""
    month = format_month(case.month)
    name = f"{case.month}-supplier" if case.copy == "supplier" else case.month
    sections = (section for chapter in CHAPTERS if (section := chapter(case)) is not None)
    titles = Titles(name, f"Supplier performance review, {month}", month)
    return bound(case, titles, first_page(case), sections)
