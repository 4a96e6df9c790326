"""How good the data are: what was not seen, when the monitor itself saw nothing, and what was put right."""

from __future__ import annotations

from functools import reduce

from sla_monitor.assess.assessment import ServiceAssessment
from sla_monitor.register.entries import Correction
from sla_monitor.review import words
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.case import Case
from sla_monitor.review.telling import what, when
from sla_monitor.sla.intervals import Intervals, intersect, length

COVERAGE = (
    Column("Service", 2.4), Column("Agreed", 1.4, True), Column("Seen", 1.4, True), Column("Not seen", 1.4, True),
    Column("Coverage", 1.1, True), Column("Gaps", 0.8, True), Column("Longest gap", 1.4, True),
)  # fmt: skip
LEAST_GAP_MS = 60_000
MOST_GAPS = 40


def quality(case: Case) -> Section:
    floor = case.terms.accounting.coverage_floor_percent
    said = (
        f"Coverage is the time seen out of the agreed service time. Below {floor:f} % a figure is shown and not banded."
        " Time that nobody saw is never taken for up or down unless the contract says so."
    )
    tables = (_coverage(case), _blind(case), _corrections(case))
    return Section("quality", "Data quality", (Prose((said,)), *tables), own_page=True)


def _coverage(case: Case) -> Table:
    rows = tuple(_service_row(service) for service in case.assessment.services)
    return Table("coverage", "Coverage by service", COVERAGE, rows)


def _service_row(service: ServiceAssessment) -> Row:
    gaps = list(service.lanes.unknown) if service.lanes else []
    longest = max((end - start for start, end in gaps), default=0)
    ratio = service.coverage_ratio
    return (
        Cell(service.name),
        Cell(words.duration(service.agreed_ms)),
        Cell(words.duration(service.observed_ms)),
        Cell(words.duration(service.unknown_ms)),
        Cell(words.ratio_percent(ratio), None if ratio is None else ratio * 100),
        Cell(str(len(gaps)), len(gaps)),
        Cell(words.duration(longest) if gaps else ""),
    )


def _blind(case: Case) -> Table:
    """When no service at all was seen: the monitor, its network or its clock failed, not the supplier."""
    found = [gap for gap in _unseen_by_all(case) if gap[1] - gap[0] >= LEAST_GAP_MS]
    shown = sorted(sorted(found, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])
    rows = [(Cell(words.until(*gap, case.zone)), Cell(words.duration(gap[1] - gap[0]))) for gap in shown]
    if rows:
        rows.append((Cell(f"{words.counted(len(found), 'gap')} together"), Cell(words.duration(length(found)))))
    caption = "When the monitor saw no service at all, for a minute or longer"
    columns = (Column("From and to", 4), Column("Lasted", 1.2, True))
    return Table("blind", caption, columns, tuple(rows), "The monitor was never blind for a minute.")


def _unseen_by_all(case: Case) -> Intervals:
    lanes = [service.lanes for service in case.assessment.services if service.lanes and service.lanes.hours]
    return reduce(intersect, [list(one.unknown) for one in lanes]) if lanes else []


def _corrections(case: Case) -> Table:
    corrected = [entry for entry in case.assessment.entries if isinstance(entry.said, Correction)]
    rows = tuple(
        (Cell(str(entry.number), entry.number), Cell(what(entry, case)), Cell(when(entry, case)), Cell(entry.note))
        for entry in corrected
    )
    columns = (Column("Entry", 0.6), Column("What was put right", 3), Column("From and to", 2.4), Column("Why", 3))
    return Table("corrections", "Corrections of what the monitor saw, in either direction", columns, rows)
