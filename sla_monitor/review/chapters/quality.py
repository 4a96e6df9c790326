"""Data quality: time not seen, faults of the monitor itself, and corrections."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.assessment import ServiceAssessment
from sla_monitor.assess.counting_in_words import imported_words
from sla_monitor.periods.intervals import Intervals, length, normal, subtract
from sla_monitor.register.entries import Correction, Entry
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table, duration_cell
from sla_monitor.review.chapters.how_to_check import witnessed
from sla_monitor.review.entry_words import what, when_cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.observation import Reason
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.numbers import format_count, format_ratio
from sla_monitor.wording.vocabulary import describe_reason

COVERAGE = (
    Column("Service", 2.4), Column("Agreed", 1.4, True), Column("Seen", 1.4, True), Column("Not seen", 1.4, True),
    Column("Coverage", 1.1, True), Column("Gaps", 0.8, True), Column("Longest gap", 1.4, True),
)  # fmt: skip
REASONS = (
    Column("What was wrong", 4), Column("Times", 0.8, True), Column("Together", 1.4, True),
    Column("Longest", 1.4, True),
)  # fmt: skip
CORRECTIONS = (
    Column("Entry", 0.6), Column("What was put right", 3), Column("From and to", 2.4, is_stretch=True),
    Column("Lasted", 1.1, True), Column("Favours", 1.1), Column("Why", 2.6),
)  # fmt: skip
IMPORTS = (
    Column("Import", 0.6), Column("What", 4), Column("Covers", 2.4), Column("Agreed time that it fills", 3),
    Column("SHA-256 of what was read", 1.6),
)  # fmt: skip
FAVOUR = {"up": "supplier", "degraded": "supplier", "down": "authority", "unknown": "neither"}
"""Whom it favours that what was seen becomes this."""

ALWAYS_TOLD = (Reason.MONITOR_OFFLINE, Reason.CLOCK_STEPPED)
UNSEEN = "Why the monitor did not see, over all endpoints together"
NOT_PROBING = "no endpoint was probed: the monitor did not run, or nothing says why"
LEAST_GAP_MS = 60_000
MOST_GAPS = 40


def quality(case: PackInput) -> Section:
    floor = case.terms.accounting.coverage_floor_percent
    said = (
        f"Coverage is the time seen out of the agreed service time. Below {floor:f} % a figure is shown and not banded."
        " Time that nobody saw is never taken for up or down unless the contract says so."
    )
    tables = (
        _coverage(case),
        *_imports(case),
        _reasons(case),
        _clock(case),
        _blind(case),
        _corrections(case),
    )
    after = Prose((_balance(case), witnessed(case)))
    return Section("quality", "Data quality", (Prose((said,)), *tables, after), own_page=True)


def _coverage(case: PackInput) -> Table:
    services = [one for one in case.assessment.services if one.is_probed or one.observed_ms]
    rows = tuple(_service_row(service) for service in services)
    return Table("coverage", "Coverage by service", COVERAGE, rows)


def _service_row(service: ServiceAssessment) -> Row:
    gaps = list(service.lanes.unknown) if service.lanes else []
    longest = max((end - start for start, end in gaps), default=0)
    ratio = service.coverage_ratio
    return (
        Cell(service.name),
        duration_cell(service.agreed_ms),
        duration_cell(service.observed_ms),
        duration_cell(service.unknown_ms),
        Cell(format_ratio(ratio), None if ratio is None else ratio * 100),
        Cell(str(len(gaps)), len(gaps)),
        duration_cell(longest) if gaps else Cell(""),
    )


def _imports(case: PackInput) -> Iterator[Table]:
    """What others have seen, where nobody here did."""
    rows = tuple(
        (
            Cell(f"{one.record.number}", one.record.number),
            Cell(imported_words(one.record, case.zone)),
            Cell(format_stretch(one.record.start_ms, one.record.until_ms, case.zone)),
            Cell(
                ", ".join(f"{case.service_name(service)} {format_duration(ms)}" for service, ms in one.services.items())
            ),
            Cell(one.record.digest[:16]),
        )
        for one in case.assessment.imports
    )
    if rows:
        yield Table("imports", "What was imported: coverage counts it as seen, and nobody here saw it", IMPORTS, rows)


def _reasons(case: PackInput) -> Table:
    """The monitor's own faults. Those that every pack tells of, though there were none, come first."""
    if None not in case.unseen:  # there is not one span of any endpoint
        return Table("unseen", UNSEEN, REASONS, (), "No probe of this month is on record.")
    others = [reason for reason in case.unseen if reason not in {*ALWAYS_TOLD, None}]
    rows = tuple(_reason_row(reason, list(case.unseen.get(reason, ()))) for reason in (*ALWAYS_TOLD, None, *others))
    return Table("unseen", UNSEEN, REASONS, rows)


