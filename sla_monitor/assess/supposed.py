"""What whoever makes an entry may not expect: time that is refused all the same, figures that stay, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import BookedStretch, Excluded
from sla_monitor.assess.booked_maintenance import booked_by
from sla_monitor.assess.exclusions import exclusions
from sla_monitor.assess.relief import lateness, refusal
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.periods.edges import month_at, period_of
from sla_monitor.periods.terms_slices import ServiceHours
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.entries import Claim, Decision, Entry, Maintenance, Undo
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.rules import doubts
from sla_monitor.wording.figure_changes import Changes
from sla_monitor.wording.instants import format_month, format_stretch


def reservations_of(context: EntryContext, entry: Entry, now_ms: int, changes: Changes) -> list[str]:
    """What whoever makes an entry may not expect: time that the contract refuses, figures that do not change.
    `context`: the whole register with the entry; `changes`: what it changes in months that are over."""
    if not entry.body.changes_figures:
        return []
    found = [*not_counted(context, entry), *doubts(entry, context)]
    return found or list(_no_change(context, entry, now_ms, changes))


def _no_change(context: EntryContext, entry: Entry, now_ms: int, changes: Changes) -> Iterator[str]:
    """That a decision, waiver or correction about months that are over has come to nothing."""
    contract, subject = context.contract, entry.body.subject()
    months = months_of(entry.body, contract.time_zone, context.entries)
    is_over = bool(months) and months[-1] < month_at(now_ms, contract.time_zone)
    about = entry if subject is None else context.entries.get(subject, entry)
    if not about.body.changes_figures:  # nobody expects that a dispute changes any
        return
    is_asked = entry.body.asks_for_decision(contract)
    if entry.body.is_meant_to_change and not is_asked and is_over and not changes:
        yield f"no figure, no point and no money of {format_month(months[0])} or later changes by it"


def not_counted(context: EntryContext, entry: Entry) -> Iterator[str]:
    """Which time of a booking or a claim (or of what a decision is about) the contract refuses all the same, and why,
    and how late a claim is; no time while a decision is awaited, and nothing for other kinds."""
    if not isinstance(entry.body, Claim | Maintenance | Decision):
        return
    about = entry.body.about if isinstance(entry.body, Decision) else entry.number
    case = RequestContext(context.contract, context.effective)
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
    yield from _describe_refused(_refused(case, asked), context.contract.time_zone)


def is_refused_anyway(context: EntryContext, entry: Entry) -> bool:
    """Whether the contract itself refuses a claim, whatever is decided about it. `context`: the register before it."""
    if not isinstance(entry.body, Claim):
        return False
    return bool(refusal(RequestContext(context.contract, context.effective), entry, entry.body))


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


def stretches_of(context: EntryContext, entry: Entry, now_ms: int) -> tuple[BookedStretch, ...]:
    """The stretches, from now on, of the booking that an entry is, decides about or restores; none: it is about no
    booking, or about one that is over or taken back. `context`: the whole register with the entry."""
    if not isinstance(entry.body, Maintenance | Decision | Undo):
        return ()
    booking = _subject(entry, context.entries)
    if booking is None or not isinstance(booking.body, Maintenance):
        return ()
    return booked_by(RequestContext(context.contract, context.effective), booking.number, now_ms)


def _subject(entry: Entry, entries: Mapping[int, Entry]) -> Entry | None:
    """What an entry is about in the end: a decision and an undoing speak of another entry."""
    found: Entry | None = entry
    while found is not None and isinstance(found.body, Decision | Undo):
        found = entries.get(found.body.about)
    return found
