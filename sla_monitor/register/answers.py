"""What other people have lately decided about somebody's entries: whoever asked is told the answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Decision, Entry, TermsApproved, TermsRejected, Undo
from sla_monitor.register.kinds.parts import is_same_person
from sla_monitor.register.terms_history import terms_said

AnswerState: TypeAlias = Literal["granted", "granted_in_part", "refused", "approved", "rejected", "taken_back"]

TOLD_MS = 14 * 86_400_000
"""So long after an answer it is told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an entry of somebody, by an entry of somebody else."""

    asked: Entry
    state: AnswerState
    by: Entry


def answers_to(name: str, entries: Sequence[Entry], effective: EffectiveEntries, now_ms: int) -> Iterator[Answer]:
    """Those of the last `TOLD_MS` that still hold, the newest first: of several decisions the last, none on what was
    taken back, and nobody is told what they did themselves. `entries`: all of a contract, ascending, of which
    `effective` stand."""
    since_ms = now_ms - TOLD_MS
    for entry in reversed(entries):
        if entry.at_ms < since_ms:
            return
        number = entry.body.subject()
        if number is None or is_same_person(entry.actor, name):
            continue
        asked = _numbered(number, entries)
        if asked is None or not is_same_person(asked.actor, name):
            continue
        state = _state(asked, entry, effective)
        if state is not None:
            yield Answer(asked, state, entry)


def _state(asked: Entry, entry: Entry, effective: EffectiveEntries) -> AnswerState | None:
    """What an entry makes of the one that it is about; None: nothing, or nothing that holds."""
    number, body = asked.number, entry.body
    if isinstance(body, Undo):
        return "taken_back" if effective.undone.get(number) == entry.number else None
    if isinstance(body, Decision):
        last = effective.decision_on(number)
        if last is None or last[0].number != entry.number or effective.entry(number) is None:
            return None
        return body.verdict_on(asked.body)
    if not isinstance(body, TermsApproved | TermsRejected):
        return None  # whoever proposed terms withdraws them: that is no answer of somebody else
    proposal = terms_said(effective).proposal(number)
    is_closing = proposal is not None and proposal.closed_by is not None and proposal.closed_by.number == entry.number
    return None if not is_closing else "approved" if isinstance(body, TermsApproved) else "rejected"


def _numbered(number: int, entries: Sequence[Entry]) -> Entry | None:
    """A register has ten years of entries: it is not gone through."""
    at = bisect_left(entries, number, key=lambda one: one.number)
    return entries[at] if at < len(entries) and entries[at].number == number else None
