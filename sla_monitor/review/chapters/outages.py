"""Outages as a table: when, how long, how much of it counts, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sla_monitor.assess.assessment import Outage, ServiceAssessment
from sla_monitor.assess.failure_causes import cause_of_outage
from sla_monitor.register.entries import Impact
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Table, duration_cell
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.sights import describe_seen_at
from sla_monitor.wording.vocabulary import describe_reason

COLUMNS = (
    Column("Outage", 3.5, is_stretch=True), Column("Lasted", 1.3, True), Column("In service hours", 1.3, True),
    Column("Counts", 1.3, True), Column("Cause", 2), Column("Seen at", 2), Column("Entries", 1),
)  # fmt: skip

FROM_PLACES = tuple(replace(one, width=4) if one.title == "Seen at" else one for one in COLUMNS)
"""What each place saw needs room."""

UNSEEN = "Nothing was seen: whether there was an outage is not known."


def outage_table(name: str, case: PackInput, service: ServiceAssessment, outages: Sequence[Outage]) -> Table:
    """All outages of a service, or of a KPI by its own way of counting, and what they add up to."""
    rows = tuple(_row(case, service.service, outage) for outage in outages)
    if rows:
        rows = (*rows, _total(outages))
    none = "No outage was seen." if service.observed_ms else UNSEEN
    columns = FROM_PLACES if any(outage.places for outage in outages) else COLUMNS
    return Table(name, f"Outages of {service.name}", columns, rows, none)


def shares_of_users(case: PackInput, service: str) -> Iterator[Prose]:
    """Why an outage counts less than it lasted in service hours: it hit a part of the users alone."""
    period = case.assessment.period
    hit = [
        f"Outages count in the share of users that were hit, {format_stretch(said.start_ms, said.end_ms, case.zone)}:"
        f" {said.users:,} of {said.of:,} (entry {entry.number} of {entry.actor})."
        for entry, said in case.register.of(Impact)
        if said.service == service and said.start_ms < period.end_ms and said.end_ms > period.start_ms
    ]
    if hit:
        yield Prose(tuple(hit))


def _row(case: PackInput, service: str, outage: Outage) -> Row:
    end_ms = case.cut_off_ms if outage.end_ms is None else outage.end_ms
    return (
        case.outage_cell(outage),
        duration_cell(end_ms - outage.start_ms),
        duration_cell(outage.gross_ms),
        duration_cell(outage.downtime_ms),
        Cell(_cause(case, service, outage)),
        Cell(describe_seen_at(outage.endpoints, outage.places)),
        Cell(", ".join(map(str, outage.entries))),
    )


def _cause(case: PackInput, service: str, outage: Outage) -> str:
    """What the probes met, and what people have said that it came from."""
    seen, given = (
        describe_reason(outage.reason),
        cause_of_outage(case.register, service, outage.start_ms, outage.end_ms),
    )
    return seen if given is None else f"{seen}: {given[1].explanation}, entry {given[0].number}"


def _total(outages: Sequence[Outage]) -> Row:
    return (
        Cell("All outages"),
        Cell(""),
        duration_cell(sum(outage.gross_ms for outage in outages)),
        duration_cell(sum(outage.downtime_ms for outage in outages)),
        Cell(""),
        Cell(""),
        Cell(""),
    )
