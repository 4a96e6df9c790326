"""Rules for what is said about another entry: decisions, undoings, and that an action was done."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.register.approval import DECIDABLE
from sla_monitor.register.entries import Action, Decision, Done, Entry, Undo
from sla_monitor.register.entry_context import EntryContext, EntryProblem
from sla_monitor.register.instant import told_on_the_wall


def decision_rules(entry: Entry, said: Decision, ground: EntryContext) -> Iterator[EntryProblem]:
    other = ground.said.get(said.about)
    found = list(_of_nothing(said.about, ground))
    if other is not None and not isinstance(other.said, DECIDABLE):
        found.append(("about", f"entry {other.number} is a {other.said.kind}, on which nobody decides"))
    if not entry.note.strip():
        found.append(("note", "is missing (say why)"))
    yield from found
    if found or other is None:
        return
    yield from _narrower(said, other, ground)
    yield from _four_eyes(entry, other, ground)
    last = ground.stands.decision_on(said.about)
    if last is not None and last[1] == said:
        yield "about", f"entry {last[0].number} decided the same (nothing is left to decide)"


def _narrower(said: Decision, other: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    """A decision may grant a part of the time that was asked for."""
    asked = other.said
    first_ms, last_ms = getattr(asked, "start_ms", 0), getattr(asked, "end_ms", 0)
    if not said.granted and (said.start_ms, said.end_ms) != (None, None):
        yield "start", "is for what is granted: a refusal is of the whole (leave from and to out)"
        return
    start_ms = first_ms if said.start_ms is None else said.start_ms
    end_ms = last_ms if said.end_ms is None else said.end_ms
    zone = ground.contract.time_zone
    span = f"{told_on_the_wall(first_ms, zone)} to {told_on_the_wall(last_ms, zone)}"
    if not first_ms <= start_ms < last_ms:
        yield "start", f"is not inside what entry {other.number} asks for ({span})"
    if not first_ms < end_ms <= last_ms:
        yield "end", f"is not inside what entry {other.number} asks for ({span})"
    if start_ms >= end_ms:
        yield "end", "must be after the start"


def own_case(entry: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    """What is wrong with a decision, or the undoing of one, by whoever made what it is about. Give nothing that speaks
    of itself, or of what comes after it."""
    other = _decided(entry.number, ground)
    if other is not None:
        yield from _four_eyes(entry, other, ground)


def _four_eyes(entry: Entry, other: Entry, ground: EntryContext) -> Iterator[EntryProblem]:
    """Whoever asks for relief may not grant it, nor take back a refusal."""
    at_ms = getattr(other.said, "start_ms", entry.at_ms)
    is_asked_for = ground.contract.version_at(at_ms).terms.relief.four_eyes
    if is_asked_for and entry.actor.strip().casefold() == other.actor.strip().casefold():
        yield "actor", f"{entry.actor} made entry {other.number} (four eyes: somebody else must decide)"


def undo_rules(entry: Entry, said: Undo, ground: EntryContext) -> Iterator[EntryProblem]:
    found = list(_of_nothing(said.about, ground))
    if not entry.note.strip():
        found.append(("note", "is missing (say why)"))
    yield from found
    decided = None if found else _decided(said.about, ground)
    if decided is not None:
        yield from _four_eyes(entry, decided, ground)


def _decided(number: int, ground: EntryContext) -> Entry | None:
    """What an entry decides about, also through undoings: to undo a decision is to decide."""
    entry = ground.said.get(number)
    if entry is None or not isinstance(entry.said, Decision | Undo):
        return None
    return ground.said.get(entry.said.about) if isinstance(entry.said, Decision) else _decided(entry.said.about, ground)


def done_rules(entry: Entry, said: Done, ground: EntryContext) -> Iterator[EntryProblem]:
    other = ground.said.get(said.about)
    found = list(_of_nothing(said.about, ground))
    if other is not None and not isinstance(other.said, Action):
        found.append(("about", f"entry {other.number} is a {other.said.kind}, and no action"))
    yield from found
    if not found and said.about not in {each.number for each, _ in ground.stands.open_actions}:
        yield "about", f"action {said.about} is done already"


def _of_nothing(about: int, ground: EntryContext) -> Iterator[EntryProblem]:
    """An entry that is not there, or stands no more."""
    if about not in ground.said:
        yield "about", f"no entry {about} in the register of this contract (see `sla-monitor register list`)"
    elif about in ground.stands.undone:
        by = ground.stands.undone[about]
        yield "about", f"entry {about} was undone by entry {by} (undo that one to restore it)"
