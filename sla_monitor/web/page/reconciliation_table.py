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
    told_counts,
    told_difference,
    told_length,
)
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.reconcile import Sums, Verdict
from sla_monitor.web import words

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
    year, month = one.month.split("-")
    numbers = ", ".join(str(kept.number) for kept in one.lists)
    return Reconciled(
        anchor=f"reconciled--{contract.contract}",
        month=f"{words.MONTHS[int(month) - 1]} {year}",
        counts=told_counts(one),
        rows=tuple(rows[:SHOWN]),
        total=MatchRow("All services", "", Outcome.UP, "", "", *_lengths(one.sums)),
        more=f"{words.counted(hidden, 'more match', 'more matches')} not listed" if hidden > 0 else "",
        method=(
            f"List of the supplier: register entry {numbers}. Outages that overlap inside the service hours are one"
            f" match; edges may differ by {told_length(one.tolerance_ms)}. Time that we did not see is no agreement."
        ),
        notes=tuple(_notes(one, zone)),
    )


def _row(service: ServiceReconciliation, row: Pairing, zone: ZoneInfo) -> MatchRow:
    return MatchRow(
        words.plain(service.name or service.service),
        VERDICT_WORDS[row.verdict],
        STATES.get(row.verdict, Outcome.DOWN),
        "; ".join(_span(one.start_ms, one.end_ms, zone) for one in row.ours),
        "; ".join(_theirs(one, zone) for one in row.theirs),
        *_lengths(row.sums),
    )


def _lengths(sums: Sums) -> tuple[str, str, str, str]:
    unseen = told_length(sums.unseen_ms) if sums.unseen_ms else ""
    return told_length(sums.ours_ms), told_length(sums.theirs_ms), told_difference(sums.difference_ms), unseen


def _theirs(theirs: Theirs, zone: ZoneInfo) -> str:
    name = " ".join(part for part in (theirs.outage.id, theirs.outage.title) if part)
    when = _span(theirs.start_ms, theirs.end_ms, zone)
    return words.plain(f"{name}: {when}") if name else when


def _span(start_ms: int, end_ms: int | None, zone: ZoneInfo) -> str:
    """The day is not told twice."""
    begin = words.moment(start_ms, zone)
    if end_ms is None:
        return f"{begin}, still open"
    end = words.moment(end_ms, zone)
    day, _, at = end.partition(", ")
    return f"{begin} to {at if begin.startswith(f'{day}, ') else end}"


def _notes(one: Reconciliation, zone: ZoneInfo) -> Iterator[str]:
    for service in one.services:
        name = words.plain(service.name or service.service)
        if service.unlisted_ms:
            yield f"{name}: no list speaks of {told_length(service.unlisted_ms)} of our downtime."
        if service.outside:
            number = words.counted(len(service.outside), "outage")
            first = _theirs(service.outside[0], zone)
            yield f"{name}: {number} of theirs outside the service hours, the first {first}."
    if one.unassessed:
        yield f"{words.counted(len(one.unassessed), 'outage')} of theirs of services that are not in the month's terms."
