"""What is said about another entry: the authority's decision, and that an entry was a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import Field

from sla_monitor.contract.fields import YesNo
from sla_monitor.register.instant import Instant, format_wall_time
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Wording
from sla_monitor.register.kinds.parts import Number, Timed, is_same_person
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

Verdict: TypeAlias = Literal["granted", "granted_in_part", "refused"]

_NO_NOTE = EntryProblem("note", "is missing (say why)")


class Decision(EntryKind):
    """The authority's decision on a booking, a claim, a correction or another entry that asks for one."""

    action = Action.DECIDE
    example = Example({"about": 12, "granted": True}, note="The minutes, item 3.")
    command = "register decide"
    may_repeat = True
    is_in_pack = False

    kind: Literal["decision"] = "decision"
    about: Number = Field(description="The number of the entry that is decided.")
    granted: YesNo = Field(description="false: refused.")
    start_ms: Instant | None = Field(None, alias="start", description="Granted only from here on.")
    end_ms: Instant | None = Field(None, alias="end", description="Granted only up to here.")

    def words(self, say: Wording) -> str:
        edges = {"from": self.start_ms, "to": self.end_ms}
        told = "".join(f" {word} {say.at(at_ms)}" for word, at_ms in edges.items() if at_ms is not None)
        return f"{'Granting' if self.granted else 'Refusal'} of entry {self.about}{told}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        other = context.entries.get(self.about)
        found = list(context.unknown_entry("about", self.about))
        if other is not None and not other.body.is_decidable:
            found.append(EntryProblem("about", f"entry {other.number} is a {other.body.kind}, on which nobody decides"))
        if not entry.note.strip():
            found.append(_NO_NOTE)
        yield from found
        if found or other is None:
            return
        yield from self._narrower(other, context)
        yield from _four_eyes(entry, other, context)
        last = context.effective.decision_on(self.about)
        if last is not None and last[1] == self:
            yield EntryProblem("about", f"entry {last[0].number} decided the same (nothing is left to decide)")

    def subject(self) -> int:
        return self.about

    def verdict_on(self, asked: EntryKind) -> Verdict:
        """What it says of what was asked for. In part: of a stretch of time, not the whole."""
        if not self.granted:
            return "refused"
        whole = (asked.start_ms, asked.end_ms) if isinstance(asked, Timed) else (None, None)
        edges = zip((self.start_ms, self.end_ms), whole, strict=True)
        return "granted" if all(edge in {None, asked_ms} for edge, asked_ms in edges) else "granted_in_part"

    @property
    def is_meant_to_change(self) -> bool:
        return self.granted

    def _narrower(self, other: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        """A decision may grant a part of the time that was asked for."""
        asked = other.body
        if not isinstance(asked, Timed):
            if (self.start_ms, self.end_ms) != (None, None):
                yield EntryProblem("start", "is for what is about a stretch of time (leave from and to out)")
            return
        first_ms, last_ms = asked.start_ms, asked.end_ms
        if not self.granted and (self.start_ms, self.end_ms) != (None, None):
            yield EntryProblem("start", "is for what is granted: a refusal is of the whole (leave from and to out)")
            return
        start_ms = first_ms if self.start_ms is None else self.start_ms
        end_ms = last_ms if self.end_ms is None else self.end_ms
        zone = context.contract.version_at(first_ms).terms.time_zone
        span = f"{format_wall_time(first_ms, zone)} to {format_wall_time(last_ms, zone)}"
        if not first_ms <= start_ms < last_ms:
            yield EntryProblem("start", f"is not inside what entry {other.number} asks for ({span})")
        if not first_ms < end_ms <= last_ms:
            yield EntryProblem("end", f"is not inside what entry {other.number} asks for ({span})")
        if start_ms >= end_ms:
            yield EntryProblem("end", "must be after the start")


class Undo(EntryKind):
    """An earlier entry was a mistake; it stays, and no longer counts."""

    action = Action.UNDO
    example = Example({"about": 12}, note="Entered twice.")
    command = "register undo"
    may_repeat = True
    is_in_pack = False

    kind: Literal["undo"] = "undo"
    about: Number = Field(description="The number of the entry.")

    def words(self, say: Wording) -> str:
        return f"Undoing of entry {self.about}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        found = list(context.unknown_entry("about", self.about))
        other = context.entries.get(self.about)
        if other is not None and other.body.no_undo:
            message = f"entry {other.number} is a {other.body.kind}, which nobody undoes ({other.body.no_undo})"
            found.append(EntryProblem("about", message))
        if not entry.note.strip():
            found.append(_NO_NOTE)
        yield from found
        decided = None if found else _decided(self.about, context)
        if decided is not None:
            yield from _four_eyes(entry, decided, context)

    def subject(self) -> int:
        return self.about


def own_case(entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """What is wrong with a decision, or the undoing of one, by whoever made what it is about. Give nothing that speaks
    of itself, or of what comes after it."""
    other = _decided(entry.number, context)
    if other is not None:
        yield from _four_eyes(entry, other, context)


def _four_eyes(entry: Entry, other: Entry, context: EntryContext) -> Iterator[EntryProblem]:
    """Whoever asks for relief may not grant it, nor take back a refusal."""
    at_ms = getattr(other.body, "start_ms", entry.at_ms)
    is_asked_for = context.contract.version_at(at_ms).terms.relief.four_eyes
    if is_asked_for and is_same_person(entry.actor, other.actor):
        yield EntryProblem("actor", f"{entry.actor} made entry {other.number} (four eyes: somebody else must decide)")


def _decided(number: int, context: EntryContext) -> Entry | None:
    """What an entry decides about, also through undoings: to undo a decision is to decide."""
    entry = context.entries.get(number)
    if entry is None or not isinstance(entry.body, Decision | Undo):
        return None
    subject = entry.body.about
    return context.entries.get(subject) if isinstance(entry.body, Decision) else _decided(subject, context)
