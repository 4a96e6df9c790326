"""Rules for new entries, given the contract and the effective ones.

A register is evidence: a mistake in it can be undone and never be taken out, so that it is better not made.

Every rule yields `(field, what is wrong (what would be right))`, and all of them are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sla_monitor.register.affected_months import months_of
from sla_monitor.register.entries import Entry, ListedOutage, Timed
from sla_monitor.register.entry_context import EntryContext
from sla_monitor.register.instant import SKEW_MS
from sla_monitor.register.kinds.kind import EntryProblem

UNPRINTABLE = "holds a character that cannot be printed (write plain text)"


def problems(entry: Entry, context: EntryContext) -> list[str]:
    """What is wrong with a new entry, as lines of `field: what is wrong (what would be right)`; none: it may be
    added. `entry.number` and what it is about are judged as if it came next."""
    found = [*texts(entry), *_times(entry, context), *_month(entry, context)]
    found += entry.body.rules(entry, context)
    found += _repeated(entry, context)
    found += [] if found else _final(entry, context)
    return list(dict.fromkeys(f"{one.field}: {one.message}" for one in found))


def doubts(entry: Entry, context: EntryContext) -> list[str]:
    """What the figures do not take from an entry, a sentence each; none: nothing is known that speaks against it. What
    can never have an effect is refused."""
    return list(dict.fromkeys(entry.body.doubts(context)))


def texts(entry: Entry) -> Iterator[EntryProblem]:
    """Control characters are nobody's words, and could move a reader's cursor."""
    texts = {"actor": entry.actor, "reference": entry.reference, "evidence": entry.evidence, "note": entry.note}
    texts["note"] = entry.note.replace("\n", "").replace("\t", "")
    for key, value in entry.body:
        several = value if isinstance(value, tuple) else (value,)
        texts[key] = texts.get(key, "") + "".join(_words(each) for each in several)
    yield from (EntryProblem(field, UNPRINTABLE) for field, text in texts.items() if not text.isprintable())
    if not entry.actor.strip():
        yield EntryProblem("actor", "must not be empty (say who enters it)")


def _words(value: Any) -> str:
    """All that is text in a value."""
    if isinstance(value, ListedOutage):
        return f"{value.id}{value.title}{value.named}"
    return value if isinstance(value, str) else ""


def _times(entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """Nobody can have been told, or have asked, in the future; and time before the contract is nobody's business."""
    body = entry.body
    for name in body.past:
        at_ms = getattr(body, f"{name}_ms")
        if at_ms is not None and at_ms > entry.at_ms + SKEW_MS:
            yield EntryProblem(name, "lies in the future (check the date)")
    if isinstance(body, Timed):
        first_ms, end_ms = context.contract.term_ms
        if body.end_ms <= first_ms or body.start_ms >= end_ms:
            yield EntryProblem("start", "lies outside the contract's term (check the dates)")
        if body.is_of_the_past and body.end_ms > entry.at_ms + SKEW_MS:
            yield EntryProblem("end", "lies in the future (check the date)")


def _month(entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    month = getattr(entry.body, "month", None)
    if month is None:
        return
    whole, (first_ms, last_ms) = context.whole_month(month), context.contract.term_ms
    if whole.end_ms <= first_ms or whole.start_ms >= last_ms:
        yield EntryProblem("month", f"{month} is outside the contract's term (check the year)")
    elif entry.body.begins_ms(month, context) > entry.at_ms:
        yield EntryProblem("month", f"{month} has not begun (check the year)")
    elif entry.body.is_of_the_past and whole.end_ms > entry.at_ms:
        yield EntryProblem("month", f"{month} has not ended (wait for its end)")


def _repeated(entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """The same words again would count twice, or say nothing."""
    if entry.body.may_repeat:
        return
    replaces = entry.body.last_word_on() is not None
    for other, said in context.effective.of(type(entry.body)):
        same_words = said == entry.body and other.reference == entry.reference
        if same_words and (replaces or other.note == entry.note):
            message = f"entry {other.number} says the same (undo that one first, or give another reference)"
            yield EntryProblem("kind", message)
            return


def _final(entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """A final month is stated again only for a reason."""
    body = entry.body
    if not body.changes_figures or not body.explains_final_month or entry.note.strip():
        return
    for month in months_of(body, context.contract.time_zone, context.entries):
        if context.effective.sign_off(month) is not None:
            yield EntryProblem("note", f"is missing: {month} is final, and this may change its figures (say why)")
