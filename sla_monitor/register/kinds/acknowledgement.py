"""Acknowledgements: somebody has taken an outage in hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Acknowledgement(EntryKind):
    """Somebody has the outage of a service or an endpoint in hand. It changes no figure, and ends with the outage."""

    action = Action.ACKNOWLEDGE
    topic = Topic.OUTAGES
    example = Example({"service": "custody"}, note="The supplier restarts the database; next news at 15:00.")
    may_repeat = True
    changes_figures = False
    is_in_pack = False

    kind: Literal["acknowledgement"] = "acknowledgement"
    service: Identifier | None = Field(None, description="The id of the service that is down.")
    endpoint: Identifier | None = Field(None, description="The id of the endpoint that is down, in place of a service.")
    until_ms: Instant | None = Field(None, alias="until", description="It ends then, if the outage does not end first.")

    def words(self, say: Wording) -> str:
        until = "" if self.until_ms is None else f", until {say.at(self.until_ms)}"
        return f"Acknowledgement of the outage of {self.service or self.endpoint or 'nothing'}{until}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        now = entry.at_ms, entry.at_ms + 1
        if self.service is not None:
            yield from context.unknown_services("service", [self.service], now)
        if self.endpoint is not None:
            yield from context.unknown_endpoints("endpoint", [self.endpoint], now)
        if (self.service is None) == (self.endpoint is None):
            yield EntryProblem("service", "or an endpoint must be named, and not both (say whose outage it is)")
        if self.until_ms is not None and self.until_ms <= entry.at_ms:
            yield EntryProblem("until", "lies in the past (check the date)")
        if not entry.note.strip():
            yield EntryProblem("note", "is missing (write what is being done: whoever is paged next reads it)")