def _reason_row(reason: Reason | None, times: Intervals) -> Row:
    longest = max((end - start for start, end in times), default=0)
    return (
        Cell(NOT_PROBING if reason is None else describe_reason(reason)),
        Cell(str(len(times)), len(times)),
        duration_cell(length(times)) if times else Cell(""),
        duration_cell(longest) if times else Cell(""),
    )


def _clock(case: PackInput) -> Table:
    """What makes time doubtful for everybody, and is the monitor's own."""
    rows = tuple((Cell(case.at(move.at_ms)), Cell(_moved(move))) for move in case.assessment.clock_moves)
    columns = (Column("Clock after the change", 2), Column("What had happened", 4))
    return Table(
        "clock",
        "When the monitor's clock was set, or its host slept",
        columns,
        rows,
        "No step of the clock is on record.",
    )


def _moved(move: ClockMove) -> str:
    parts = [f"the host had slept for {format_duration(move.slept_ms)}"] if move.slept_ms else []
    if move.step_ms:
        way = "ahead" if move.step_ms > 0 else "back"
        parts.append(f"the clock was set {way} by {format_duration(abs(move.step_ms))}")
    return ", ".join(parts)


def _blind(case: PackInput) -> Table:
    """When no service at all was seen: the monitor, its network or its clock failed, not the supplier."""
    found = [gap for gap in _unseen_by_all(case) if gap[1] - gap[0] >= LEAST_GAP_MS]
    shown = sorted(sorted(found, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])
    rows = [(Cell(format_stretch(*gap, case.zone)), duration_cell(gap[1] - gap[0])) for gap in shown]
    if rows:
        rows.append((Cell(f"{format_count(len(found), 'gap')} together"), duration_cell(length(found))))
    caption = "When the monitor saw no service at all, for a minute or longer"
    columns = (Column("From and to", 4), Column("Lasted", 1.2, True))
    is_seen = any(service.observed_ms for service in case.assessment.services)
    none = "None: something is on record for every minute." if is_seen else "Nothing was seen of any service."
    return Table("blind", caption, columns, tuple(rows), none)


def _unseen_by_all(case: PackInput) -> Intervals:
    """Time in which a service should have been seen and none was: out of its hours a service says nothing."""
    lanes = [service.lanes for service in case.assessment.services if service.lanes and service.lanes.hours]
    seen = normal(one for lane in lanes for one in (*lane.up, *lane.degraded, *lane.down))
    return subtract(normal(one for lane in lanes for one in lane.unknown), seen)


def _corrections(case: PackInput) -> Table:
    rows = tuple(
        (
            Cell(str(entry.number), entry.number),
            Cell(what(entry, case)),
            when_cell(entry, case),
            duration_cell(said.end_ms - said.start_ms),
            Cell(FAVOUR[said.outcome]),
            Cell(entry.note),
        )
        for entry, said in _corrected(case)
    )
    return Table("corrections", "Corrections of what the monitor saw, in either direction", CORRECTIONS, rows)


def _corrected(case: PackInput) -> list[tuple[Entry, Correction]]:
    about = {entry.number for entry in case.assessment.entries}
    return [(entry, said) for entry, said in case.register.of(Correction) if entry.number in about]


def _balance(case: PackInput) -> str:
    """How much was put right in each direction, so that nobody has to wonder."""
    parts = []
    for favour in dict.fromkeys(FAVOUR.values()):
        several = [said for _, said in _corrected(case) if FAVOUR[said.outcome] == favour]
        lasted = sum(said.end_ms - said.start_ms for said in several)
        parts.append(f"{favour} {len(several)}{f' ({format_duration(lasted)})' if several else ''}")
    return f"Corrections by whom they favour: {', '.join(parts)}."
