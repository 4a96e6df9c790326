"""Comments: what either side says beside its claims, disputes and figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier, YesNo
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Month, Number
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Comment(EntryKind):
    """Somebody comments on an entry, a month, or a KPI or service in it. It changes no figure, and both sides read it
    unless it is internal."""

    action = Action.COMMENT
    topic = Topic.MEETING
    example = Example({"month": "2026-10", "service": "custody"}, note="The carrier has replaced the faulty link.")
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["comment"] = "comment"
    about: Number | None = Field(None, description="The number of the entry that it is about.")
    month: Month | None = Field(None, description="The service period that it is about.")
    kpi: Identifier | None = Field(None, description="The KPI, of a month.")
    service: Identifier | None = Field(None, description="The service, of a month.")
    internal: YesNo = Field(False, description="Whether the authority alone may know of it.")

    def words(self, say: Wording) -> str:
        of = " and ".join(name for name in (self.kpi, say.names([self.service]) if self.service else None) if name)
        month = f"{of + ' in ' if of else ''}{say.month(self.month)}" if self.month else ""
        entry = f"entry {self.about}" if self.about is not None else ""
        told = " and on ".join(part for part in (entry, month) if part) or "nothing"
        return f"{'Internal comment' if self.internal else 'Comment'} on {told}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if not entry.note.strip():
            yield EntryProblem("note", "is missing (write the comment)")
        if self.about is None and self.month is None:
            yield EntryProblem("month", "or an entry must be named (say what it is about)")
        if self.about is not None and self.about not in context.entries:
            yield from context.unknown_entry("about", self.about)
        other = context.entries.get(self.about or 0)
        if other is not None and other.body.is_internal and not self.internal:
            yield EntryProblem("internal", f"entry {other.number} is internal, and so is what is said about it")
        if self.month is None:
            several = {"kpi": self.kpi, "service": self.service}
            yield from (
                EntryProblem(name, "is of a month (name the month too)") for name, value in several.items() if value
            )
            return
        whole = context.whole_month(self.month)
        span = whole.start_ms, whole.end_ms
        yield from context.unknown_kpis("kpi", [self.kpi] if self.kpi else [], span)
        yield from context.unknown_services("service", [self.service] if self.service else [], span)

    def subject(self) -> int | None:
        return self.about

    @property
    def is_internal(self) -> bool:
        return self.internal
