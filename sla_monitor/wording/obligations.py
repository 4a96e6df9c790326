"""Obligations in words: their state, their day, and what is known of them, the same on every screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_monitor.sla.obligations import ObligationState
from sla_monitor.wording.instants import format_date, format_instant
from sla_monitor.wording.vocabulary import describe_id

OBLIGATION_WORDS: dict[ObligationState, str] = {
    "upcoming": "upcoming",
    "due_soon": "due soon",
    "due": "due",
    "late": "late",
    "met": "met",
    "met_late": "met late",
    "excused": "excused",
}
PARTIES = {"supplier": "the supplier", "authority": "the authority"}


class DutyTerms(Protocol):
    """What the contract says of a duty."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def clause(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def proof(self) -> str: ...
    @property
    def consequence(self) -> str: ...
    @property
    def leads_to(self) -> str | None: ...


class Known(Protocol):
    """What is known of a duty on one of its days."""

    @property
    def terms(self) -> DutyTerms: ...
    @property
    def state(self) -> ObligationState: ...
    @property
    def due_on(self) -> date: ...
    @property
    def deferred_to(self) -> date | None: ...
    @property
    def met_ms(self) -> int | None: ...
    @property
    def by(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def entry(self) -> int | None: ...
    @property
    def excused_by(self) -> int | None: ...
    @property
    def asked_by(self) -> int | None: ...
    @property
    def is_counted(self) -> bool: ...


def describe_known(one: Known, zone: ZoneInfo) -> str:
    """`met on 3 Oct 2026 14:05:00 BST by A. Person (ref. R-7, entry 12)`; empty where nothing is known."""
    return "; ".join(_known(one, zone))


def _known(one: Known, zone: ZoneInfo) -> Iterator[str]:
    if one.met_ms is not None:
        reference = f"ref. {one.reference}, " if one.reference else ""
        yield f"met on {format_instant(one.met_ms, zone)} by {one.by} ({reference}entry {one.entry})"
    if one.deferred_to is not None:
        yield f"put off from {format_date(one.due_on)} (entry {one.excused_by})"
    elif one.excused_by is not None:
        yield f"excused (entry {one.excused_by})"
    if one.asked_by is not None:
        yield f"entry {one.asked_by} asks to excuse it and awaits a decision"
    if not one.is_counted:
        yield "the calendar has no Working Day to count by"


def describe_consequence(terms: DutyTerms) -> str:
    """What follows if it is late: in the contract's words, and what it names; empty where it says nothing."""
    named = f"see {describe_id(terms.leads_to)}" if terms.leads_to else ""
    return "; ".join(part for part in (terms.consequence, named) if part)


def describe_duty(one: Known, zone: ZoneInfo) -> Iterator[str]:
    """All that is to be said of it, a line each."""
    terms = one.terms
    clause = f", {terms.clause}" if terms.clause else ""
    yield f"{describe_id(terms.kind).capitalize()} of {PARTIES[terms.party]}{clause}: {OBLIGATION_WORDS[one.state]}"
    told = {"Proof": terms.proof, "If late": describe_consequence(terms), "Known": describe_known(one, zone)}
    yield from (f"{label}: {text}" for label, text in told.items() if text)
