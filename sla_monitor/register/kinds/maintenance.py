"""Bookings of maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from sla_monitor.contract.fields import Identifier, YesNo
from sla_monitor.register.affected_figures import time_doubts
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


LONG_DAYS = 14
"""A booking of more days without a break is rarely meant: a year that is mistyped silences a decade."""
DAY_MS = 86_400_000


class Maintenance(TimedKind):
    """A booking of maintenance, which may become permitted maintenance."""

    action = Action.BOOK_MAINTENANCE
    topic = Topic.OUTAGES
    example = Example(
        {
            "services": ["custody"],
            "start": "2026-10-05 22:00",
            "end": "2026-10-06 01:00",
            "notified": "2026-09-28",
        }
    )
    past = ("notified",)
    is_decidable = True
    excludes = "maintenance"

    kind: Literal["maintenance"] = "maintenance"
    services: tuple[Identifier, ...] = Field((), description="The services it is for; none: all.")
    notified_ms: Instant | None = Field(None, alias="notified", description="When the supplier asked for it.")
    emergency: YesNo = Field(False, description="Whether it could not wait.")

    def words(self, say: Wording) -> str:
        services = say.names(tuple(dict.fromkeys(self.services)))
        return f"{'Emergency maintenance' if self.emergency else 'Maintenance'} of {services}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        yield from context.unknown_services("services", self.services, (self.start_ms, self.end_ms))

    def doubts(self, context: EntryContext) -> Iterator[str]:
        yield from time_doubts(self, self.services, None, context)
        days = (self.end_ms - self.start_ms) // DAY_MS
        if days > LONG_DAYS:
            yield f"it lasts {days:,} days: nobody is called for as much of it as is permitted (check the year)"

    def asks_for_decision(self, contract: Contract) -> bool:
        """Where the terms of maintenance of one of its services ask for one."""
        terms = contract.version_at(self.start_ms).terms
        meant = [service for service in terms.services if not self.services or service.id in self.services]
        asked = [terms.maintenance_of(service).approval for service in meant] or [terms.maintenance.approval]
        return "decision" in asked

    def notices(self) -> dict[str, int | None]:
        return {"asked": self.notified_ms}
