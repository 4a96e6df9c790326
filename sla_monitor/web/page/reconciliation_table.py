"""The outages of a month against the supplier's own list, as the status page shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.reconciliation import (
    VERDICT_WORDS,
    Pairing,
    Reconciliation,
    ServiceReconciliation,
    Theirs,
    format_counts,
)
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.reconcile import DowntimeTotals, Verdict
from sla_monitor.wording.durations import format_duration_difference, format_exact_duration
from sla_monitor.wording.instants import format_month, format_stretch
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain

SHOWN = 50
"""Matches that are listed; the rest are counted, and stand in the review pack."""

STATES: dict[Verdict, Outcome] = {"agreed": Outcome.UP, "differs": Outcome.DEGRADED, "unseen": Outcome.UNKNOWN}
"""How a verdict is coloured; on one list alone: as an outage is."""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One match. `theirs` is hostile text: made harmless for the eye here, for the browser by the template."""

    service: str
    verdict: str
    state: Outcome
    ours: str
    theirs: str
    ours_lasted: str
    theirs_lasted: str
    difference: str
    unseen: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`counts` is what the folded table says of itself; `notes`: what was not compared."""

    anchor: str
    month: str
    counts: str
    rows: tuple[MatchRow, ...]
    total: MatchRow
    more: str
    method: str
    notes: tuple[str, ...]


def reconciled_of(contract: ContractAssessment) -> Reconciled | None:
    """None where no list is kept."""
    one = contract.reconciliation
    if one is None:
        return None
    zone = ZoneInfo(contract.time_zone)
    rows = [_row(service, row, zone) for service in one.services for row in service.rows]
    hidden = len(rows) - SHOWN
    numbers = ", ".join(str(kept.number) for kept in one.lists)
    return Reconciled(
        anchor=f"reconciled--{contract.contract}",
        month=format_month(one.month),
        counts=format_counts(one),
        rows=tuple(rows[:SHOWN]),
        total=MatchRow("All services", "", Outcome.UP, "", "", *_lengths(one.sums)),
        more=f"{format_count(hidden, 'more match', 'more matches')} not listed" if hidden > 0 else "",
        method=(
            f"List of the supplier: register entry {numbers}. Outages that overlap inside the service hours are one"
            f" match; edges may differ by {format_exact_duration(one.tolerance_ms)}. Time that we did not see is no"
            " agreement."
        ),
        notes=tuple(_notes(one, zone)),
    )


def _row(service: ServiceReconciliation, row: Pairing, zone: ZoneInfo) -> MatchRow:
    return MatchRow(
        plain(service.name or service.service),
        VERDICT_WORDS[row.verdict],
        STATES.get(row.verdict, Outcome.DOWN),
        "; ".join(format_stretch(one.start_ms, one.end_ms, zone) for one in row.ours),
        "; ".join(_theirs(one, zone) for one in row.theirs),
        *_lengths(row.sums),
    )


def _lengths(sums: DowntimeTotals) -> tuple[str, str, str, str]:
    unseen = format_exact_duration(sums.unseen_ms) if sums.unseen_ms else ""
    return (
        format_exact_duration(sums.ours_ms),
        format_exact_duration(sums.theirs_ms),
        format_duration_difference(sums.difference_ms),
        unseen,
    )


def _theirs(theirs: Theirs, zone: ZoneInfo) -> str:
    name = " ".join(part for part in (theirs.outage.id, theirs.outage.title) if part)
    when = format_stretch(theirs.start_ms, theirs.end_ms, zone)
    return plain(f"{name}: {when}") if name else when


def _notes(one: Reconciliation, zone: ZoneInfo) -> Iterator[str]:
    for service in one.services:
        name = plain(service.name or service.service)
        if service.unlisted_ms:
            yield f"{name}: no list covers {format_exact_duration(service.unlisted_ms)} of our downtime."
        if service.outside:
            number = format_count(len(service.outside), "outage")
            first = _theirs(service.outside[0], zone)
            yield f"{name}: {number} of theirs outside the service hours, the first {first}."
    if one.unassessed:
        yield f"{format_count(len(one.unassessed), 'outage')} of theirs of services that are not in the month's terms."
