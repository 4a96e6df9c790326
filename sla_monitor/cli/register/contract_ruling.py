"""What the contract itself says of a booking or a claim: whoever grants it should know what that comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_monitor.assess.assessment import Excluded
    from sla_monitor.assess.rulings import Case
    from sla_monitor.cli.register.desk import Desk, Entered
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry

MEANT_TO_CHANGE = {"decision", "waiver", "correction", "impact"}
"""Kinds that somebody enters because a figure should become another."""


def reservations(desk: Desk, entered: Entered, entry: Entry) -> list[str]:
    """What whoever has made an entry may not expect: time that the contract refuses, figures that do not change."""
    from sla_monitor.register.affected_months import CHANGES_NO_FIGURE

    if isinstance(entry.said, CHANGES_NO_FIGURE):
        return []
    said = desk.said()
    found = [*not_counted(desk.contract, said, entry), *no_effect(desk.contract, said, entry)]
    return found or list(_no_change(desk, entered, said, entry))


def no_effect(contract: Contract, said: Sequence[Entry], entry: Entry) -> list[str]:
    """The figures that do not change by an entry. `said`: the whole register, which may hold the entry."""
    from sla_monitor.register.effects import doubts
    from sla_monitor.register.entry_context import Ground

    return doubts(entry, Ground.of(contract, [other for other in said if other.number != entry.number]))


def _no_change(desk: Desk, entered: Entered, said: Sequence[Entry], entry: Entry) -> Iterator[str]:
    """That a decision, waiver or correction about months that are over has come to nothing."""
    from sla_monitor.register.affected_months import month_at, months_of

    is_meant_to = entry.said.kind in MEANT_TO_CHANGE and getattr(entry.said, "granted", True)
    months = months_of(entry.said, desk.zone, {other.number: other for other in said})
    if is_meant_to and months and not entered.changes and months[-1] < month_at(desk.clock.now_ms(), desk.zone):
        yield f"no figure, no point and no money of {months[0]} or later changes by it"


def not_counted(contract: Contract, said: Sequence[Entry], entry: Entry) -> Iterator[str]:
    """Which time of a booking or a claim (or of what a decision is about) the contract refuses all the same, and why;
    nothing while a decision is awaited, and nothing for other kinds."""
    from sla_monitor.assess.relief import refusal
    from sla_monitor.assess.rulings import Case
    from sla_monitor.register.effective import standing
    from sla_monitor.register.entries import Claim, Decision, Maintenance

    about = entry.said.about if isinstance(entry.said, Decision) else entry.number
    case = Case(contract, standing(said))
    asked = case.standing.entry(about)
    ruling = case.standing.decision_on(about)
    is_refused = ruling is not None and not ruling[1].granted
    if asked is None or is_refused or not isinstance(asked.said, Claim | Maintenance):
        return
    why = refusal(case, asked, asked.said) if isinstance(asked.said, Claim) else ""
    if why:
        yield f"refused by the contract: {why}"
        return
    zone = contract.version_at(asked.said.start_ms).terms.time_zone
    yield from _told(_refused(case, asked), zone)


def _refused(case: Case, asked: Entry) -> Iterator[tuple[str, Excluded]]:
    """(service, time that was asked for and is not granted), month by month."""
    from sla_monitor.assess.exclusions import exclusions
    from sla_monitor.periods.terms_slices import Hours, period_of, zone_of
    from sla_monitor.register.affected_months import months_of

    for month in months_of(asked.said, zone_of(case.contract), {}):
        for ruling in exclusions(case, period_of(case.contract, month), Hours()).rulings:
            if ruling.entry == asked.number:
                pieces = (piece for piece in ruling.listed() if not piece.granted and not piece.is_pending)
                yield from ((ruling.service, piece) for piece in pieces)


def _told(refused: Iterator[tuple[str, Excluded]], zone: ZoneInfo) -> Iterator[str]:
    from sla_monitor.cli.shared.table_figures import told_time

    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for service, piece in refused:
        first_ms, last_ms = spans.get((service, piece.why), (piece.start_ms, piece.end_ms))
        spans[service, piece.why] = min(first_ms, piece.start_ms), max(last_ms, piece.end_ms)
    for (service, why), (start_ms, end_ms) in spans.items():
        yield f"not counted for {service}: {told_time(start_ms, zone)} to {told_time(end_ms, zone)}, {why}"
