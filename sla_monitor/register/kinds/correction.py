"""Corrections of what the monitor saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced
from sla_monitor.periods.edges import month_at
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.affected_months import Others
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Correction(TimedKind):
    """What the monitor saw was wrong: for a time, an endpoint (or all of a service's) was something else."""

    action = Action.CORRECT
    topic = Topic.OUTAGES
    example = Example(
        {
            "endpoints": ["custody-health"],
            "start": "2026-10-05 09:00",
            "end": "2026-10-05 09:20",
            "outcome": "unknown",
        }
    )
    is_of_the_past = True
    is_decidable = True

    kind: Literal["correction"] = "correction"
    endpoints: tuple[Identifier, ...] = Field((), description="By id.")
    services: tuple[Identifier, ...] = Field((), description="All endpoints of these.")
    outcome: Literal["up", "degraded", "down", "unknown"] = Field(description="What it was.")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not self.endpoints and not self.services:
            raise Misplaced([(("endpoints",), "or services: say what it is about")])
        return self

    def words(self, say: Wording) -> str:
        return f"Correction: {say.names((*self.services, *self.endpoints))} was {self.outcome}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        span = self.start_ms, self.end_ms
        yield from context.unknown_services("services", self.services, span)
        yield from context.unknown_endpoints("endpoints", self.endpoints, span)

    def reached_months(self, zone: ZoneInfo, others: Others, reach_ms: int) -> Iterator[str]:
        """It reaches back over the end of a month, where it makes an outage another one."""
        yield month_at(self.start_ms - reach_ms, zone)

    def asks_for_decision(self, contract: Contract) -> bool:
        """Where the contract asks for four eyes; elsewhere it stands by itself."""
        return contract.version_at(self.start_ms).terms.relief.four_eyes

    @property
    def is_meant_to_change(self) -> bool:
        return True
