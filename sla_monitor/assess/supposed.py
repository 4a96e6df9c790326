"""What whoever makes an entry may not expect: time that is refused all the same, figures that stay, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import BookedStretch, Excluded
from sla_monitor.assess.booked_maintenance import booked_by
from sla_monitor.assess.exclusions import exclusions
from sla_monitor.assess.relief import lateness, refusal
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_at, period_of
from sla_monitor.periods.terms_slices import ServiceHours
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Claim, Decision, Entry, Maintenance, Undo
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import doubts
from sla_monitor.wording.figure_changes import Changes
from sla_monitor.wording.instants import format_month, format_stretch


def reservations_of(
    contract: Contract, said: Sequence[Entry], entry: Entry, now_ms: int, changes: Changes
) -> list[str]:
    """What whoever makes an entry may not expect: time that the contract refuses, figures that do not change. `said`:
    the whole register with the entry; `changes`: what it changes in months that are over."""
    if not entry.body.changes_figures:
        return []
    found = [*not_counted(contract, said, entry), *no_effect(contract, said, entry)]
    return found or list(_no_change(contract, said, entry, now_ms, changes))


def no_effect(contract: Contract, said: Sequence[Entry], entry: Entry) -> list[str]:
    """The figures that do not change by an entry. `said`: the whole register, which may hold the entry."""
    return doubts(entry, EntryContext.of(contract, [other for other in said if other.number != entry.number]))


def _no_change(contract: Contract, said: Sequence[Entry], entry: Entry, now_ms: int, changes: Changes) -> Iterator[str]:
    """That a decision, waiver or correction about months that are over has come to nothing."""
    months = months_of(entry.body, contract.time_zone, {other.number: other for other in said})
    is_over = bool(months) and months[-1] < month_at(now_ms, contract.time_zone)
    about = next((one for one in said if one.number == entry.body.subject()), entry)
    if not about.body.changes_figures:  # nobody expects that a dispute changes any
        return
    is_asked = entry.body.asks_for_decision(contract)
    if entry.body.is_meant_to_change and not is_asked and is_over and not changes:
        yield f"no figure, no point and no money of {format_month(months[0])} or later changes by it"


def not_counted(contract: Contract, said: Sequence[Entry], entry: Entry) -> Iterator[str]:
    """Which time of a booking or a claim (or of what a decision is about) the contract refuses all the same, and why,
    and how late a claim is; no time while a decision is awaited, and nothing for other kinds."""
    about = entry.body.about if isinstance(entry.body, Decision) else entry.number
    case = RequestContext(contract, effective_entries(said))
    asked = case.effective.entry(about)
    ruling = case.effective.decision_on(about)
    is_refused = ruling is not None and not ruling[1].granted
    if asked is None or is_refused or not isinstance(asked.body, Claim | Maintenance):
        return
    why = refusal(case, asked, asked.body) if isinstance(asked.body, Claim) else ""
    if why:
        yield f"refused by the contract: {why}"
        return
    if isinstance(asked.body, Claim) and (late := lateness(case, asked, asked.body)):
        yield f"{late}: the contract leaves it to the authority’s decision"
    yield from _describe_refused(_refused(case, asked), contract.time_zone)


def is_refused_anyway(contract: Contract, said: Sequence[Entry], entry: Entry) -> bool:
    """Whether the contract itself refuses a claim, whatever is decided about it. `said`: the register before it."""
    case = RequestContext(contract, effective_entries(said))
    return isinstance(entry.body, Claim) and bool(refusal(case, entry, entry.body))


def _refused(case: RequestContext, asked: Entry) -> Iterator[tuple[str, Excluded]]:
    """(service, time that was asked for and is not granted), month by month."""
    for month in months_of(asked.body, case.contract.time_zone, {}):
        for ruling in exclusions(case, period_of(case.contract, month), ServiceHours()).rulings:
            if ruling.entry == asked.number:
                pieces = (piece for piece in ruling.listed() if not piece.granted and not piece.is_pending)
                yield from ((ruling.service, piece) for piece in pieces)


def _describe_refused(refused: Iterator[tuple[str, Excluded]], zone: ZoneInfo) -> Iterator[str]:
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for service, piece in refused:
        first_ms, last_ms = spans.get((service, piece.why), (piece.start_ms, piece.end_ms))
        spans[service, piece.why] = min(first_ms, piece.start_ms), max(last_ms, piece.end_ms)
    for (service, why), (start_ms, end_ms) in spans.items():
        yield f"not left out of the figures for {service}: {format_stretch(start_ms, end_ms, zone)}, {why}"


def stretches_of(contract: Contract, said: Sequence[Entry], entry: Entry, now_ms: int) -> tuple[BookedStretch, ...]:
    """The stretches, from now on, of the booking that an entry is, decides about or restores; none: it is about no
    booking, or about one that is over or taken back. `said`: the whole register with the entry."""
    if not isinstance(entry.body, Maintenance | Decision | Undo):
        return ()
    booking = _subject(entry, {other.number: other for other in said})
    if booking is None or not isinstance(booking.body, Maintenance):
        return ()
    return booked_by(RequestContext(contract, effective_entries(said)), booking.number, now_ms)


def _subject(entry: Entry, entries: Mapping[int, Entry]) -> Entry | None:
    """What an entry is about in the end: a decision and an undoing speak of another entry."""
    found: Entry | None = entry
    while found is not None and isinstance(found.body, Decision | Undo):
        found = entries.get(found.body.about)
    return found
