"""Our outages against the supplier's own list: what both say, what only one says, and when we saw nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.assessment import Outage
from sla_monitor.assess.reconciliation import (
    VERDICT_WORDS,
    Pairing,
    Reconciliation,
    ServiceReconciliation,
    Theirs,
    format_counts,
)
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table, Tone
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.reconcile import VERDICTS, DowntimeTotals, Verdict
from sla_monitor.wording.durations import format_duration_difference, format_exact_duration
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import format_list

SUMS = (
    Column("Service", 2.2), Column("Compared", 1.4, True), *(Column(VERDICT_WORDS[v].capitalize(), 1, True)
    for v in VERDICTS), Column("Ours", 1.4, True), Column("Theirs", 1.4, True), Column("Difference", 1.4, True),
    Column("Not on any list", 1.4, True),
)  # fmt: skip
MATCHES = (
    Column("Service", 1.4), Column("Found", 1.1), Column("Ours", 2.6), Column("Theirs", 3),
    Column("Ours lasted", 1.1, True), Column("Theirs lasted", 1.1, True), Column("Difference", 1.1, True),
    Column("We saw nothing", 1.1, True),
)  # fmt: skip
TONES: dict[Verdict, Tone] = {"agreed": "met", "differs": "minor", "unseen": "unknown"}


def outage_comparison(case: PackInput) -> Section | None:
    """None where no list of the month is kept."""
    one = case.assessment.reconciliation
    if one is None:
        return None
    sums = Table("reconciled-services", "Services, and what their outages add up to", SUMS, tuple(_services(one)))
    rows = tuple(_match(case, service, row) for service in one.services for row in service.rows)
    matches = Table("reconciled", "Outage by outage", MATCHES, rows, "There is no outage on either list.")
    blocks = (Prose(tuple(_method(case, one))), sums, matches)
    notes = tuple(_notes(case, one))
    return Section(
        "reconciliation",
        "Outages against the supplier’s list",
        (*blocks, Prose(notes, "list")) if notes else blocks,
        is_wide=True,
        own_page=True,
    )


def _method(case: PackInput, one: Reconciliation) -> Iterator[str]:
    numbers = format_list([f"entry {kept.number}" for kept in one.lists])
    rows = format_count(sum(kept.outage_list.left_out for kept in one.lists), "row")
    left_out = f" {rows} of its file had no part in it." if any(kept.outage_list.left_out for kept in one.lists) else ""
    yield f"The supplier’s list is {numbers} of the register.{left_out} Found: {format_counts(one)}."
    yield (
        "Our confirmed outages, corrected and with nothing excluded, are compared with theirs inside the service hours."
        " Outages that overlap are one match, however many there are on either side. A match is agreed where no stretch"
        f" on which the two disagree is longer than {format_exact_duration(one.tolerance_ms)}, nor all of them together"
        " longer than twice that. Time in which we saw nothing is never agreement. Every sum is that of its column."
    )


def _services(one: Reconciliation) -> Iterator[Row]:
    for service in one.services:
        counts = {verdict: sum(row.verdict == verdict for row in service.rows) for verdict in VERDICTS}
        yield _sums(service.name, service.compared_ms, counts, service.sums, service.unlisted_ms)
    compared_ms = sum(service.compared_ms for service in one.services)
    unlisted_ms = sum(service.unlisted_ms for service in one.services)
    yield _sums("All services", compared_ms, one.counts, one.sums, unlisted_ms)


def _sums(name: str, compared_ms: int, counts: dict[Verdict, int], sums: DowntimeTotals, unlisted_ms: int) -> Row:
    return (
        Cell(name),
        Cell(format_exact_duration(compared_ms)),
        *(Cell(str(counts[verdict]), counts[verdict]) for verdict in VERDICTS),
        *_lengths(sums),
        Cell(format_exact_duration(unlisted_ms) if unlisted_ms else ""),
    )


def _match(case: PackInput, service: ServiceReconciliation, row: Pairing) -> Row:
    return (
        Cell(service.name),
        Cell(VERDICT_WORDS[row.verdict], tone=TONES.get(row.verdict, "serious")),
        Cell("; ".join(_ours(case, outage) for outage in row.ours)),
        Cell("; ".join(_theirs(case, theirs) for theirs in row.theirs)),
        *_lengths(row.sums),
        Cell(format_exact_duration(row.sums.unseen_ms) if row.sums.unseen_ms else ""),
    )


def _lengths(sums: DowntimeTotals) -> Row:
    return (
        Cell(format_exact_duration(sums.ours_ms)),
        Cell(format_exact_duration(sums.theirs_ms)),
        Cell(format_duration_difference(sums.difference_ms)),
    )


def _ours(case: PackInput, outage: Outage) -> str:
    return format_stretch(outage.start_ms, outage.end_ms, case.zone)


def _theirs(case: PackInput, theirs: Theirs) -> str:
    listed = theirs.outage
    name = " ".join(part for part in (listed.id, listed.title) if part)
    when = format_stretch(theirs.start_ms, theirs.end_ms, case.zone)
    return f"{name}: {when}" if name else when


def _notes(case: PackInput, one: Reconciliation) -> Iterator[str]:
    """Theirs that were not compared."""
    for service in one.services:
        for theirs in service.outside:
            yield f"{service.name}, outside its service hours: {_theirs(case, theirs)}."
    for theirs in one.unassessed:
        yield f"{theirs.outage.service}, which is not in this month’s terms: {_theirs(case, theirs)}."
    if any(one.remedies):
        yield (
            f"Each difference can become a correction, a claim or a dispute: sla-monitor reconcile"
            f" {case.assessment.contract} --month {one.month} prints the command for each."
        )
