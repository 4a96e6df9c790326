"""Tickets of the service desk."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from sla_monitor.contract.fields import Identifier, Strict
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import month_at
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind, EntryProblem, Example, Topic, Wording
from sla_monitor.register.kinds.parts import Line, Number
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.kpis.kpi import TicketKpi
    from sla_monitor.register.affected_months import Others
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class ClockStop(Strict):
    """Time for which a ticket's clock was stopped."""

    start_ms: Instant = Field(alias="start", description="From this instant on.")
    end_ms: Instant | None = Field(None, alias="end", description="None: it still is.")
    reason: Identifier = Field(description="Counts only if the KPI's clock lists it.")


class TicketRecord(EntryKind):
    """An incident or request, as it stands in the service desk's tool."""

    action = Action.IMPORT_TICKETS
    topic = Topic.FIGURES
    example = Example({"id": "INC-1", "priority": "P1", "opened": "2026-10-05 09:00", "ended": "2026-10-05 10:15"})
    past = ("opened", "responded", "ended")
    may_repeat = True
    is_in_pack = False

    kind: Literal["ticket"] = "ticket"
    id: Line = Field(description="Its number there.")
    priority: Identifier = Field(description="P1, P2, ...")
    service: Identifier | None = Field(None, description="The service it is about.")
    opened_ms: Instant = Field(alias="opened", description="When it was reported.")
    responded_ms: Instant | None = Field(None, alias="responded", description="When a person took it up.")
    ended_ms: Instant | None = Field(None, alias="ended", description="When it was resolved.")
    stops: tuple[ClockStop, ...] = Field((), description="When its clock stood still.")
    attempts: Number | None = Field(None, description="How many visits, or calls, it took to resolve it.")

    def words(self, say: Wording) -> str:
        about = f" of {self.service}" if self.service else ""
        times = {"opened": self.opened_ms, "responded": self.responded_ms, "ended": self.ended_ms}
        told = [f"{name} {say.at(at_ms)}" for name, at_ms in times.items() if at_ms is not None]
        for stop in self.stops:
            until = "now" if stop.end_ms is None else say.at(stop.end_ms)
            told.append(f"stopped for {say.label(stop.reason)} {say.at(stop.start_ms)} to {until}")
        if self.attempts is not None:
            told.append("resolved at the first attempt" if self.attempts == 1 else f"{self.attempts} attempts")
        return f"Ticket {self.id}{about}, {self.priority}, {', '.join(told)}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        if self.service is not None:
            until_ms = max(entry.at_ms, self.opened_ms) + 1  # the desk's clock may be ahead of ours
            yield from context.unknown_services("service", [self.service], (self.opened_ms, until_ms))
        yield from _priority(self.priority, context.contract.version_at(self.opened_ms).terms)
        ends = {"opened": self.opened_ms, "responded": self.responded_ms, "ended": self.ended_ms}
        known = [(name, at_ms) for name, at_ms in ends.items() if at_ms is not None]
        for (before, one_ms), (name, other_ms) in pairwise(known):
            if other_ms < one_ms:
                yield EntryProblem(name, f"must not be before {before} (check the dates)")
        for stop in self.stops:
            if stop.end_ms is not None and stop.end_ms <= stop.start_ms:
                yield EntryProblem("stops", "must end after they start (check the dates)")
            if stop.start_ms < self.opened_ms or (self.ended_ms is not None and stop.start_ms > self.ended_ms):
                yield EntryProblem("stops", "must lie between opened and ended (check the dates)")

    def doubts(self, context: EntryContext) -> Iterator[str]:
        terms = context.contract.version_at(self.opened_ms).terms
        if not any(kpi.covers(self.priority, self.service) for kpi in _ticket_kpis(terms)):
            of = f" of {self.service}" if self.service else ""
            yield f"no KPI counts tickets of priority {self.priority}{of}"

    def months(self, zone: ZoneInfo) -> tuple[str, ...]:
        ends = (self.opened_ms, self.responded_ms, self.ended_ms)
        return tuple(sorted({month_at(at_ms, zone) for at_ms in ends if at_ms is not None}))

    def reached_months(self, zone: ZoneInfo, others: Others, reach_ms: int) -> Iterator[str]:
        """Recorded again, it leaves the months in which it was."""
        for record in others.records("ticket", self.id):
            if record is not self:
                yield from record.months(zone)

    def last_word_on(self) -> Hashable:
        return self.id


def _priority(name: str, terms: Terms) -> Iterator[EntryProblem]:
    """A priority in no KPI is counted by none, which is meant for some; one that is nearly in one is a mistake."""
    listed = {priority for kpi in _ticket_kpis(terms) for priority in kpi.priorities}
    near = [each for each in listed if each.casefold() == name.casefold()]
    if name not in listed and near:
        yield EntryProblem("priority", f"no KPI counts {name} (did you mean {near[0]}?)")


def _ticket_kpis(terms: Terms) -> list[TicketKpi]:
    return [kpi.ticket_terms for kpi in terms.kpis if kpi.ticket_terms is not None]
