"""Impact of outages: how many of a service's users were hit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.register.kinds.parts import Count, Number
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Impact(TimedKind):
    """How many of a service's users an outage hit."""

    action = Action.CORRECT
    topic = Topic.FIGURES
    example = Example(
        {"service": "custody", "start": "2026-10-05 09:00", "end": "2026-10-05 10:00", "users": 120, "of": 400}
    )
    is_of_the_past = True

    kind: Literal["impact"] = "impact"
    service: Identifier = Field(description="The id of the service.")
    users: Count = Field(description="Those who were hit.")
    of: Number = Field(description="All of them.")

    @model_validator(mode="after")
    def _part(self) -> Self:
        if self.users > self.of:
            raise Misplaced([(("users",), "are more than all of them")])
        return self

    def words(self, say: Wording) -> str:
        return f"Impact: {self.users:,} of {self.of:,} users of {self.service} were hit"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_services("service", [self.service], (self.start_ms, self.end_ms))

    @property
    def is_meant_to_change(self) -> bool:
        return True
