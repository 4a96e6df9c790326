"""Claims for relief."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from sla_monitor.contract.fields import Identifier
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Terms
from sla_monitor.register.affected_figures import counting_tickets, lets_pass, time_doubts
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryProblem, Example, TimedKind, Topic, Wording
from sla_monitor.register.kinds.parts import Line
from sla_monitor.register.kinds.ticket import TicketRecord
from sla_monitor.settings.desk.access_table import Action

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.affected_months import Others
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.entry_context import EntryContext


class Claim(TimedKind):
    """The supplier's claim that time, or tickets, or a KPI's failure in a month, should not count against it."""

    action = Action.CLAIM_RELIEF
    topic = Topic.OUTAGES
    example = Example(
        {
            "cause": "authority_cause",
            "services": ["custody"],
            "start": "2026-10-12 09:00",
            "end": "2026-10-12 10:30",
        }
    )
    past = ("aware", "notified")
    is_decidable = True
    excludes = "claim"

    kind: Literal["claim"] = "claim"
    cause: Identifier = Field(description="One that the contract lists: authority_cause, force_majeure, ...")
    services: tuple[Identifier, ...] = Field((), description="The services whose time it is about; none: all.")
    kpis: tuple[Identifier, ...] = Field((), description="Only for these KPIs; none: every KPI of the services.")
    tickets: tuple[Line, ...] = Field((), description="Tickets that should not count, by id.")
    aware_ms: Instant | None = Field(None, alias="aware", description="When the supplier knew of the cause.")
    notified_ms: Instant | None = Field(None, alias="notified", description="When the supplier notified the authority.")

    def words(self, say: Wording) -> str:
        return f"Claim of {say.label(self.cause)} for {say.names((*self.services, *self.kpis, *self.tickets))}"

    def rules(self, entry: Entry, context: EntryContext) -> Iterator[EntryProblem]:
        span = self.start_ms, self.end_ms
        yield from context.unknown_services("services", self.services, span)
        yield from context.unknown_kpis("kpis", self.kpis, span)
        yield from context.unknown("cause", "cause of relief", [self.cause], lambda terms: terms.relief.causes, span)
        out_of_reach = {name: self._out_of_reach(name, context) for name in self.kpis}
        if out_of_reach and all(out_of_reach.values()):
            yield from (EntryProblem("kpis", why) for why in out_of_reach.values())
        known = {ticket.id for _, ticket in context.effective.of(TicketRecord)} if self.tickets else set()
        for name in self.tickets:
            if name not in known:
                yield EntryProblem("tickets", f"no such ticket in the register: {name} (enter or import it first)")
        if self.aware_ms is not None and self.notified_ms is not None and self.notified_ms < self.aware_ms:
            yield EntryProblem("notified", "must not be before aware (check the dates)")

    def doubts(self, context: EntryContext) -> Iterator[str]:
        yield from filter(None, (self._out_of_reach(name, context) for name in self.kpis))
        if self.services or not self.tickets:
            yield from time_doubts(self, self.services, self.kpis, context)
        if self.tickets:
            terms = context.contract.version_at(self.start_ms).terms
            known = [ticket for _, ticket in context.effective.of(TicketRecord) if ticket.id in self.tickets]
            idle = set(self.tickets) - counting_tickets(known, terms, self.kpis)
            yield from (
                f"no KPI that is meant counts ticket {name} (see its priority and service)" for name in sorted(idle)
            )

    def reached_months(self, zone: ZoneInfo, others: Others, reach_ms: int) -> Iterator[str]:
        """The months of the tickets that it names."""
        for name in self.tickets:
            for record in others.records("ticket", name):
                yield from record.months(zone)

    def asks_for_decision(self, contract: Contract) -> bool:
        return True

    def notices(self) -> dict[str, int | None]:
        return {"aware": self.aware_ms, "notified": self.notified_ms}

    def _out_of_reach(self, name: str, context: EntryContext) -> str:
        """Why it changes nothing of a KPI that it names, whatever the terms in that time; empty: it may."""
        found = [
            "" if lets_pass(kpi, terms) else self._why_not(kpi, terms)
            for terms in context.in_force(self.start_ms, self.end_ms)
            for kpi in terms.kpis
            if kpi.id == name
        ]
        return found[0] if found and all(found) else ""

    def _why_not(self, kpi: Kpi, terms: Terms) -> str:
        if kpi.part_kpis:
            parts = ", ".join(kpi.part_kpis)
            return f"{kpi.id} is made of other KPIs, and changes by their figures alone (name {parts})"
        if kpi.ticket_terms is not None:
            return "" if self.tickets else f"{kpi.id} is made of tickets, and not of time (name them under tickets)"
        if self.tickets and not self.services:
            return f"{kpi.id} is made of time, and the claim is about tickets alone (name its service)"
        whose = {service.id for service, _ in terms.endpoints_of(kpi)}
        if self.services and not whose & set(self.services):
            return f"{kpi.id} is about {', '.join(sorted(whose))}, which the claim is not (name its service)"
        return ""
