"""What a review meeting leaves behind: minutes, actions, and that they were done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Day, Identifier
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Line, Month, Number
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext

_NO_NOTE = EntryProblem("note", "is missing (write what was said, or what is to be done)")


class Minute(EntryKind):
    """A line of the review meeting's minutes."""

    action = Action.KEEP_MINUTES
    topic = Topic.MEETING
    example = Example({"month": "2026-10"}, note="The authority accepted the plan.")
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["minute"] = "minute"
    month: Month = Field(description="The service period that was reviewed.")

    def words(self, say: Wording) -> str:
        return f"Minute of the review of {say.month(self.month)}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if not entry.note.strip():
            yield _NO_NOTE


class MeetingAction(EntryKind):
    """Something that somebody will do."""

    action = Action.KEEP_MINUTES
    topic = Topic.MEETING
    example = Example({"owner": "A. Person", "due": "2026-11-30"}, note="Write the rectification plan.")
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["action"] = "action"
    owner: Line = Field(description="Who.")
    due_on: Day | None = Field(None, alias="due", description="By when.")
    month: Month | None = Field(None, description="The service period whose review it comes from.")
    kpi: Identifier | None = Field(None, description="For a rectification plan: the KPI.")

    def words(self, say: Wording) -> str:
        plan = f", rectification plan for {self.kpi}" if self.kpi else ""
        review = f", from the review of {say.month(self.month)}" if self.month else ""
        return f"Action for {self.owner}{plan}{review}{f', due {self.due_on}' if self.due_on else ''}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if not entry.note.strip():
            yield _NO_NOTE
        if self.kpi is not None:
            yield from context.unknown_kpis("kpi", [self.kpi], (entry.at_ms, entry.at_ms + 1))


class Done(EntryKind):
    """An action was done."""

    action = Action.FINISH_ACTION
    topic = Topic.MEETING
    example = Example({"about": 12})
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["done"] = "done"
    about: Number = Field(description="The number of the action.")

    def words(self, say: Wording) -> str:
        return f"Action {self.about} is done"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        other = context.entries.get(self.about)
        found = list(context.unknown_entry("about", self.about))
        if other is not None and not isinstance(other.body, MeetingAction):
            found.append(EntryProblem("about", f"entry {other.number} is a {other.body.kind}, and no action"))
        yield from found
        if not found and self.about not in {each.number for each, _ in context.effective.open_actions}:
            yield EntryProblem("about", f"action {self.about} is done already")

    def subject(self) -> int:
        return self.about
