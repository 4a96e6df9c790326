"""Why something failed, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.register.kinds.parts import Line
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class FailureCause(TimedKind):
    """Root cause and owner of outages in a stretch of time, or of a KPI's failure without outages. It changes no
    figure; a later one about the same outage or KPI replaces it. Both sides read it, and its note."""

    action = Action.EXPLAIN_FAILURE
    topic = Topic.OUTAGES
    example = Example(
        {
            "services": ["custody"],
            "start": "2026-10-05 09:00",
            "end": "2026-10-05 10:00",
            "root_cause": "Certificate of the load balancer expired",
            "owner": "Supplier, network team",
        }
    )
    is_of_the_past = True
    changes_figures = False

    kind: Literal["failure_cause"] = "failure_cause"
    services: tuple[Identifier, ...] = Field((), description="Those whose outages in that time it explains.")
    kpis: tuple[Identifier, ...] = Field((), description="For failures without outages: the KPIs.")
    root_cause: Line = Field(description="What went wrong, in a line; more of it in the note.")
    owner: Line = Field(description="Who answers for it: a party, a team, somebody else’s supplier.")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not self.services and not self.kpis:
            raise Misplaced([(("services",), "or kpis: say what has failed")])
        return self

    def words(self, say: Wording) -> str:
        return f"Cause of failures of {say.names((*self.services, *self.kpis))}: {self.explanation}"

    @property
    def explanation(self) -> str:
        """`Certificate expired (owner: Supplier)`."""
        return f"{self.root_cause} (owner: {self.owner})"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        span = self.start_ms, self.end_ms
        yield from context.unknown_services("services", self.services, span)
        yield from context.unknown_kpis("kpis", self.kpis, span)
