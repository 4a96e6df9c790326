"""What may be entered, given the contract and what stands. A register is evidence: a mistake in it can be undone and
never be taken out, so that it is better not made.

Every rule yields `(field, what is wrong (what would be right))`, and all of them are told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sla_monitor.periods.months import shifted
from sla_monitor.register.affected_figures import without_reach
from sla_monitor.register.affected_months import months_of
from sla_monitor.register.entries import (
    Action,
    Claim,
    Correction,
    CreditClaim,
    Decision,
    Dispute,
    Done,
    Entry,
    Impact,
    ListedOutage,
    Maintenance,
    Minute,
    OutageList,
    ReportedFigure,
    SignOff,
    TicketRecord,
    Undo,
    Waiver,
)
from sla_monitor.register.entry_context import SKEW_MS, EntryContext, EntryProblem, endpoints, kpis, services
from sla_monitor.register.instant import told_instant
from sla_monitor.register.kinds.figure_rules import figure_rules, money_rules, ticket_rules
from sla_monitor.register.kinds.reply_rules import decision_rules, done_rules, undo_rules

Rule = Callable[[Entry, Any, EntryContext], Iterator[EntryProblem]]

_REPLACED_BY_THE_NEXT = (TicketRecord, ReportedFigure, OutageList)
UNPRINTABLE = "holds a character that cannot be printed (write plain text)"
_TALK = (SignOff, Minute, Action, Done, CreditClaim, Dispute, OutageList)
"""What changes no figure."""


def problems(entry: Entry, ground: EntryContext) -> list[str]:
    """What is wrong with a new entry, as lines of `field: what is wrong (what would be right)`; none: it may be
    added. `entry.number` and what it is about are judged as if it came next."""
    said = entry.said
    found = [*texts(entry), *_times(entry, said, ground), *_month(entry, ground)]
    found += _RULES.get(type(said), money_rules)(entry, said, ground)
    found += _repeated(entry, ground)
    found += [] if found else _final(entry, ground)
    return list(dict.fromkeys(f"{field}: {message}" for field, message in found))


def texts(entry: Entry) -> Iterator[EntryProblem]:
    """Control characters are nobody's words, and could move a reader's cursor."""
    texts = {"actor": entry.actor, "reference": entry.reference, "evidence": entry.evidence, "note": entry.note}
    texts["note"] = entry.note.replace("\n", "").replace("\t", "")
    for key, value in entry.said:
        several = value if isinstance(value, tuple) else (value,)
        texts[key] = texts.get(key, "") + "".join(_words(each) for each in several)
    yield from ((field, UNPRINTABLE) for field, text in texts.items() if not text.isprintable())
    if not entry.actor.strip():
        yield "actor", "must not be empty (say who enters it)"


def _words(value: Any) -> str:
    """All that is text in a value."""
    if isinstance(value, ListedOutage):
        return f"{value.id}{value.title}{value.named}"
    return value if isinstance(value, str) else ""


def _times(entry: Entry, said: Any, ground: EntryContext) -> Iterator[EntryProblem]:
    """Nobody can have been told, or have asked, in the future; and time before the contract is nobody's business."""
    for name in ("aware", "notified", "claimed", "opened", "responded", "ended"):
        at_ms = getattr(said, f"{name}_ms", None)
        if at_ms is not None and at_ms > entry.at_ms + SKEW_MS:
            yield name, "lies in the future (check the date)"
    if hasattr(said, "start_ms") and not isinstance(said, Decision):
        first_ms, end_ms = ground.contract.term_ms
        if said.end_ms <= first_ms or said.start_ms >= end_ms:
            yield "start", "lies outside the contract's term (check the dates)"
        if isinstance(said, Correction | Impact | OutageList) and said.end_ms > entry.at_ms + SKEW_MS:
            yield "end", "lies in the future, which nobody has seen (check the date)"


def _month(entry: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    month = getattr(entry.said, "month", None)
    if month is None:
        return
    whole, (first_ms, last_ms) = ground.whole_month(month), ground.contract.term_ms
    if whole.end_ms <= first_ms or whole.start_ms >= last_ms:
        yield "month", f"{month} is outside the contract's term (check the year)"
    elif _begins_ms(entry.said, whole.start_ms, ground) > entry.at_ms:
        yield "month", f"{month} has not begun (check the year)"
    elif isinstance(entry.said, SignOff | CreditClaim) and whole.end_ms > entry.at_ms:
        yield "month", f"{month} has not ended (wait for its end)"


def _begins_ms(said: Any, start_ms: int, ground: EntryContext) -> int:
    """A figure may be told as soon as its measurement period runs, which goes by its last month."""
    kpi = ground.kpi(said.kpi, said.month) if isinstance(said, ReportedFigure) else None
    return start_ms if kpi is None else ground.whole_month(shifted(said.month, 1 - kpi.measurement_months)).start_ms


def _repeated(entry: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    """The same words again would count twice, or say nothing."""
    if isinstance(entry.said, Undo | Done | Decision | Minute | Action | SignOff):
        return
    for other, said in ground.stands.of(type(entry.said)) if not isinstance(entry.said, TicketRecord) else ():
        same_words = said == entry.said and other.reference == entry.reference
        if same_words and (isinstance(said, _REPLACED_BY_THE_NEXT) or other.note == entry.note):
            yield "kind", f"entry {other.number} says the same (undo that one first, or give another reference)"
            return


def _final(entry: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    """A final month is stated again only for a reason."""
    if isinstance(entry.said, _TALK) or entry.note.strip():
        return
    for month in months_of(entry.said, ground.contract.time_zone, ground.said):
        if ground.stands.sign_off(month) is not None:
            yield "note", f"is missing: {month} is final, and this may change its figures (say why)"


def _booking(entry: Entry, said: Maintenance, ground: EntryContext) -> Iterator[EntryProblem]:
    yield from ground.unknown("services", "service", said.services, services, (said.start_ms, said.end_ms))


def _claim(entry: Entry, said: Claim, ground: EntryContext) -> Iterator[EntryProblem]:
    span = said.start_ms, said.end_ms
    yield from ground.unknown("services", "service", said.services, services, span)
    yield from ground.unknown("kpis", "KPI", said.kpis, kpis, span)
    yield from ground.unknown("cause", "cause of relief", [said.cause], lambda terms: terms.relief.causes, span)
    yield from without_reach(said, ground)
    known = {ticket.id for _, ticket in ground.stands.of(TicketRecord)} if said.tickets else set()
    for name in said.tickets:
        if name not in known:
            yield "tickets", f"no such ticket in the register: {name} (enter or import it first)"
    if said.aware_ms is not None and said.notified_ms is not None and said.notified_ms < said.aware_ms:
        yield "notified", "must not be before aware (check the dates)"


def _correction(entry: Entry, said: Correction, ground: EntryContext) -> Iterator[EntryProblem]:
    span = said.start_ms, said.end_ms
    yield from ground.unknown("services", "service", said.services, services, span)
    yield from ground.unknown("endpoints", "endpoint", said.endpoints, endpoints, span)


def _impact(entry: Entry, said: Impact, ground: EntryContext) -> Iterator[EntryProblem]:
    yield from ground.unknown("service", "service", [said.service], services, (said.start_ms, said.end_ms))


def _dispute(entry: Entry, said: Dispute, ground: EntryContext) -> Iterator[EntryProblem]:
    yield from ground.unknown("services", "service", said.services, services, (said.start_ms, said.end_ms))
    if not entry.note.strip():
        yield "note", "is missing (say what is disputed)"


def _outage_list(entry: Entry, said: OutageList, ground: EntryContext) -> Iterator[EntryProblem]:
    span = said.start_ms, said.end_ms
    yield from ground.unknown("services", "service", said.services, services, span)
    names = dict.fromkeys(one.service for one in said.outages)
    yield from ground.unknown("outages", "service", names, services, span)
    for name in names:
        if said.services and name not in said.services:
            yield "outages", f"{name} is none of the services that the list speaks of (name it, or leave it out)"
    for one in said.outages:
        if one.start_ms >= said.end_ms or (one.end_ms is not None and one.end_ms <= said.start_ms):
            yield "outages", f"{told_instant(one.start_ms)} lies outside the list's time (leave it out)"
        if max(one.start_ms, one.end_ms or 0) > entry.at_ms + SKEW_MS:
            yield "outages", f"{told_instant(one.start_ms)} reaches into the future (check the dates)"


def _waiver(entry: Entry, said: Waiver, ground: EntryContext) -> Iterator[EntryProblem]:
    yield from ground.unknown("kpis", "KPI", said.kpis, kpis, ground.whole_month(said.month).edges_ms)
    for name in said.kpis:
        yield from ground.month_without_end(name, said.month)


def _sign_off(entry: Entry, said: SignOff, ground: EntryContext) -> Iterator[EntryProblem]:
    before = ground.stands.sign_off(said.month)
    if before is not None and not said.reason.strip():
        yield "reason", f"is missing: entry {before[0].number} made {said.month} final already (say why it is restated)"


def _talk(entry: Entry, said: Minute | Action, ground: EntryContext) -> Iterator[EntryProblem]:
    if not entry.note.strip():
        yield "note", "is missing (write what was said, or what is to be done)"
    if isinstance(said, Action) and said.kpi is not None:
        yield from ground.unknown("kpi", "KPI", [said.kpi], kpis, (entry.at_ms, entry.at_ms + 1))


_RULES: dict[type, Rule] = {
    Maintenance: _booking,
    Claim: _claim,
    Correction: _correction,
    Impact: _impact,
    Dispute: _dispute,
    OutageList: _outage_list,
    Waiver: _waiver,
    SignOff: _sign_off,
    Minute: _talk,
    Action: _talk,
    Decision: decision_rules,
    Done: done_rules,
    Undo: undo_rules,
    ReportedFigure: figure_rules,
    TicketRecord: ticket_rules,
}
